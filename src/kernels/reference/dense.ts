// dense by its formula (see ops/dense.ts), in TensorFlow.js's own ops: y = x weights + bias, dx = dy weightsᵀ, dWeights = xᵀ dy.
import * as tf from '@tensorflow/tfjs-core';
import {Dense, DenseInputGradient, DenseWeightsGradient} from '../../ops/dense.ts';
import {kernel} from './kernel.ts';

type Inputs = Record<'x' | 'weights' | 'bias' | 'dy', tf.Tensor2D>;

function dense({x, weights, bias}: Inputs): tf.Tensor {
  const y = tf.matMul(x, weights);
  return bias ? tf.add(y, bias) : y;
}

function denseInputGradient({dy, weights}: Inputs): tf.Tensor {
  return tf.matMul(dy, weights, false, true);
}

function denseWeightsGradient({x, dy}: Inputs): tf.Tensor {
  return tf.matMul(x, dy, true, false);
}

export const denseKernels = {
  [Dense]: kernel(dense),
  [DenseInputGradient]: kernel(denseInputGradient),
  [DenseWeightsGradient]: kernel(denseWeightsGradient),
};
