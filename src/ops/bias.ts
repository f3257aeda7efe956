// The bias of conv2d and dense: it is added to every row, so its gradient is the sum of dy over the rows
//   forward    y[…, d2]  = … + bias[d2]
//   backward   dBias[d2] = Σ over all axes but the last of dy[…, d2]
import type * as tf from '@tensorflow/tfjs-core';
import {checkTensor, fail, shapeText} from './checks.ts';
import {refuseGradient, runKernel} from './kernel.ts';

export const BiasGradient = 'mnist.BiasGradient';

/** Throws in the op's name unless the bias is absent or a tensor of K elements. */
export function checkBias(op: string, bias: tf.Tensor1D | null, axis: string, K: number): void {
  if (bias === null || bias === undefined) return;
  checkTensor(op, 'bias', bias, [axis]);
  if (bias.size !== K) fail(op, `a bias of shape [${K}]`, shapeText(bias.shape));
}

/** dy [..., K] -> dBias [K] */
export function biasGradient(dy: tf.Tensor): tf.Tensor1D {
  return runKernel(BiasGradient, {dy}, {outputShape: dy.shape.slice(-1)});
}

refuseGradient('bias', BiasGradient);
