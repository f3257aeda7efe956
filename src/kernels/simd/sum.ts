// sum: over one axis, divided by a number: 1 for a sum, the count for a mean
//   sumRows       x [rows, n]            ->  y [rows]              y[row] = Σ x[row, :] / divisor
//   sumColumns    x [planes, n, inner]   ->  y [planes, inner]     y[plane, i] = Σ x[plane, :, i] / divisor
//
// sumRows adds in float64, two lanes at a time. sumColumns makes one pass over x, so memory decides the speed:
// it takes blocks of n, in a block four columns at a time. A small block is still in the cache when the next
// four columns read it. A block's sum is float32, and is added to a float64 in scratch. If a block's sum
// is too large for float32, the column is summed again in float64: its mean may be small enough.

import {F32, storeFirst} from './vector';

const BLOCK = 32;
const F64: usize = 8;

/** The last two numbers of four, as float64. */
@inline
function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
}

export function sumRows(x: usize, y: usize, rows: i32, n: i32, divisor: f64): void {
  for (let row = 0; row < rows; ++row) {
    let low = f64x2.splat(0), high = f64x2.splat(0);
    let i = 0;
    for (; i <= n - 4; i += 4) {
      const xi = v128.load(x);
      low = f64x2.add(low, f64x2.promote_low_f32x4(xi));
      high = f64x2.add(high, promoteHigh(xi));
      x += 4 * F32;
    }
    const lanes = f64x2.add(low, high);
    let sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
    for (; i < n; ++i) {
      sum += <f64>load<f32>(x);
      x += F32;
    }
    store<f32>(y + <usize>row * F32, <f32>(sum / divisor));
  }
}

/** Bytes of scratch for this many columns. */
export function sumColumnsScratch(columns: i32): f64 {
  return ceil(<f64>columns / 4) * 4 * F64;
}

/** True unless a lane is infinite or NaN. */
@inline
function areFinite(a: v128, b: v128): bool {
  return i64x2.all_true(f64x2.eq(f64x2.add(f64x2.sub(a, a), f64x2.sub(b, b)), f64x2.splat(0)));
}

/** Puts the float64 sum of a column of n numbers in the place of a sum that isn't finite. */
function sumWide(x: usize, sums: usize, n: i32, rowBytes: usize, column: i32): void {
  const sumAt = sums + <usize>column * F64;
  if (isFinite(load<f64>(sumAt))) return;
  let sum: f64 = 0, xAt = x + <usize>column * F32;
  for (let row = 0; row < n; ++row) {
    sum += load<f32>(xAt);
    xAt += rowBytes;
  }
  store<f64>(sumAt, sum);
}

/** Sums the first `columns` columns of the `inner` that x and y have. */
export function sumColumns(
  x: usize, y: usize, scratch: usize, planes: i32, n: i32, inner: i32, columns: i32, divisor: f64,
): void {
  const rowBytes = <usize>inner * F32, by = f64x2.splat(divisor);
  for (let plane = 0; plane < planes; ++plane) {
    memory.fill(scratch, 0, <usize>sumColumnsScratch(columns));
    for (let first = 0; first < n; first += BLOCK) {
      const count = min(n - first, BLOCK);
      for (let i = 0; i < columns; i += 4) {
        let xAt = x + <usize>i * F32;
        let s0 = f32x4.splat(0), s1 = f32x4.splat(0);
        let row = 0;
        for (; row <= count - 2; row += 2) {
          s0 = f32x4.add(s0, v128.load(xAt));
          s1 = f32x4.add(s1, v128.load(xAt + rowBytes));
          xAt += 2 * rowBytes;
        }
        if (row < count) s0 = f32x4.add(s0, v128.load(xAt));
        const sum = f32x4.add(s0, s1), sumAt = scratch + <usize>i * F64;
        v128.store(sumAt, f64x2.add(v128.load(sumAt), f64x2.promote_low_f32x4(sum)));
        v128.store(sumAt, f64x2.add(v128.load(sumAt, 16), promoteHigh(sum)), 16);
      }
      x += <usize>count * rowBytes;
    }
    for (let i = 0; i < columns; i += 4) {
      const sumAt = scratch + <usize>i * F64;
      if (!areFinite(v128.load(sumAt), v128.load(sumAt, 16))) {
        const xFirst = x - <usize>n * rowBytes;
        for (let j = i; j < min(i + 4, columns); ++j) sumWide(xFirst, scratch, n, rowBytes, j);
      }
      const low = f32x4.demote_f64x2_zero(f64x2.div(v128.load(sumAt), by));
      const high = f32x4.demote_f64x2_zero(f64x2.div(v128.load(sumAt, 16), by));
      storeFirst(y + <usize>i * F32, i32x4.shuffle(low, high, 0, 1, 4, 5), columns - i);
    }
    y += rowBytes;
  }
}
