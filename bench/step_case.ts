// A whole training step on real images: forward, every gradient, the new weights, and the loss read back.
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../src/data/mnist_data.ts';
import {createNetwork, type Preset, presets} from '../src/network.ts';
import {softmaxCrossEntropy} from '../src/ops/softmax_cross_entropy.ts';
import type {Tolerance, Values} from '../test/compare.ts';
import {type Case, type Contender, makeContenders, type Name} from './contest.ts';
import {shapesOf, stepFlops} from './shapes.ts';
import {stockForward, stockLoss} from './stock.ts';

/** So many first losses must agree, each to this relative error. */
export const comparedSteps = 5;
export const lossTolerance: Tolerance = {atol: 0, rtol: 1e-4};

/** Pixels [size, 784] in [0, 1] and one-hot labels [size, 10], on no backend yet. */
export interface Numbers {
  size: number;
  pixels: Float32Array;
  labels: Float32Array;
}

export function stepCase(
  name: string,
  preset: Preset,
  batchSize: number,
  names: readonly Name[],
): Case {
  const prepare = async (data: MnistData) => {
    const batches = takeBatches(data, batchSize);
    const contenders = await makeContenders(names, name => stepContender(name, preset, batches));
    const network = createNetwork(preset);
    const flops = stepFlops(shapesOf(network, batchSize));
    network.dispose();
    return {flops, images: batchSize, tolerance: lossTolerance, contenders};
  };
  return {name, prepare};
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

/** The first losses, or an error if one is not a number: two of those would be equal. */
export async function firstLosses(step: () => number | Promise<number>): Promise<Values> {
  const values: number[] = [];
  while (values.length < comparedSteps) {
    const loss = await step();
    values.push(loss);
    if (!Number.isFinite(loss)) throw new Error(`the loss of step ${values.length} is ${loss}`);
  }
  return {shape: [comparedSteps], values};
}

// All start from the same weights and see the same batches, over and over. How long a step takes doesn't depend on the
// numbers, so that each may go on from wherever it is.
export function stepContender(
  name: Name,
  preset: Preset,
  batches: Numbers[],
): Pick<Contender, 'run' | 'result' | 'dispose'> {
  const network = createNetwork(preset);
  const tensors = batches.map(toTensors);
  const optimizer = tf.train.sgd(presets[preset].learningRate);
  const lossOf = (xs: tf.Tensor2D, labels: tf.Tensor2D) =>
    name === 'stock'
      ? stockLoss(labels, stockForward(preset, network.variables, xs))
      : softmaxCrossEntropy(labels, network.forward(xs));
  let steps = 0;
  const step = (): number => {
    const {xs, labels} = tensors[steps++ % tensors.length];
    const cost = optimizer.minimize(() => lossOf(xs, labels), true, network.variables) as tf.Scalar;
    const [value] = cost.dataSync();
    cost.dispose();
    return value;
  };
  return {
    run: () => void step(),
    result: () => firstLosses(step),
    dispose() {
      network.dispose();
      optimizer.dispose();
      tf.dispose(tensors.map(({xs, labels}) => [xs, labels]));
    },
  };
}
