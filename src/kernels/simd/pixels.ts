// pixels: bytes become fractions
//   bytes [N], 0 to 255   ->   x [N]       x[i] = bytes[i] / 255       (rounded once, as everywhere)

import {F32, storeFirst} from './vector';

export function pixels(bytes: usize, x: usize, N: i32): void {
  const most = f32x4.splat(255);
  for (let i = 0; i < N; i += 4) {
    const four = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(bytes + <usize>i)));
    storeFirst(x + <usize>i * F32, f32x4.div(f32x4.convert_i32x4_u(four), most), N - i);
  }
}
