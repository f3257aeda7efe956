// batchNorm: every number less its column's mean, over the root of its column's variance
//   x, y [rows, columns]   mean, variance, offset, scale [columns]; offset and scale may be 0, absent
//   y[row, i] = (x[row, i] − mean[i]) factor[i] + offset[i]     factor[i] = scale[i] / √(variance[i] + epsilon)
//
// One pass over x, so memory decides the speed. It takes blocks of rows, in a block four columns at a time,
// so that mean, factor and offset stay in registers. A small block is still in the cache when the next four
// columns read it.

import {F32, multiplyAdd, storeFirst} from './vector';

const BLOCK = 32;

export function batchNorm(
  x: usize, mean: usize, variance: usize, offset: usize, scale: usize, epsilon: f32, y: usize,
  rows: i32, columns: i32,
): void {
  const rowBytes = <usize>columns * F32, epsilons = f32x4.splat(epsilon);
  for (let first = 0; first < rows; first += BLOCK) {
    const count = min(rows - first, BLOCK);
    for (let i = 0; i < columns; i += 4) {
      const column = <usize>i * F32;
      const means = v128.load(mean + column);
      const scales = scale ? v128.load(scale + column) : f32x4.splat(1);
      const factors = f32x4.div(scales, f32x4.sqrt(f32x4.add(v128.load(variance + column), epsilons)));
      const offsets = offset ? v128.load(offset + column) : f32x4.splat(0);
      let xAt = x + column, yAt = y + column;
      for (let row = 0; row < count; ++row) {
        const yi = multiplyAdd(f32x4.sub(v128.load(xAt), means), factors, offsets);
        storeFirst(yAt, yi, columns - i);
        xAt += rowBytes;
        yAt += rowBytes;
      }
    }
    x += <usize>count * rowBytes;
    y += <usize>count * rowBytes;
  }
}
