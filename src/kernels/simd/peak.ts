// peak: the most multiply-adds per second that this core computes, for the bench: twelve chains
// a = a m + c, with no loads and no stores. Twelve chains hide the latency of a multiply-add and fit
// the registers.

import {multiplyAdd} from './vector';

/** Multiply-adds per round: 12 chains of 4 lanes. */
export const peakWork = 48;

export function peak(rounds: i32, m: f32, c: f32, out: usize): void {
  const vm = f32x4.splat(m), vc = f32x4.splat(c);
  let a0 = f32x4.splat(0), a1 = f32x4.splat(1), a2 = f32x4.splat(2), a3 = f32x4.splat(3);
  let a4 = f32x4.splat(4), a5 = f32x4.splat(5), a6 = f32x4.splat(6), a7 = f32x4.splat(7);
  let a8 = f32x4.splat(8), a9 = f32x4.splat(9), aA = f32x4.splat(10), aB = f32x4.splat(11);
  for (let i = 0; i < rounds; ++i) {
    a0 = multiplyAdd(a0, vm, vc);
    a1 = multiplyAdd(a1, vm, vc);
    a2 = multiplyAdd(a2, vm, vc);
    a3 = multiplyAdd(a3, vm, vc);
    a4 = multiplyAdd(a4, vm, vc);
    a5 = multiplyAdd(a5, vm, vc);
    a6 = multiplyAdd(a6, vm, vc);
    a7 = multiplyAdd(a7, vm, vc);
    a8 = multiplyAdd(a8, vm, vc);
    a9 = multiplyAdd(a9, vm, vc);
    aA = multiplyAdd(aA, vm, vc);
    aB = multiplyAdd(aB, vm, vc);
  }
  const low = f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(a4, a5));
  const high = f32x4.add(f32x4.add(f32x4.add(a6, a7), f32x4.add(a8, a9)), f32x4.add(aA, aB));
  v128.store(out, f32x4.add(low, high));
}
