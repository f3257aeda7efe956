// One step of training, and the loop around it: next batch, step, report, evaluate. The command line and the page consume
// the same generator.
import * as tf from '@tensorflow/tfjs-core';
import {KeptWeights} from './context_loss.ts';
import type {Batch, MnistData} from './data/mnist_data.ts';
import {type Evaluation, evaluateInPortions, evaluateSample} from './evaluation.ts';
import {SimdBackend} from './kernels/simd/backend/backend.ts';
import type {Network} from './network.ts';
import {checkOptions, fail} from './ops/checks.ts';
import {softmaxCrossEntropy} from './ops/softmax_cross_entropy.ts';
import {pause} from './pause.ts';
import {defaultRate, type Recipe} from './presets.ts';
import {checkOptimizer, checkRecipe, createOptimizer, rateAt, velocitiesOf} from './recipe.ts';

export interface TrainingOptions {
  /** Passes over the training images. Default 1, unless `batches` is given. */
  epochs?: number;
  /** Batches to train, instead of whole epochs. */
  batches?: number;
  /**
   * Batches already trained: numbering and test points continue from there. Advance the data first with `skipTrainBatches`.
   * Default 0.
   */
  start?: number;
  /** Images per batch. Default 64. */
  batchSize?: number;
  /** `sgd` (the default), or `fast`: momentum, and a rate with a warm-up that falls to 0 by the run's end. */
  recipe?: Recipe;
  /** Of a step for a whole batch; with `fast` the largest. Default: the network's own; with `fast` 0.1 for one epoch, 0.08 for more. */
  learningRate?: number;
  /**
   * The recipe's optimizer, of `createOptimizer`: with `fast`, a run that goes on needs the velocities it holds. Default: a new one.
   */
  optimizer?: tf.SGDOptimizer;
  /** Batches between tests on a random sample. Default 0: never. */
  testEvery?: number;
  /** Images in that sample. Default 1000. */
  testSize?: number;
  /** Aborting it ends the training after the current batch: the generator throws the signal's reason. */
  signal?: AbortSignal;
}

const optionNames: readonly (keyof TrainingOptions)[] = [
  'epochs',
  'batches',
  'start',
  'batchSize',
  'recipe',
  'learningRate',
  'optimizer',
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

/** The loss is no longer a finite number: training has failed, and going on doesn't help. */
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
 * One step down the gradient.
 *
 * @returns the loss before the step. The caller disposes of it, and of the batch.
 */
export function trainStep(
  network: Network,
  optimizer: tf.Optimizer,
  {xs, labels}: Batch,
): tf.Scalar {
  if (tf.backend() instanceof SimdBackend && xs.shape[0] > PIECE) {
    return stepInPieces(network, optimizer, {xs, labels});
  }
  const loss = () => softmaxCrossEntropy(labels, network.forward(xs));
  return optimizer.minimize(loss, true, network.variables)!;
}

/** The most images that a processor takes at once: the activations of more fall out of its caches, which costs up to a quarter. */
const PIECE = 256;

/**
 * The same, piece by piece. The loss is the sum of the pieces' losses, each times its share of the images, and so is each gradient.
 * A loss is linear in its labels: they are multiplied by the share.
 */
function stepInPieces(network: Network, optimizer: tf.Optimizer, {xs, labels}: Batch): tf.Scalar {
  return tf.tidy(() => {
    const [B] = xs.shape;
    let sum: tf.Scalar = tf.scalar(0);
    const sums: tf.NamedTensorMap = {};
    for (let first = 0; first < B; first += PIECE) {
      const images = Math.min(PIECE, B - first);
      const piece = (x: tf.Tensor2D) => tf.slice2d(x, [first, 0], [images, x.shape[1]]);
      const [x, share] = [piece(xs), tf.mul<tf.Tensor2D>(piece(labels), images / B)];
      const loss = () => softmaxCrossEntropy(share, network.forward(x));
      const {value, grads} = tf.variableGrads(loss, network.variables);
      sum = tf.add(sum, value);
      for (const name in grads)
        sums[name] = first === 0 ? grads[name] : tf.add(sums[name], grads[name]);
    }
    optimizer.applyGradients(sums);
    return sum;
  });
}

/**
 * Trains the network in place. On WebGL it keeps the weights of every tenth batch, and of the last one before each test, outside
 * of the GPU.
 *
 * @throws Error for sizes that aren't whole numbers of at least 1, or larger than the data; a learning rate that isn't
 *     positive; an optimizer of another recipe
 * @throws DivergenceError at the first loss that isn't finite
 * @throws ContextLostError within one step of WebGL losing its context; the network is back at the weights that were kept last
 * @throws the signal's reason, once it is aborted
 */
export async function* train(
  network: Network,
  data: MnistData,
  options: TrainingOptions = {},
): AsyncGenerator<TrainingProgress> {
  const plan = planOf(network, data, options);
  const optimizer = options.optimizer ?? (await createOptimizer(plan.recipe, network));
  try {
    const kept = new KeptWeights([...network.variables, ...(await velocitiesOf(optimizer))]);
    yield* withRescue(kept, plan, trainingLoop(network, data, optimizer, plan));
  } finally {
    if (!options.optimizer) optimizer.dispose();
  }
}

type Plan = ReturnType<typeof planOf>;

/** The loop itself. It also yields undefined, after each portion of a test on all images: a point for a pause. */
async function* trainingLoop(
  network: Network,
  data: MnistData,
  optimizer: tf.SGDOptimizer,
  plan: Plan,
): AsyncGenerator<TrainingProgress | undefined> {
  const {start, total, batchSize, batchesPerEpoch, recipe, learningRate} = plan;
  for (let batch = start + 1; batch <= total; batch++) {
    const began = performance.now();
    const next = data.nextTrainBatch(batchSize);
    const images = next.xs.shape[0];
    // The last batch of an epoch may be short. Its step is shorter in proportion, so that every image weighs the same:
    // a full step on a few hard images can cost percents of accuracy just before the epoch's test.
    optimizer.setLearningRate((rateAt(recipe, learningRate, batch, total) * images) / batchSize);
    const loss = await stepAndDispose(network, optimizer, next);
    const ms = performance.now() - began;
    if (!Number.isFinite(loss)) {
      const advice = `try a learning rate smaller than ${learningRate}`;
      const message = `The loss became ${loss} at batch ${batch} of ${total}: ${advice}.`;
      throw new DivergenceError(message, batch, loss, learningRate);
    }
    const epoch = Math.ceil(batch / batchesPerEpoch);
    yield {kind: 'batch', batch, batches: total, epoch, images, loss, ms};
    if (plan.testsSample(batch)) {
      yield {kind: 'test', batch, evaluation: await evaluateSample(network, data, plan.testSize)};
    }
    if (plan.testsAll(batch)) {
      yield {kind: 'epoch', batch, epoch, evaluation: yield* evaluateInPortions(network, data)};
    }
  }
}

async function stepAndDispose(network: Network, optimizer: tf.Optimizer, batch: Batch) {
  try {
    const cost = trainStep(network, optimizer, batch);
    const [loss] = await cost.data();
    cost.dispose();
    return loss;
  } finally {
    tf.dispose([batch.xs, batch.labels]);
  }
}

/**
 * Batches between two copies of the weights, and so the most that a lost WebGL context can cost. In SwiftShader a copy takes
 * 6 ms and 6 draw calls, a step of the tutorial's network 60 ms and 39.
 */
const KEEP_EVERY = 10;

/**
 * Passes the loop's events on. Between them it keeps the weights, lets the event loop run, and throws if WebGL has lost its
 * context or the signal is aborted. No result of a lost context is passed on.
 */
async function* withRescue(
  kept: KeptWeights,
  {start, total, testsSample, testsAll, signal}: Plan,
  events: AsyncGenerator<TrainingProgress | undefined>,
): AsyncGenerator<TrainingProgress> {
  await kept.keep('before the first batch', start);
  let now = `at batch ${start + 1} of ${total}`;
  try {
    for (;;) {
      const {value: event, done} = await kept.during(now, () => events.next());
      if (done) return;
      if (!event) {
        await kept.during(now, () => pause(signal));
        continue;
      }
      const {kind, batch} = event;
      const after = `after batch ${batch} of ${total}`;
      const testFollows =
        (kind === 'batch' && testsSample(batch)) || (kind !== 'epoch' && testsAll(batch));
      now = testFollows ? `in a test ${after}` : `at batch ${batch + 1} of ${total}`;
      if (kind === 'batch' && (testFollows || batch % KEEP_EVERY === 0)) {
        await kept.keep(after, batch);
      }
      yield event;
      if (kind === 'epoch' && batch === total) return; // a loss of the context no longer matters
      if (kind === 'batch') await kept.during(after, () => pause(signal));
    }
  } finally {
    await events.return(undefined);
  }
}

/** Checks the options, fills in their defaults, and works out the length of the training and its tests. */
function planOf(network: Network, data: MnistData, options: TrainingOptions) {
  checkOptions('train', options, optionNames);
  const {epochs = 1, batches, start = 0, batchSize = 64, recipe = 'sgd'} = options;
  const {testEvery = 0, testSize = 1000, signal} = options;
  checkSize('batchSize', batchSize, data.trainSize);
  checkSize('epochs', epochs);
  if (batches !== undefined) checkSize('batches', batches);
  if (testEvery !== 0) {
    checkSize('testEvery', testEvery);
    checkSize('testSize', testSize, data.testSize);
  }
  checkRecipe('train', recipe);
  if (options.optimizer) checkOptimizer('train', options.optimizer, recipe);
  const batchesPerEpoch = Math.ceil(data.trainSize / batchSize);
  const total = batches ?? epochs * batchesPerEpoch;
  const {learningRate = defaultRate(network.preset, recipe, total / batchesPerEpoch)} = options;
  if (!(learningRate > 0)) fail('train', 'a learningRate above 0', String(learningRate));
  if (!(Number.isInteger(start) && start >= 0 && start < total)) {
    fail('train', `start to be a whole number from 0 to ${total - 1}`, String(start));
  }
  const testsSample = (batch: number) => testEvery > 0 && batch % testEvery === 0;
  const testsAll = (batch: number) => batch % batchesPerEpoch === 0 || batch === total;
  const sizes = {start, total, batchSize, batchesPerEpoch, testSize};
  return {...sizes, recipe, learningRate, testsSample, testsAll, signal};
}

function checkSize(name: string, size: number, most = Number.POSITIVE_INFINITY): void {
  if (Number.isInteger(size) && size >= 1 && size <= most) return;
  const range = most < Number.POSITIVE_INFINITY ? `from 1 to ${most}` : 'of at least 1';
  fail('train', `${name} to be a whole number ${range}`, String(size));
}
