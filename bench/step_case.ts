// A whole training step on real images: forward, every gradient, the new weights, and the loss read back.
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../src/data/mnist_data.ts';
import {createNetwork, type Preset, presets} from '../src/network.ts';
import {softmaxCrossEntropy} from '../src/ops/softmax_cross_entropy.ts';
import type {Case, Contest} from './cases.ts';
import {shapesOf, stepFlops} from './shapes.ts';
import {stockForward, stockLoss} from './stock.ts';

/** So many first losses must agree, each to this relative error. */
const comparedSteps = 10;
const lossTolerance = 1e-4;

export const stepCase = (preset: Preset, batchSize: number): Case => ({
  name: `${preset}/step`,
  prepare: data => prepareStep(preset, batchSize, data),
});

// Both start from the same weights and see the same batches, over and over. How long a step takes doesn't depend on
// the numbers, so that each may go on from wherever it is.
function prepareStep(preset: Preset, batchSize: number, data: MnistData): Contest {
  const [network, stockNetwork] = [createNetwork(preset), createNetwork(preset)];
  const batches = Array.from({length: comparedSteps}, () => data.nextTrainBatch(batchSize));
  const optimizer = tf.train.sgd(presets[preset].learningRate);

  type Loss = (xs: tf.Tensor2D, labels: tf.Tensor2D) => tf.Scalar;
  const stepper = (variables: tf.Variable[], loss: Loss) => {
    let steps = 0;
    return (): number => {
      const {xs, labels} = batches[steps++ % batches.length];
      const cost = optimizer.minimize(() => loss(xs, labels), true, variables) as tf.Scalar;
      const [value] = cost.dataSync();
      cost.dispose();
      return value;
    };
  };
  const ours = stepper(network.variables, (xs, labels) =>
    softmaxCrossEntropy(labels, network.forward(xs)),
  );
  const stock = stepper(stockNetwork.variables, (xs, labels) =>
    stockLoss(labels, stockForward(preset, stockNetwork.variables, xs)),
  );

  return {
    flops: stepFlops(shapesOf(network, batchSize)),
    disagreement() {
      for (let step = 1; step <= comparedSteps; step++) {
        const [loss, expected] = [ours(), stock()];
        // Asked this way round, a NaN disagrees.
        if (!(Math.abs(loss - expected) <= lossTolerance * Math.abs(expected))) {
          return `loss of step ${step}: expected ${expected} to a relative ${lossTolerance}, got ${loss}`;
        }
      }
    },
    ours,
    stock,
    dispose() {
      network.dispose();
      stockNetwork.dispose();
      optimizer.dispose();
      tf.dispose(batches.map(({xs, labels}) => [xs, labels]));
    },
  };
}
