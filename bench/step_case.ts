// A whole training step on real images: forward, every gradient, the new weights, and the loss read back.
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../src/data/mnist_data.ts';
import {createNetwork, type Preset, presets} from '../src/network.ts';
import {softmaxCrossEntropy} from '../src/ops/softmax_cross_entropy.ts';
import {firstLosses, lossTolerance, type Numbers, takeBatches, toTensors} from './batches.ts';
import {type Case, type Contender, makeContenders, type Name, type Place} from './contest.ts';
import {layersContender} from './layers_case.ts';
import {shapesOf, stepFlops} from './shapes.ts';
import {stockForward, stockLoss} from './stock.ts';

export function stepCase(
  name: string,
  preset: Preset,
  batchSize: number,
  place: Place,
  names: readonly Name[],
): Case {
  const prepare = async (data: MnistData) => {
    const batches = takeBatches(data, batchSize);
    const contenders = await makeContenders(place, names, name =>
      name === 'layers' ? layersContender(preset, batches) : stepContender(name, preset, batches),
    );
    const network = createNetwork(preset);
    const flops = stepFlops(shapesOf(network, batchSize));
    network.dispose();
    return {flops, images: batchSize, tolerance: lossTolerance, contenders};
  };
  return {name, prepare};
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
