// The batches of real images for steps, and how closely the losses must agree.
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../../src/data/mnist_data.ts';
import type {Tolerance} from './compare.ts';

/** This many first losses must agree, each within this relative error. */
export const comparedSteps = 5;
export const lossTolerance: Tolerance = {atol: 0, rtol: 1e-4};

/** A batch outside of any backend: pixels [size, 784] in [0, 1] and one-hot labels [size, 10]. */
export interface Numbers {
  size: number;
  pixels: Float32Array;
  labels: Float32Array;
}

export const takeBatches = (data: MnistData, size: number): Numbers[] =>
  Array.from({length: comparedSteps}, () => {
    const {xs, labels} = data.nextTrainBatch(size);
    const numbers = {size, pixels: xs.dataSync(), labels: labels.dataSync()};
    tf.dispose([xs, labels]);
    return numbers as Numbers;
  });

export const toTensors = ({size, pixels, labels}: Numbers) => ({
  xs: tf.tensor2d(pixels, [size, pixels.length / size]),
  labels: tf.tensor2d(labels, [size, labels.length / size]),
});
