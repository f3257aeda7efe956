// Other people's tf.layers models for MNIST: a training step of each, by trainOnBatch. bench/peers/pytorch_step.py has the same in
// PyTorch.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type {Case, Contender, TakesPart} from '../clock/contest.ts';
import {isLayers} from '../report/results.ts';
import {comparedSteps, lossTolerance, type Numbers, takeBatches} from './batches.ts';
import {trainingContender} from './layers_contender.ts';

const l = layers.layers;
const relu = {activation: 'relu'} as const;
const image = {inputShape: [28, 28, 1]};

/** Each from the image to the hidden layer before the ten classes. Dropout has a seed, so that all backends drop the same. */
const hidden = {
  /** Keras's mnist_cnn.py. Source: keras-team/keras, examples/mnist_cnn.py of 2.x, with Adam. */
  keras: () => [
    l.conv2d({...image, kernelSize: 3, filters: 32, ...relu}),
    l.conv2d({kernelSize: 3, filters: 64, ...relu}),
    l.maxPooling2d({poolSize: 2}),
    l.dropout({rate: 0.25, seed: 1}),
    l.flatten(),
    l.dense({units: 128, ...relu}),
    l.dropout({rate: 0.5, seed: 2}),
  ],
  /** Source: tensorflow/tfjs-examples, mnist/index.js, createConvModel. */
  'tfjs-examples': () => [
    l.conv2d({...image, kernelSize: 3, filters: 16, ...relu}),
    l.maxPooling2d({poolSize: 2, strides: 2}),
    l.conv2d({kernelSize: 3, filters: 32, ...relu}),
    l.maxPooling2d({poolSize: 2, strides: 2}),
    l.conv2d({kernelSize: 3, filters: 32, ...relu}),
    l.flatten(),
    l.dense({units: 64, ...relu}),
  ],
  /** Convolutions without bias, each with batch normalisation before its relu, as in ResNet. */
  'batch-norm': () => [
    l.conv2d({...image, kernelSize: 3, filters: 32, useBias: false}),
    l.batchNormalization(),
    l.activation(relu),
    l.maxPooling2d({poolSize: 2}),
    l.conv2d({kernelSize: 3, filters: 64, useBias: false}),
    l.batchNormalization(),
    l.activation(relu),
    l.maxPooling2d({poolSize: 2}),
    l.flatten(),
  ],
  /** Depthwise and 1×1 convolutions in turns, as in MobileNet, and average pools. */
  depthwise: () => [
    l.conv2d({...image, kernelSize: 3, filters: 32, ...relu}),
    l.depthwiseConv2d({kernelSize: 3, padding: 'same', ...relu}),
    l.conv2d({kernelSize: 1, filters: 64, ...relu}),
    l.averagePooling2d({poolSize: 2}),
    l.depthwiseConv2d({kernelSize: 3, padding: 'same', ...relu}),
    l.conv2d({kernelSize: 1, filters: 128, ...relu}),
    l.averagePooling2d({poolSize: 2}),
    l.flatten(),
  ],
};

export type Model = keyof typeof hidden;
export const models = Object.keys(hidden) as Model[];

/** The learning rate of SGD, where a step is compared with another library's. */
export const comparedRate = 0.01;

/**
 * A compiled model with its usual optimizer; its weights are always the same.
 *
 * @param compared without dropout and with SGD, as libraries draw other numbers, and place Adam's and RMSProp's ε elsewhere
 */
export function createModel(name: Model, compared = false): layers.Sequential {
  const isDropout = (layer: {getClassName(): string}) => layer.getClassName() === 'Dropout';
  const model = layers.sequential({
    layers: [
      ...hidden[name]().filter(layer => !compared || !isDropout(layer)),
      l.dense({units: 10, activation: 'softmax'}),
    ],
  });
  drawWeights(model);
  const usual = () => (name === 'tfjs-examples' ? tf.train.rmsprop(0.001) : tf.train.adam());
  const optimizer = compared ? tf.train.sgd(comparedRate) : usual();
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  return model;
}

/** Draws all filters from a truncated normal distribution, σ = √(2 / fan-in). */
function drawWeights(model: layers.Sequential): void {
  let seed = 1;
  for (const {trainableWeights, outputShape} of model.layers) {
    const outputs = (outputShape as number[]).at(-1)!;
    for (const weight of trainableWeights) {
      const shape = weight.shape as number[];
      if (shape.length === 1) continue; // biases, and those of batch normalisation
      const deviation = Math.sqrt((2 * outputs) / tf.util.sizeFromShape(shape));
      const drawn = tf.truncatedNormal(shape, 0, deviation, 'float32', seed++);
      weight.write(drawn);
      drawn.dispose();
    }
  }
}

export const modelContender = (name: Model, batches: Numbers[], compared = false): Contender =>
  trainingContender(createModel(name, compared), batches);

/** A step of trainOnBatch. Ours take part by their kernels under stock names. */
export const modelCase = (name: Model, batch: number, who: TakesPart): Case => ({
  name: `layers/${name}`,
  batch,
  takesPart: contender => isLayers(contender) && who(contender),
  prepare(data) {
    const batches = takeBatches(data, batch);
    return {
      images: batch,
      comparedRuns: comparedSteps,
      tolerance: lossTolerance,
      join: () => modelContender(name, batches),
    };
  },
});
