// The same two networks made of stock TensorFlow.js ops, for comparison with ours.
// A bundle of ES modules needs this import for the stock gradients:
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as tf from '@tensorflow/tfjs-core';
import type {Preset} from '../../src/network.ts';

/** The padding of each network's convolutions. */
export const pads: Record<Preset, 'valid' | 'same'> = {tutorial: 'valid', 'mnist-core': 'same'};

/** Both networks pool windows of 2 × 2 that touch and don't overlap. */
export const poolSize = 2;

const pool = (x: tf.Tensor4D) => tf.maxPool(x, poolSize, poolSize, 'valid');

/**
 * Images [batch, 784], pixels in [0, 1] -> logits [batch, 10].
 *
 * @param variables in createNetwork's order: filter and, in `tutorial`, bias of each convolution; weights and bias of dense
 */
export function stockForward(
  preset: Preset,
  variables: readonly tf.Variable[],
  xs: tf.Tensor2D,
): tf.Tensor2D {
  const remaining = [...variables];
  const next = <T extends tf.Tensor>() => remaining.shift() as tf.Tensor as T;
  const convolution = (x: tf.Tensor4D): tf.Tensor4D => {
    const y = tf.conv2d(x, next<tf.Tensor4D>(), 1, pads[preset]);
    return preset === 'tutorial' ? tf.add(y, next<tf.Tensor1D>()) : y;
  };
  const batch = xs.shape[0];
  const x1 = pool(tf.relu(convolution(tf.reshape(xs, [batch, 28, 28, 1]))));
  const x2 = pool(tf.relu(convolution(x1)));
  const flat = tf.reshape(x2, [batch, x2.size / batch]) as tf.Tensor2D;
  return tf.add(tf.matMul(flat, next<tf.Tensor2D>()), next<tf.Tensor1D>());
}

/** The mean over the batch, in nats. */
export const stockLoss = (labels: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar =>
  tf.losses.softmaxCrossEntropy(labels, logits);
