// unary: TensorFlow.js's own ops of one tensor, number by number
//   square, sqrt, floor     as their names say; sqrt of a negative number is NaN
//   rsqrt                   y = 1 / √x, rounded once
//   step                    y = x > 0 ? 1 : alpha       (step(NaN) = NaN)
//
// The stock kernels compute in float64 and round to float32. So do these: a square, a root and a floor of
// float32 give the same bits without float64.

import {F32, storeFirst} from './vector';

export function square(x: usize, y: usize, N: i32): void {
  for (let i = 0; i < N; i += 4) {
    const xi = v128.load(x + <usize>i * F32);
    storeFirst(y + <usize>i * F32, f32x4.mul(xi, xi), N - i);
  }
}

export function sqrt(x: usize, y: usize, N: i32): void {
  for (let i = 0; i < N; i += 4)
    storeFirst(y + <usize>i * F32, f32x4.sqrt(v128.load(x + <usize>i * F32)), N - i);
}

export function floor(x: usize, y: usize, N: i32): void {
  for (let i = 0; i < N; i += 4)
    storeFirst(y + <usize>i * F32, f32x4.floor(v128.load(x + <usize>i * F32)), N - i);
}

/** 1 / √x of the first two numbers, in the first two lanes. */
@inline
function rsqrtOfTwo(x: v128): v128 {
  return f32x4.demote_f64x2_zero(
    f64x2.div(f64x2.splat(1), f64x2.sqrt(f64x2.promote_low_f32x4(x))));
}

export function rsqrt(x: usize, y: usize, N: i32): void {
  for (let i = 0; i < N; i += 4) {
    const xi = v128.load(x + <usize>i * F32);
    const low = rsqrtOfTwo(xi), high = rsqrtOfTwo(i32x4.shuffle(xi, xi, 2, 3, 2, 3));
    storeFirst(y + <usize>i * F32, i32x4.shuffle(low, high, 0, 1, 4, 5), N - i);
  }
}

export function step(x: usize, y: usize, alpha: f32, N: i32): void {
  const zero = f32x4.splat(0), one = f32x4.splat(1), below = f32x4.splat(alpha);
  for (let i = 0; i < N; i += 4) {
    const xi = v128.load(x + <usize>i * F32);
    const yi = v128.bitselect(one, below, f32x4.gt(xi, zero));
    storeFirst(y + <usize>i * F32, v128.bitselect(yi, xi, f32x4.eq(xi, xi)), N - i);
  }
}
