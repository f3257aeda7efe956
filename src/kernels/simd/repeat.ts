// repeat: copies of each block, one behind the other
//   x [outer, block]   ->   y [outer, times, block]       block in bytes
//
// The copies so far are copied at once, so few calls move all bytes.

import {F32, storeFirst} from './vector';

export function repeat(x: usize, y: usize, outer: i32, block: i32, times: i32): void {
  for (let o = 0; o < outer; ++o) {
    if (block == <i32>F32) fill(y, load<f32>(x), times);
    else {
      memory.copy(y, x, block);
      for (let done = 1; done < times; done *= 2)
        memory.copy(y + <usize>done * block, y, <usize>min(done, times - done) * block);
    }
    x += block;
    y += <usize>times * block;
  }
}

@inline
function fill(y: usize, value: f32, count: i32): void {
  for (let i = 0; i < count; i += 4) storeFirst(y + <usize>i * F32, f32x4.splat(value), count - i);
}
