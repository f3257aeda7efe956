// bias: its gradient is the sum of dy over all axes but the last
//   dy [rows, K]   ->   dBias [K]       dBias[d2] = sum over rows of dy[row, d2]
//
// One pass over dy, so memory decides the speed. It takes blocks of rows, in a block four channels at a
// time, and four rows at once to hide the latency of an addition. The sum of a block is added to dBias,
// so rounding errors grow with rows / BLOCK + BLOCK additions instead of `rows`. A small block is still
// in the cache when the next four channels read it.

import {F32, storeFirst} from './vector';

const BLOCK = 32;

/** Channels first <= d2 < end alone; the other ones are left as they are. */
export function biasGradient(
  dy: usize, dBias: usize, rows: i32, K: i32, firstChannel: i32, end: i32,
): void {
  const rowBytes = <usize>K * F32;
  memory.fill(dBias + <usize>firstChannel * F32, 0, <usize>(end - firstChannel) * F32);
  for (let first = 0; first < rows; first += BLOCK) {
    const count = min(rows - first, BLOCK);
    for (let d2 = firstChannel; d2 < end; d2 += 4) {
      let dyAt = dy + <usize>d2 * F32;
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let row = 0;
      for (; row <= count - 4; row += 4) {
        s0 = f32x4.add(s0, v128.load(dyAt));
        s1 = f32x4.add(s1, v128.load(dyAt + rowBytes));
        s2 = f32x4.add(s2, v128.load(dyAt + 2 * rowBytes));
        s3 = f32x4.add(s3, v128.load(dyAt + 3 * rowBytes));
        dyAt += 4 * rowBytes;
      }
      for (; row < count; ++row) {
        s0 = f32x4.add(s0, v128.load(dyAt));
        dyAt += rowBytes;
      }
      const sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
      const dBiasAt = dBias + <usize>d2 * F32;
      storeFirst(dBiasAt, f32x4.add(v128.load(dBiasAt), sum), end - d2);
    }
    dy += <usize>BLOCK * rowBytes;
  }
}
