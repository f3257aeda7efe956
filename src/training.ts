// The training loop: next batch, minimize, report, evaluate. The command line and the page consume the same generator.
import * as tf from '@tensorflow/tfjs-core';
import {KeptWeights} from './context_loss.ts';
import type {MnistData} from './data/mnist_data.ts';
import {type Network, presets} from './network.ts';
import {checkOptions, fail} from './ops/checks.ts';
import {softmaxCrossEntropy} from './ops/softmax_cross_entropy.ts';

export interface TrainingOptions {
  /** Passes over the training images; 1 if neither epochs nor batches are given. */
  epochs?: number;
  /** How many batches to train, instead of whole epochs. */
  batches?: number;
  /**
   * So many of them were trained before, and this is the rest: counted on from there, with tests after the same batches. The
   * data has to be there too (`skipTrainBatches`). 0 if not given.
   */
  start?: number;
  /** Images a batch; 64 if not given. */
  batchSize?: number;
  /** The step of stochastic gradient descent for a whole batch; the network's own if not given. */
  learningRate?: number;
  /** Test on a random sample after every so many batches; 0, as if not given: never. */
  testEvery?: number;
  /** Images in that sample; 1000 if not given. */
  testSize?: number;
  /** Aborting it ends the training after the current batch: the generator throws the signal's reason. */
  signal?: AbortSignal;
}

const optionNames: readonly (keyof TrainingOptions)[] = [
  'epochs',
  'batches',
  'start',
  'batchSize',
  'learningRate',
  'testEvery',
  'testSize',
  'signal',
];

/** `batch` counts from 1 over the whole training, `epoch` from 1; times are in ms, losses in nats. */
export type TrainingProgress =
  /** After every batch: its loss before the step, and how long preparing it and the step took. */
  | {
      kind: 'batch';
      batch: number;
      batches: number;
      epoch: number;
      images: number;
      loss: number;
      ms: number;
    }
  /** On a random sample of test images. */
  | {kind: 'test'; batch: number; evaluation: Evaluation}
  /** On all test images, at the end of each epoch and of the training. */
  | {kind: 'epoch'; batch: number; epoch: number; evaluation: Evaluation};

export interface Evaluation {
  correct: number;
  total: number;
  /** [10 × 10], row by row: how many images of each label (row) were taken for each digit (column). */
  confusion: Int32Array;
  /** [total], the digit that each image was taken for, in the order in which they were tested: all of them in file order. */
  predictions: Uint8Array;
}

/** The loss is no longer a finite number: training has failed, and more of it won't help. */
export class DivergenceError extends Error {
  constructor(
    message: string,
    readonly batch: number,
    readonly loss: number,
    readonly learningRate: number,
  ) {
    super(message);
  }
}

/**
 * So many batches at most are lost with a WebGL context. In SwiftShader a copy of the weights takes 6 ms and 6 draw calls, a
 * step of the tutorial's network 60 ms and 39.
 */
const KEEP_EVERY = 10;

/**
 * Trains the network in place. On WebGL it keeps the weights of every tenth batch, and of the last one before each test, outside
 * of the GPU.
 *
 * @throws Error for sizes that aren't whole numbers of at least 1, or larger than the data; a learning rate that isn't
 *     positive
 * @throws DivergenceError at the first loss that isn't finite
 * @throws ContextLostError within one step of WebGL losing its context; the network is back at the weights that were kept last
 * @throws the signal's reason, once it is aborted
 */
export async function* train(
  network: Network,
  data: MnistData,
  options: TrainingOptions = {},
): AsyncGenerator<TrainingProgress> {
  checkOptions('train', options, optionNames);
  const {
    epochs = 1,
    batches,
    start = 0,
    batchSize = 64,
    learningRate = presets[network.preset].learningRate,
    testEvery = 0,
    testSize = 1000,
    signal,
  } = options;
  checkSize('batchSize', batchSize, data.trainSize);
  checkSize('epochs', epochs);
  if (batches !== undefined) checkSize('batches', batches);
  if (testEvery !== 0) {
    checkSize('testEvery', testEvery);
    checkSize('testSize', testSize, data.testSize);
  }
  if (!(learningRate > 0)) fail('train', 'a learningRate above 0', String(learningRate));
  const batchesPerEpoch = Math.ceil(data.trainSize / batchSize);
  const total = batches ?? epochs * batchesPerEpoch;
  if (!(Number.isInteger(start) && start >= 0 && start < total)) {
    fail('train', `start to be a whole number from 0 to ${total - 1}`, String(start));
  }
  const kept = new KeptWeights(network);
  await kept.keep('before the first batch', start);
  const optimizer = tf.train.sgd(learningRate);
  try {
    for (let batch = start + 1; batch <= total; batch++) {
      const began = performance.now();
      const {xs, labels} = data.nextTrainBatch(batchSize);
      const images = xs.shape[0];
      // The last batch of an epoch may be short. It takes a step as much shorter, so that every image weighs the same:
      // a full step on a few hard images can cost percents of accuracy, just when the epoch's is taken.
      optimizer.setLearningRate((learningRate * images) / batchSize);
      const loss = await kept.during(`at batch ${batch} of ${total}`, () =>
        step(optimizer, network, xs, labels),
      );
      const ms = performance.now() - began;
      if (!Number.isFinite(loss)) {
        throw new DivergenceError(
          `The loss became ${loss} at batch ${batch} of ${total}: try a learning rate smaller than ${learningRate}.`,
          batch,
          loss,
          learningRate,
        );
      }
      const testsSample = testEvery > 0 && batch % testEvery === 0;
      const testsAll = batch % batchesPerEpoch === 0 || batch === total;
      const when = `after batch ${batch} of ${total}`;
      if (batch % KEEP_EVERY === 0 || testsSample || testsAll) await kept.keep(when, batch);
      const epoch = Math.ceil(batch / batchesPerEpoch);
      yield {kind: 'batch', batch, batches: total, epoch, images, loss, ms};
      await kept.during(when, () => pause(signal));
      const testing = `in a test ${when}`;
      if (testsSample) {
        const sample = () => evaluateSample(network, data, testSize);
        yield {kind: 'test', batch, evaluation: await kept.during(testing, sample)};
      }
      if (testsAll) {
        const evaluation = await evaluateAll(network, data, kept, testing, signal);
        yield {kind: 'epoch', batch, epoch, evaluation};
      }
    }
  } finally {
    optimizer.dispose();
  }
}

/** One step down the gradient; gives the loss before it. Disposes of the batch. */
async function step(
  optimizer: tf.SGDOptimizer,
  network: Network,
  xs: tf.Tensor2D,
  labels: tf.Tensor2D,
): Promise<number> {
  try {
    const cost = optimizer.minimize(
      () => softmaxCrossEntropy(labels, network.forward(xs)),
      true,
      network.variables,
    ) as tf.Scalar;
    const [loss] = await cost.data();
    cost.dispose();
    return loss;
  } finally {
    tf.dispose([xs, labels]);
  }
}

function checkSize(name: string, size: number, most = Number.POSITIVE_INFINITY): void {
  if (Number.isInteger(size) && size >= 1 && size <= most) return;
  const range = most < Number.POSITIVE_INFINITY ? `from 1 to ${most}` : 'of at least 1';
  fail('train', `${name} to be a whole number ${range}`, String(size));
}

/**
 * The network's answers for all test images, 500 at a time.
 *
 * @throws ContextLostError if WebGL loses its context meanwhile; the network has got its weights back
 * @throws the signal's reason, once it is aborted
 */
export async function evaluate(
  network: Network,
  data: MnistData,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const kept = new KeptWeights(network);
  await kept.keep('before a test', 0);
  return evaluateAll(network, data, kept, 'in a test', signal);
}

async function evaluateAll(
  network: Network,
  data: MnistData,
  kept: KeptWeights,
  when: string,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const chunk = 500;
  const evaluation = newEvaluation(data.testSize);
  for (let start = 0; start < data.testSize; start += chunk) {
    const {xs, labels} = data.testBatch(start, Math.min(start + chunk, data.testSize));
    await kept.during(when, async () => {
      await count(evaluation, network, xs, labels);
      await pause(signal);
    });
  }
  return evaluation;
}

async function evaluateSample(
  network: Network,
  data: MnistData,
  size: number,
): Promise<Evaluation> {
  const {xs, labels} = data.nextTestBatch(size);
  const evaluation = newEvaluation(size);
  await count(evaluation, network, xs, labels);
  return evaluation;
}

const newEvaluation = (size: number): Evaluation => ({
  correct: 0,
  total: 0,
  confusion: new Int32Array(10 * 10),
  predictions: new Uint8Array(size),
});

/** Adds the network's answers for one batch to the evaluation, and disposes of the batch. */
async function count(
  evaluation: Evaluation,
  network: Network,
  xs: tf.Tensor2D,
  labels: tf.Tensor2D,
): Promise<void> {
  let digits: tf.Tensor[] = [];
  try {
    digits = tf.tidy(() => [tf.argMax(labels, 1), tf.argMax(network.forward(xs), 1)]);
  } finally {
    tf.dispose([xs, labels]);
  }
  const [givenDigits, predictedDigits] = await Promise.all(digits.map(digit => digit.data()));
  tf.dispose(digits);
  evaluation.predictions.set(predictedDigits, evaluation.total);
  for (let i = 0; i < givenDigits.length; i++) {
    evaluation.confusion[givenDigits[i] * 10 + predictedDigits[i]]++;
    if (givenDigits[i] === predictedDigits[i]) evaluation.correct++;
    evaluation.total++;
  }
}

/**
 * Lets the event loop run, so that timers, signals and the page's drawing get their turn between two batches.
 *
 * @throws the signal's reason, once it is aborted
 */
async function pause(signal?: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => nextTask(resolve));
  signal?.throwIfAborted();
}

/** A browser's setTimeout would wait 4 ms, which is longer than a step takes; a message of a channel's has no delay. */
const nextTask: (work: () => void) => void =
  typeof setImmediate === 'function' ? setImmediate : messageTasks();

function messageTasks(): (work: () => void) => void {
  const {port1, port2} = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()!();
  return work => {
    waiting.push(work);
    port2.postMessage(0);
  };
}
