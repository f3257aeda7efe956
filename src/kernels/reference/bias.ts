// The bias's gradient by its formula (see ops/bias.ts), in TensorFlow.js's own ops.
import * as tf from '@tensorflow/tfjs-core';
import {BiasGradient} from '../../ops/bias.ts';
import {kernel} from './kernel.ts';

/** dy [..., K] -> dBias [K] */
function biasGradient({dy}: {dy: tf.Tensor}): tf.Tensor {
  const K = dy.shape[dy.rank - 1];
  return tf.sum(tf.reshape(dy, [dy.size / K, K]), 0);
}

export const biasKernels = {[BiasGradient]: kernel(biasGradient)};
