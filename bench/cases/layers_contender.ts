// An unmodified tf.layers model, trained by trainOnBatch. It calls the stock kernels by name; on the backend `simd` our kernels have the
// same names.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {createNetwork, type Preset, presets} from '../../src/network.ts';
import type {Contender} from '../clock/contest.ts';
import {type Numbers, toTensors} from './batches.ts';
import {pads, poolSize} from './stock.ts';

/** Trains a network as a model, from the same first weights as the network's other contenders. */
export function layersContender(preset: Preset, batches: Numbers[]): Contender {
  const model = layersModel(preset);
  const network = createNetwork(preset); // its variables are in the model's order
  model.setWeights(network.variables);
  network.dispose();
  return trainingContender(model, batches);
}

/** Takes a step of the model for each run, and owns the model and its optimizer. */
export function trainingContender(model: layers.Sequential, batches: Numbers[]): Contender {
  const tensors = batches.map(batch => {
    const {xs, labels} = toTensors(batch);
    const images = tf.reshape(xs, [batch.size, 28, 28, 1]);
    xs.dispose();
    return {images, labels};
  });
  let steps = 0;
  return {
    run() {
      const {images, labels} = tensors[steps++ % tensors.length];
      return model.trainOnBatch(images, labels) as Promise<number>;
    },
    dispose() {
      model.optimizer.dispose();
      model.dispose();
      tf.dispose(tensors.flatMap(({images, labels}) => [images, labels]));
    },
  };
}

/** The network as TensorFlow.js's tutorial writes it, with the same optimizer. */
export function layersModel(preset: Preset): layers.Sequential {
  const convolution = {
    kernelSize: 5,
    padding: pads[preset],
    useBias: preset === 'tutorial',
    activation: 'relu' as const,
  };
  const model = layers.sequential();
  const {conv2d, dense, flatten, maxPooling2d} = layers.layers;
  model.add(conv2d({...convolution, filters: 8, inputShape: [28, 28, 1]}));
  model.add(maxPooling2d({poolSize, strides: poolSize}));
  model.add(conv2d({...convolution, filters: 16}));
  model.add(maxPooling2d({poolSize, strides: poolSize}));
  model.add(flatten());
  model.add(dense({units: 10, activation: 'softmax'}));
  const optimizer = tf.train.sgd(presets[preset].learningRate);
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  return model;
}
