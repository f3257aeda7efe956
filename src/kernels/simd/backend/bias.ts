// bias on `simd` (see ops/bias.ts). The loops are in ../bias.ts.
import * as tf from '@tensorflow/tfjs-core';
import {BiasGradient} from '../../../ops/bias.ts';
import type {SimdBackend} from './backend.ts';
import {type Inputs, kernel, type Tensor} from './kernel.ts';

/** dy [..., K] -> dBias [K] */
export function biasGradient(simd: SimdBackend, {dy}: Inputs): Tensor {
  const [K] = dy.shape.slice(-1);
  const rows = tf.util.sizeFromShape(dy.shape) / K;
  return simd.compute(
    [K],
    [dy],
    ([dy], dBias, {kernels, first, count}) =>
      kernels.biasGradient(dy, dBias, rows, K, 4 * first, Math.min(K, 4 * (first + count))),
    {units: Math.ceil(K / 4), work: rows * K},
  );
}

export const biasKernels = {[BiasGradient]: kernel(biasGradient)};
