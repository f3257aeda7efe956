// batchNorm: every number less its column's mean, over the root of its column's variance
//   x, y [rows, columns]   mean, variance, offset, scale [columns]; offset and scale may be 0, absent
//   y[row, i] = (x[row, i] − mean[i]) factor[i] + offset[i]     factor[i] = scale[i] / √(variance[i] + epsilon)
//
// The factors come first, into scratch. One pass over x follows, so memory decides the speed.

import {F32, multiplyAdd, storeFirst} from './vector';

/** Bytes of scratch for this many columns. */
export function batchNormScratch(columns: i32): f64 {
  return ceil(<f64>columns / 4) * 4 * F32;
}

export function batchNorm(
  x: usize, mean: usize, variance: usize, offset: usize, scale: usize, epsilon: f32, y: usize,
  scratch: usize, rows: i32, columns: i32,
): void {
  for (let i = 0; i < columns; i += 4) {
    const column = <usize>i * F32;
    const root = f32x4.sqrt(f32x4.add(v128.load(variance + column), f32x4.splat(epsilon)));
    const scales = scale ? v128.load(scale + column) : f32x4.splat(1);
    v128.store(scratch + column, f32x4.div(scales, root));
  }
  for (let row = 0; row < rows; ++row) {
    let i = 0;
    for (; i <= columns - 4; i += 4) v128.store(y + <usize>i * F32, normed(x, mean, scratch, offset, i));
    if (i < columns) storeFirst(y + <usize>i * F32, normed(x, mean, scratch, offset, i), columns - i);
    x += <usize>columns * F32;
    y += <usize>columns * F32;
  }
}

/** Four columns of y from `i` on. */
@inline
function normed(x: usize, mean: usize, factor: usize, offset: usize, i: i32): v128 {
  const column = <usize>i * F32;
  const offsets = offset ? v128.load(offset + column) : f32x4.splat(0);
  const centred = f32x4.sub(v128.load(x + column), v128.load(mean + column));
  return multiplyAdd(centred, v128.load(factor + column), offsets);
}
