// The bias's gradient, the formula made executable (see ops/bias.ts).
import * as tf from '@tensorflow/tfjs-core';

/** dy [..., K] -> db [K] */
export function biasGradient(dy: tf.Tensor): tf.Tensor1D {
  const K = dy.shape[dy.rank - 1];
  return tf.sum(tf.reshape(dy, [dy.size / K, K]), 0);
}
