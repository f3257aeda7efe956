// The multiply-add peak of this core for the build of the kernels that runs, in short samples: the machine's speed
// drifts, so that a pass is held against what was measured around it.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from '../src/kernels/simd/backend/register.ts';

/** Of the loop in src/kernels/simd/peak.ts: about a millisecond. */
const rounds = 500_000;

export type Peak = () => number;

/** A function that measures once, in GFLOP/s. */
export function createPeak(): Peak {
  const simd = tf.findBackend('simd') as SimdBackend;
  const {peak, peakWork} = simd.kernels;
  const flops = 2 * peakWork.value * rounds;
  const sample = () => {
    const out = simd.scratch(16, [4]);
    const start = performance.now();
    peak(rounds, 0.5, 1, out); // a = a / 2 + 1 stays an ordinary number
    return flops / (performance.now() - start) / 1e6;
  };
  for (let i = 0; i < 30; i++) sample(); // until the engine has optimized the loop
  return sample;
}
