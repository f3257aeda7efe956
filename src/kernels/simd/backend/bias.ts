// bias on `simd` (see ops/bias.ts). The loops are in ../bias.ts.
import * as tf from '@tensorflow/tfjs-core';
import {BiasGradient} from '../../../ops/bias.ts';
import type {SimdBackend} from './backend.ts';
import {type Inputs, kernel, type Tensor} from './kernel.ts';
import {poolGradientOf} from './max_pool.ts';

/** Channels in a line of the cache, which two threads would both have to fetch. */
const LINE = 16;

/** dy [..., K] -> dBias [K] */
export function biasGradient(simd: SimdBackend, {dy}: Inputs): Tensor {
  const pool = poolGradientOf(simd, dy);
  if (pool) return biasGradient(simd, {dy: pool.dy}); // the rest of dy is 0
  const [K] = dy.shape.slice(-1);
  const rows = tf.util.sizeFromShape(dy.shape) / K;
  return simd.compute(
    [K],
    [dy],
    ([dy], dBias, {kernels, first, count}) =>
      kernels.biasGradient(dy, dBias, rows, K, LINE * first, Math.min(K, LINE * (first + count))),
    {units: Math.ceil(K / LINE), work: rows * K},
  );
}

export const biasKernels = {[BiasGradient]: kernel(biasGradient)};
