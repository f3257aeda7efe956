// relu, the formula made executable (see ops/relu.ts).
import * as tf from '@tensorflow/tfjs-core';

/** y = x where x > 0, else 0; asked the other way round, so that a NaN stays. */
export function relu(x: tf.Tensor): tf.Tensor {
  return tf.where(tf.lessEqual(x, 0), tf.zerosLike(x), x);
}

/** dx = dy where y > 0, else 0 */
export function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.where(tf.greater(y, 0), dy, tf.zerosLike(dy));
}
