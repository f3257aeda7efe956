// bias: its gradient is the sum of dy over all axes but the last
//   dy [N, K]   ->   db [K]       db[d2] = sum over n of dy[n, d2]
//
// One pass over dy, so memory decides. It is taken in blocks of rows, and a block four channels at
// a time, four rows at once to hide the latency of an addition. A block is summed up before it is
// added to db, so that rounding errors grow with N / BLOCK + BLOCK additions instead of N; a small
// one is still in the cache when the next four channels read it.

import {F32, storeFirst} from './vector';

const BLOCK = 32;

export function biasGradient(dy: usize, db: usize, N: i32, K: i32): void {
  const row = <usize>K * F32;
  memory.fill(db, 0, row);
  for (let done = 0; done < N; done += BLOCK) {
    const rows = min(N - done, BLOCK);
    for (let d2 = 0; d2 < K; d2 += 4) {
      let at = dy + <usize>d2 * F32;
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let n = 0;
      for (; n <= rows - 4; n += 4) {
        s0 = f32x4.add(s0, v128.load(at));
        s1 = f32x4.add(s1, v128.load(at + row));
        s2 = f32x4.add(s2, v128.load(at + 2 * row));
        s3 = f32x4.add(s3, v128.load(at + 3 * row));
        at += 4 * row;
      }
      for (; n < rows; ++n) {
        s0 = f32x4.add(s0, v128.load(at));
        at += row;
      }
      const sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
      const dbAt = db + <usize>d2 * F32;
      storeFirst(dbAt, f32x4.add(v128.load(dbAt), sum), K - d2);
    }
    dy += <usize>BLOCK * row;
  }
}
