// relu: negative numbers become 0
//   x, y, dy, dx of one shape, N elements
//   forward    y  = max(x, 0)            relu(NaN) = NaN, relu(-0) = 0
//   backward   dx = y > 0 ? dy : 0       (its gradient at 0 is 0)
//
// Both use masks: a comparison gives all ones or all zeros in each lane, so there are no branches.

import {F32, storeFirst} from './vector';

export function relu(x: usize, y: usize, N: i32): void {
  const zero = f32x4.splat(0);
  for (let i = 0; i < N; i += 4) {
    const offset = <usize>i * F32;
    const xi = v128.load(x + offset);
    // NaN <= 0 is false, so NaN stays.
    const yi = v128.andnot(xi, f32x4.le(xi, zero));
    if (N - i >= 4) v128.store(y + offset, yi);
    else storeFirst(y + offset, yi, N - i);
  }
}

export function reluGradient(dy: usize, y: usize, dx: usize, N: i32): void {
  const zero = f32x4.splat(0);
  for (let i = 0; i < N; i += 4) {
    const offset = <usize>i * F32;
    const dxi = v128.and(v128.load(dy + offset), f32x4.gt(v128.load(y + offset), zero));
    if (N - i >= 4) v128.store(dx + offset, dxi);
    else storeFirst(dx + offset, dxi, N - i);
  }
}
