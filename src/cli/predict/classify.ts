// The network's answers for images that nobody has labelled.
import * as tf from '@tensorflow/tfjs-core';
import {CLASSES, IMAGE_SIDE} from '../../data/idx.ts';
import {PORTION} from '../../evaluation.ts';
import {createNetwork, type Network, setWeights} from '../../network.ts';
import {softmax} from '../../ops/softmax_cross_entropy.ts';
import type {ReadWeights} from '../../weights/read_weights.ts';

/** A network with these weights. */
export function networkOf({preset, weights}: Pick<ReadWeights, 'preset' | 'weights'>): Network {
  const network = createNetwork(preset);
  setWeights(network, weights);
  return network;
}

/**
 * @param pixels [images, 28, 28], 0 (paper) to 255 (ink)
 * @returns the probabilities, [images, 10]
 */
export function classify(network: Network, pixels: Uint8Array): Float32Array {
  const size = IMAGE_SIDE ** 2;
  const probabilities = new Float32Array((pixels.length / size) * CLASSES);
  for (let start = 0; start * size < pixels.length; start += PORTION) {
    const portion = pixels.subarray(start * size, (start + PORTION) * size);
    const xs = Float32Array.from(portion, level => level / 255);
    const p = tf.tidy(() => softmax(network.forward(tf.tensor2d(xs, [xs.length / size, size]))));
    probabilities.set(p.dataSync(), start * CLASSES);
    p.dispose();
  }
  return probabilities;
}
