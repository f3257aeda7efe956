// Whole networks on real images: a training step, inference, the training loop.
import * as tf from '@tensorflow/tfjs-core';
import {createNetwork, type Preset, presets} from '../../src/network.ts';
import {softmaxCrossEntropy} from '../../src/ops/softmax_cross_entropy.ts';
import {train} from '../../src/training.ts';
import {type Case, type Contender, timeUpload} from '../clock/contest.ts';
import {
  backendOf,
  batchSize,
  isLayers,
  isReference,
  isStock,
  type Name,
} from '../report/results.ts';
import {comparedSteps, lossTolerance, type Numbers, takeBatches, toTensors} from './batches.ts';
import {sumTolerance} from './compare.ts';
import {layersContender} from './layers_contender.ts';
import {networkFlops} from './passes.ts';
import {stockForward, stockLoss} from './stock.ts';

/** Who takes part besides our ops. */
export interface Beside {
  stock: boolean;
  layers: boolean;
}

/** Forward, every gradient, the new weights, and the loss read. */
export const stepCase = (preset: Preset, batch: number, beside: Beside): Case => ({
  name: `${preset}/step`,
  batch,
  names: ({ours, stock, layers}) => [
    ...ours,
    ...(beside.layers ? layers : []),
    ...(beside.stock ? stock.filter(canTrain) : []),
  ],
  prepare(data) {
    const batches = takeBatches(data, batch);
    return {
      flops: networkFlops(preset, batch).step,
      images: batch,
      comparedRuns: comparedSteps,
      tolerance: lossTolerance,
      join: name =>
        isLayers(name)
          ? layersContender(preset, batches)
          : stepContender(preset, batches, isStock(name)),
    };
  },
});

/** Stock `wasm` lacks the kernel of a convolution's filter gradient (tfjs#8474). */
const canTrain = (name: Name) => name !== 'stock wasm';

/** Forward alone, and the logits read. */
export const inferenceCase = (preset: Preset, batch: number, beside: Beside): Case => ({
  name: `${preset}/inference`,
  batch,
  names: ({ours, stock}) => [...ours, ...(beside.stock ? stock : [])],
  prepare(data) {
    const batches = takeBatches(data, batch);
    return {
      flops: networkFlops(preset, batch).inference,
      images: batch,
      comparedRuns: 1,
      tolerance: sumTolerance(1000), // more terms than any layer sums
      join: name => inferenceContender(preset, batches, isStock(name)),
    };
  },
});

const tenBatches = 10;

/** The training loop, with its own batches from bytes: ten of them, or a whole epoch and the test of all test images. */
export const loopCase = (preset: Preset, whole: boolean): Case => ({
  name: `${preset}/${whole ? 'epoch' : 'ten-batches'}`,
  batch: batchSize,
  names: ({ours}) => ours.filter(name => !isReference(backendOf(name))),
  prepare: (data, load) => ({
    images: whole ? data.trainSize : batchSize * tenBatches,
    comparedRuns: 1,
    tolerance: lossTolerance,
    async join() {
      const data = await load(); // in the same order for each
      return {
        async run() {
          const network = createNetwork(preset);
          let compared = Number.NaN;
          for await (const progress of train(network, data, {batchSize})) {
            if (progress.kind !== 'batch') continue;
            if (progress.batch === comparedSteps) compared = progress.loss;
            if (!whole && progress.batch === tenBatches) break;
          }
          network.dispose();
          return compared;
        },
        dispose() {},
      };
    },
  }),
});

// All start from the same weights and see the same batches, over and over. How long a step takes doesn't depend on the
// numbers, so that each may go on from wherever it is.
export function stepContender(preset: Preset, batches: Numbers[], stock = false): Contender {
  const network = createNetwork(preset);
  const tensors = batches.map(toTensors);
  const optimizer = tf.train.sgd(presets[preset].learningRate);
  const lossOf = (xs: tf.Tensor2D, labels: tf.Tensor2D) =>
    stock
      ? stockLoss(labels, stockForward(preset, network.variables, xs))
      : softmaxCrossEntropy(labels, network.forward(xs));
  let steps = 0;
  return {
    run() {
      const {xs, labels} = tensors[steps++ % tensors.length];
      const cost = optimizer.minimize(() => lossOf(xs, labels), true, network.variables);
      return lossIn(cost as tf.Scalar);
    },
    upload: () => uploadOf(batches[0]),
    dispose() {
      network.dispose();
      optimizer.dispose();
      disposeBatches(tensors);
    },
  };
}

function inferenceContender(preset: Preset, batches: Numbers[], stock: boolean): Contender {
  const network = createNetwork(preset);
  const tensors = batches.map(toTensors);
  const logitsOf = (xs: tf.Tensor2D) =>
    stock ? tf.tidy(() => stockForward(preset, network.variables, xs)) : network.forward(xs);
  let runs = 0;
  return {
    run: () => logitsOf(tensors[runs++ % tensors.length].xs),
    readsEach: true,
    upload: () => uploadOf(batches[0]),
    dispose() {
      network.dispose();
      disposeBatches(tensors);
    },
  };
}

/** A scalar's value. Only WebGPU can't be waited for on the spot. */
function lossIn(scalar: tf.Scalar): number | Promise<number> {
  if (tf.getBackend() === 'webgpu') {
    return scalar.data().then(([value]) => {
      scalar.dispose();
      return value;
    });
  }
  const [value] = scalar.dataSync();
  scalar.dispose();
  return value;
}

/** Of a batch's images and labels. */
function uploadOf(batch: Numbers): number {
  const {tensors, ms} = timeUpload(() => Object.values(toTensors(batch)));
  tf.dispose(tensors);
  return ms;
}

const disposeBatches = (tensors: ReturnType<typeof toTensors>[]): void =>
  tf.dispose(tensors.flatMap(({xs, labels}) => [xs, labels]));
