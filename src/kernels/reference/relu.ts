// relu by its formula (see ops/relu.ts), in TensorFlow.js's own ops.
import * as tf from '@tensorflow/tfjs-core';
import {Relu, ReluGradient} from '../../ops/relu.ts';
import {kernel} from './kernel.ts';

/** y = x where x > 0, else 0. The condition is x ≤ 0, so that a NaN stays. */
function relu({x}: {x: tf.Tensor}): tf.Tensor {
  return tf.where(tf.lessEqual(x, 0), tf.zerosLike(x), x);
}

/** dx = dy where y > 0, else 0 */
function reluGradient({dy, y}: {dy: tf.Tensor; y: tf.Tensor}): tf.Tensor {
  return tf.where(tf.greater(y, 0), dy, tf.zerosLike(dy));
}

export const reluKernels = {[Relu]: kernel(relu), [ReluGradient]: kernel(reluGradient)};
