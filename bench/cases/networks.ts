// Whole networks on real images: a training step, inference, the training loop.
import * as tf from '@tensorflow/tfjs-core';
import type {Batch} from '../../src/data/mnist_data.ts';
import {createNetwork, type Preset, presets} from '../../src/network.ts';
import {train, trainStep} from '../../src/training.ts';
import {type Case, type Contender, type TakesPart, timeUpload} from '../clock/contest.ts';
import {
  backendOf,
  batchSize,
  isLayers,
  isOurs,
  isReference,
  isStock,
  type Name,
} from '../report/results.ts';
import {comparedSteps, lossTolerance, type Numbers, takeBatches, toTensors} from './batches.ts';
import {sumTolerance} from './compare.ts';
import {layersContender} from './layers_contender.ts';
import {networkFlops} from './passes.ts';
import {stockForward, stockLoss} from './stock.ts';

/** Forward, all gradients, the new weights, and reading the loss. */
export const stepCase = (preset: Preset, batch: number, who: TakesPart): Case => ({
  name: `${preset}/step`,
  batch,
  takesPart: name => who(name) && name !== 'stock wasm', // it can't differentiate a convolution (tfjs#8474)
  prepare(data) {
    const batches = takeBatches(data, batch);
    return {
      flops: networkFlops(preset, batch).step,
      images: batch,
      comparedRuns: comparedSteps,
      tolerance: lossTolerance,
      join: name =>
        isLayers(name) ? layersContender(preset, batches) : stepContender(preset, batches, name),
    };
  },
});

export const logitsTolerance = sumTolerance(1000); // more terms than any layer sums

/** Forward alone, and reading the logits. */
export const inferenceCase = (preset: Preset, batch: number, who: TakesPart): Case => ({
  name: `${preset}/inference`,
  batch,
  takesPart: name => who(name) && !isLayers(name),
  prepare(data) {
    const batches = takeBatches(data, batch);
    return {
      flops: networkFlops(preset, batch).inference,
      images: batch,
      comparedRuns: 1,
      tolerance: logitsTolerance,
      join: name => inferenceContender(preset, batches, name),
    };
  },
});

export const inferenceContender = (preset: Preset, batches: Numbers[], name: Name): Contender =>
  contender(preset, batches, ({forward, variables}) => ({
    run: ({xs}) =>
      isStock(name) ? tf.tidy(() => stockForward(preset, variables, xs)) : forward(xs),
    readsEach: true,
  }));

const tenBatches = 10;

/** The training loop, which makes its batches from bytes: ten batches, or a whole epoch and the test on all test images. */
export const loopCase = (preset: Preset, whole: boolean): Case => ({
  name: `${preset}/${whole ? 'epoch' : 'ten-batches'}`,
  batch: batchSize,
  takesPart: name => isOurs(name) && !isReference(backendOf(name)),
  prepare: (data, load) => ({
    images: whole ? data.trainSize : batchSize * tenBatches,
    comparedRuns: 1,
    tolerance: lossTolerance,
    async join() {
      const data = await load(); // in the same order for all contenders
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

export function stepContender(preset: Preset, batches: Numbers[], name: Name): Contender {
  const optimizer = tf.train.sgd(presets[preset].learningRate);
  return contender(preset, batches, network => {
    const {variables} = network;
    const stockStep = ({xs, labels}: Batch) => {
      const loss = () => stockLoss(labels, stockForward(preset, variables, xs));
      return optimizer.minimize(loss, true, variables)!;
    };
    return {
      run: batch => lossIn(isStock(name) ? stockStep(batch) : trainStep(network, optimizer, batch)),
      dispose: () => optimizer.dispose(),
    };
  });
}

// All contenders start from the same weights and repeat the same batches. The numbers don't change how long a step takes, so each
// may go on from its own weights.
function contender(
  preset: Preset,
  batches: Numbers[],
  make: (network: ReturnType<typeof createNetwork>) => Pick<Contender, 'readsEach'> & {
    run(batch: Batch): ReturnType<Contender['run']>;
    dispose?(): void;
  },
): Contender {
  const network = createNetwork(preset);
  const tensors = batches.map(toTensors);
  const {run, readsEach, dispose} = make(network);
  let runs = 0;
  return {
    run: () => run(tensors[runs++ % tensors.length]),
    readsEach,
    upload() {
      const {tensors, ms} = timeUpload(() => Object.values(toTensors(batches[0])));
      tf.dispose(tensors);
      return ms;
    },
    dispose() {
      network.dispose();
      dispose?.();
      tf.dispose(tensors.flatMap(({xs, labels}) => [xs, labels]));
    },
  };
}

/** A scalar's value. Only WebGPU can't return it synchronously. */
function lossIn(scalar: tf.Scalar): number | Promise<number> {
  const read = ([value]: ArrayLike<number> & Iterable<number>) => {
    scalar.dispose();
    return value;
  };
  return tf.getBackend() === 'webgpu' ? scalar.data().then(read) : read(scalar.dataSync());
}
