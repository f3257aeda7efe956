// The bias's gradient, which conv2d and dense share: a bias is added to every row, so it collects from every row
//   forward    y[…, d2]  = … + bias[d2]
//   backward   dBias[d2] = Σ over all axes but the last of dy[…, d2]
import type * as tf from '@tensorflow/tfjs-core';
import {refuseGradient, runKernel} from './kernel.ts';

export const BiasGradient = 'mnist.BiasGradient';

/** dy [..., K] -> dBias [K] */
export function biasGradient(dy: tf.Tensor): tf.Tensor1D {
  return runKernel(BiasGradient, {dy}, {outputShape: dy.shape.slice(-1)});
}

refuseGradient('bias', BiasGradient);
