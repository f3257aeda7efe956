// sum: over the last axis
//   x [rows, n]   ->   y [rows]       y[row] = sum over i of x[row, i]
// The sums are float64, two lanes at a time. bias.ts sums over the first axes.

import {F32} from './vector';

export function sumRows(x: usize, y: usize, rows: i32, n: i32): void {
  for (let row = 0; row < rows; ++row) {
    let low = f64x2.splat(0), high = f64x2.splat(0);
    let i = 0;
    for (; i <= n - 4; i += 4) {
      const xi = v128.load(x);
      low = f64x2.add(low, f64x2.promote_low_f32x4(xi));
      high = f64x2.add(high, f64x2.promote_low_f32x4(i32x4.shuffle(xi, xi, 2, 3, 2, 3)));
      x += 4 * F32;
    }
    const lanes = f64x2.add(low, high);
    let sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
    for (; i < n; ++i) {
      sum += <f64>load<f32>(x);
      x += F32;
    }
    store<f32>(y + <usize>row * F32, <f32>sum);
  }
}
