// dense, the formula made executable (see ops/dense.ts): y = x W + b, dx = dy Wᵀ, dW = xᵀ dy.
import * as tf from '@tensorflow/tfjs-core';

export function dense(
  x: tf.Tensor2D,
  weights: tf.Tensor2D,
  bias: tf.Tensor1D | undefined,
): tf.Tensor2D {
  const y: tf.Tensor2D = tf.matMul(x, weights);
  return bias ? tf.add(y, bias) : y;
}

export function denseInputGradient(dy: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(dy, weights, false, true);
}

export function denseWeightsGradient(x: tf.Tensor2D, dy: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, dy, true, false);
}
