import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {expectClose, expectSame, expectValues, valuesOf} from '../../bench/cases/compare.ts';
import {layersModel} from '../../bench/cases/layers_contender.ts';
import {
  createNetwork,
  createOptimizer,
  DivergenceError,
  evaluate,
  type Network,
  type Preset,
  presets,
  softmaxCrossEntropy,
  type TrainingOptions,
  type TrainingProgress,
  train,
  trainStep,
} from '../../src/index.ts';
import {rateAt} from '../../src/recipe.ts';
import {type Backend, backends} from '../backends.ts';
import {errorOf, messageOf} from '../errors.ts';
import {loadMnist} from '../mnist.ts';
import {syntheticData} from '../synthetic.ts';

/** Bound for ten steps of two implementations or backends: src/README.md, "Decisions at the corners". */
const TEN_STEPS = {atol: 0, rtol: 1e-4};
/** Weights can be near 0, where a relative bound alone is too strict. */
const TEN_STEPS_WEIGHTS = {atol: 1e-5, rtol: 1e-4};

async function collect(
  network: Network,
  data = syntheticData(),
  options: TrainingOptions = {},
  events: TrainingProgress[] = [],
): Promise<TrainingProgress[]> {
  for await (const event of train(network, data, options)) events.push(event);
  return events;
}

const lossesOf = (events: TrainingProgress[]): number[] =>
  events.flatMap(event => (event.kind === 'batch' ? [event.loss] : []));

/** Ten steps of tf.layers on stock kernels: the losses, and the weights after them. */
async function tenLayersSteps(preset: Preset, batchSize: number) {
  tf.setBackend('cpu');
  const data = await loadMnist();
  const network = createNetwork(preset, {seed: 3});
  const model = layersModel(preset);
  model.setWeights(network.variables);
  const losses: number[] = [];
  for (let step = 0; step < 10; step++) {
    const {xs, labels} = data.nextTrainBatch(batchSize);
    losses.push((await model.trainOnBatch(tf.reshape(xs, [-1, 28, 28, 1]), labels)) as number);
  }
  return {losses, weights: model.getWeights().map(valuesOf)};
}

for (const [preset, batchSize] of [
  ['tutorial', 16],
  ['mnist-core', 8],
] as [Preset, number][]) {
  let expected: ReturnType<typeof tenLayersSteps> | undefined;
  for (const backend of backends) {
    test(`${preset}: ten SGD steps are those of tf.layers, ${backend}`, async () => {
      expected ??= tenLayersSteps(preset, batchSize);
      const {losses, weights} = await expected;
      tf.setBackend(backend);
      const data = await loadMnist();
      const network = createNetwork(preset, {seed: 3});
      const optimizer = tf.train.sgd(presets[preset].learningRate);
      losses.forEach((loss, step) => {
        const batch = data.nextTrainBatch(batchSize);
        const found = trainStep(network, optimizer, batch);
        expectValues(`loss of step ${step}`, found, [], [loss], TEN_STEPS);
        tf.dispose([batch.xs, batch.labels, found]);
      });
      network.variables.forEach((variable, i) => {
        const what = `variable ${i} after ten steps`;
        expectClose(what, valuesOf(variable), weights[i], TEN_STEPS_WEIGHTS);
      });
      network.dispose();
    });
  }
}

for (const backend of backends) {
  test(`training: the same seed gives the same weights bit for bit, another seed other weights, ${backend}`, async () => {
    tf.setBackend(backend);
    const weightsAfter = async (seed: number) => {
      const network = createNetwork('tutorial', {seed});
      await collect(network, syntheticData({seed}), {batches: 5, batchSize: 12});
      const weights = network.variables.map(variable => Array.from(variable.dataSync()));
      network.dispose();
      return weights;
    };
    assert.equal(await weightsAfter(5), await weightsAfter(5));
    assert.not.equal(await weightsAfter(5), await weightsAfter(6));
  });

  // On WebGL the weights too: test/browser/context.test.ts.
  if (backend !== 'webgl') {
    test(`training reads only losses and answers from the backend, ${backend}`, async () => {
      tf.setBackend(backend);
      const network = createNetwork('tutorial');
      const current = tf.backend();
      const read = current.read.bind(current);
      let reads = 0;
      current.read = dataId => {
        reads++;
        return read(dataId);
      };
      await collect(network, undefined, {batches: 20, batchSize: 5, testEvery: 10, testSize: 4});
      current.read = read;
      assert.is(reads, 20 + 3 * 2, 'a loss for each batch, labels and answers for each test');
      network.dispose();
    });
  }

  test(`training leaves no tensor behind, ${backend}`, async () => {
    tf.setBackend(backend);
    const network = createNetwork('tutorial');
    const data = syntheticData();
    const before = tf.memory().numTensors;
    const batches = stepsWithoutALeak[backend] ?? 20;
    const tests = {testEvery: 10, testSize: 5};
    await collect(network, data, {...tests, batches, batchSize: 4, learningRate: 0.01});
    assert.is(tf.memory().numTensors, before);
    network.dispose();
  });
}

/** Steps on the fast backends. The others take 20, which also show a leak. */
const stepsWithoutALeak: Partial<Record<Backend, number>> = {cpu: 1000, simd: 1000};

/** Runs `work` with a network on cpu, and checks that it leaves no tensor behind. */
async function withoutALeak(work: (network: Network) => Promise<void>): Promise<void> {
  tf.setBackend('cpu');
  const network = createNetwork('tutorial');
  const before = tf.memory().numTensors;
  await work(network);
  assert.is(tf.memory().numTensors, before);
  network.dispose();
}

test('training learns: the loss falls and most images are recognised', () =>
  withoutALeak(async network => {
    const data = syntheticData({train: 200});
    const chance = await evaluate(network, data);
    const events = await collect(network, data, {epochs: 3, batchSize: 10});
    const losses = lossesOf(events);
    const [first, last] = [losses[0], losses[losses.length - 1]];
    assert.ok(last < first / 2, `loss ${first} to ${last}`);
    const [before, after] = [chance.correct, (await evaluate(network, data)).correct];
    assert.ok(after > 50 && before < 25, `${before} to ${after} of 60`);
  }));

test('train reports every batch, tests on samples, and tests on all images at each epoch’s end', () =>
  withoutALeak(async network => {
    const data = syntheticData({train: 50, test: 30});
    const options = {epochs: 2, batchSize: 20, testEvery: 2, testSize: 7};
    const events = await collect(network, data, options);
    const seen = events.map(event =>
      event.kind === 'batch'
        ? `${event.batch}/${event.batches} of epoch ${event.epoch}: ${event.images} images`
        : `${event.kind} after ${event.batch}: ${event.evaluation.total}`,
    );
    assert.equal(seen, [
      '1/6 of epoch 1: 20 images',
      '2/6 of epoch 1: 20 images',
      'test after 2: 7',
      '3/6 of epoch 1: 10 images',
      'epoch after 3: 30',
      '4/6 of epoch 2: 20 images',
      'test after 4: 7',
      '5/6 of epoch 2: 20 images',
      '6/6 of epoch 2: 10 images',
      'test after 6: 7',
      'epoch after 6: 30',
    ]);
    for (const event of events) if (event.kind === 'batch') assert.ok(event.ms > 0);
  }));

test('training: a last batch of half the size takes a step at half the learning rate', async () => {
  tf.setBackend('cpu');
  // Batches of 10 and 5 images equal a step at the full rate and a step at half of it.
  const network = createNetwork('tutorial', {seed: 2});
  await collect(network, syntheticData({train: 15}), {batchSize: 10, learningRate: 0.1});
  const expected = createNetwork('tutorial', {seed: 2});
  const data = syntheticData({train: 15});
  for (const learningRate of [0.1, 0.05]) {
    trainStep(expected, tf.train.sgd(learningRate), data.nextTrainBatch(10));
  }
  expectSameWeights(network, expected);
});

test('train for a number of batches tests all images after the last batch', () =>
  withoutALeak(async network => {
    const events = await collect(network, syntheticData(), {batches: 2, batchSize: 8});
    const kinds = events.map(({kind}) => kind);
    assert.equal(kinds, ['batch', 'batch', 'epoch']);
  }));

test('training in two parts gives the same losses, tests, numbering and weights as in one', async () => {
  tf.setBackend('cpu');
  const options = {batchSize: 8, testEvery: 3, testSize: 20, epochs: 2};
  const files = () => syntheticData({train: 44}); // six batches an epoch, the last one short
  const whole = createNetwork('tutorial');
  const expected = (await collect(whole, files(), options)).map(withoutTime);

  const parted = createNetwork('tutorial');
  const events: TrainingProgress[] = [];
  for await (const event of train(parted, files(), options)) {
    events.push(event);
    if (event.kind === 'test' && event.batch === 3) break;
  }
  const data = files();
  data.skipTrainBatches(3, 8);
  tf.dispose(Object.values(data.nextTestBatch(20)));
  events.push(...(await collect(parted, data, {...options, start: 3})));
  assert.equal(events.map(withoutTime), expected);
  expectSameWeights(parted, whole);
});

test('recipe fast: the rate rises in a straight line for a fifth of the run, and falls to its end', () => {
  const rates = Array.from({length: 10}, (_, i) => rateAt('fast', 2, i + 1, 10));
  const expected = [0.5, 1.5, 1.875, 1.625, 1.375, 1.125, 0.875, 0.625, 0.375, 0.125];
  assert.equal(
    rates.map(rate => Number(rate.toFixed(12))),
    expected,
  );
  assert.is(rateAt('sgd', 2, 7, 10), 2);
});

test('recipe fast: steps are those of momentum, worked out number by number, the short last batch too', async () => {
  tf.setBackend('cpu');
  const options = {recipe: 'fast', learningRate: 0.1, batchSize: 10, epochs: 2} as const;
  const network = createNetwork('tutorial', {seed: 2});
  await collect(network, syntheticData({train: 25}), options); // 10, 10 and 5 images an epoch
  const expected = createNetwork('tutorial', {seed: 2});
  const data = syntheticData({train: 25});
  const velocities = expected.variables.map(({size}) => new Float64Array(size));
  for (let batch = 1; batch <= 6; batch++) {
    const {xs, labels} = data.nextTrainBatch(10);
    const loss = () => softmaxCrossEntropy(labels, expected.forward(xs));
    const {grads} = tf.variableGrads(loss, expected.variables);
    const rate = (rateAt('fast', 0.1, batch, 6) * xs.shape[0]) / 10;
    for (const [i, variable] of expected.variables.entries()) {
      const gradient = grads[variable.name].dataSync();
      velocities[i].forEach((v, j) => {
        velocities[i][j] = 0.9 * v + gradient[j];
      });
      const weights = variable.dataSync().map((w, j) => w - rate * velocities[i][j]);
      variable.assign(tf.tensor(weights, variable.shape));
    }
  }
  network.variables.forEach((variable, i) => {
    const what = `variable ${i} after six steps`;
    expectClose(what, valuesOf(variable), valuesOf(expected.variables[i]), TEN_STEPS_WEIGHTS);
  });
  for (const each of [network, expected]) each.dispose();
});

for (const backend of backends) {
  test(`recipe fast: in two parts with one optimizer the weights are those of one, bit for bit, and nothing is left behind, ${backend}`, async () => {
    tf.setBackend(backend);
    const options = {recipe: 'fast', batchSize: 8, batches: 7} as const;
    const [before, data] = [tf.memory().numTensors, syntheticData({train: 44})];
    const whole = createNetwork('tutorial');
    await collect(whole, syntheticData({train: 44}), options);
    const parted = createNetwork('tutorial');
    const optimizer = await createOptimizer('fast', parted);
    for await (const event of train(parted, data, {...options, optimizer})) {
      if (event.batch === 3) break;
    }
    await collect(parted, data, {...options, optimizer, start: 3});
    expectSameWeights(parted, whole);
    optimizer.dispose();
    assert.is(tf.memory().numTensors, before);
  });
}

test('recipe fast: the default rate is 0.1 for one epoch, and 0.08 for more', async () => {
  tf.setBackend('cpu');
  const weightsAfter = async (options: TrainingOptions) => {
    const network = createNetwork('mnist-core');
    await collect(network, syntheticData({train: 20}), {recipe: 'fast', batchSize: 10, ...options});
    const weights = network.variables.map(variable => Array.from(variable.dataSync()));
    network.dispose();
    return weights;
  };
  for (const [length, learningRate] of [
    [{}, 0.1],
    [{batches: 2}, 0.1],
    [{epochs: 2}, 0.08],
    [{batches: 3}, 0.08],
  ] as const) {
    assert.equal(await weightsAfter(length), await weightsAfter({...length, learningRate}));
  }
});

/** Compares the weights of two networks, and disposes of both. */
function expectSameWeights(actual: Network, expected: Network): void {
  actual.variables.forEach((variable, i) => {
    expectSame(`variable ${i}`, variable, expected.variables[i]);
  });
  actual.dispose();
  expected.dispose();
}

const withoutTime = (event: TrainingProgress) =>
  event.kind === 'batch' ? {...event, ms: 0} : event;

test('train’s defaults: one epoch in batches of 64, samples of 1000, the network’s learning rate', async () => {
  tf.setBackend('cpu');
  const trained = async (options: TrainingOptions) => {
    const network = createNetwork('mnist-core');
    const data = syntheticData({train: 70, test: 1003});
    const events = await collect(network, data, {testEvery: 2, ...options});
    network.dispose();
    return {
      losses: lossesOf(events), // the second one tells the learning rate
      images: events.map(event => (event.kind === 'batch' ? event.images : event.evaluation.total)),
    };
  };
  const byDefault = await trained({});
  assert.equal(byDefault.images, [64, 6, 1000, 1003]);
  assert.equal(byDefault, await trained({learningRate: presets['mnist-core'].learningRate}));
});

test('training reports the loss of each batch before its step, and tests on another sample each time', () =>
  withoutALeak(async network => {
    const {xs, labels} = syntheticData().nextTrainBatch(20);
    const loss = tf.tidy(() => softmaxCrossEntropy(labels, network.forward(xs)).dataSync()[0]);
    const options = {batches: 2, batchSize: 20, testEvery: 1, testSize: 7};
    const events = await collect(network, syntheticData(), options);
    assert.is(lossesOf(events)[0], loss);
    const perLabel = events.flatMap(event =>
      event.kind === 'test'
        ? [Array.from({length: 10}, (_, label) => total(event.evaluation.confusion, label))]
        : [],
    );
    assert.is(perLabel.length, 2);
    assert.not.equal(perLabel[0], perLabel[1]);
    tf.dispose([xs, labels]);
  }));

const total = (confusion: Int32Array, label: number): number =>
  confusion.subarray(10 * label, 10 * label + 10).reduce((sum, n) => sum + n, 0);

/** Runs `work` before the next pause() of src/pause.ts ends. */
function nextTask(work: () => void): void {
  if (typeof setImmediate === 'function') return void setImmediate(work);
  const {port1, port2} = new MessageChannel();
  port1.onmessage = work;
  port2.postMessage(0);
}

test('evaluate and train let other work run during a test, and stop when aborted', () =>
  withoutALeak(async network => {
    const data = syntheticData({train: 4, test: 1003});
    const reason = new Error('enough');
    let controller = new AbortController();
    let portions = 0;
    const testBatch = data.testBatch.bind(data);
    data.testBatch = (start, end) => {
      if (portions++ === 0) nextTask(() => controller.abort(reason));
      return testBatch(start, end);
    };
    for (const work of [
      () => evaluate(network, data, controller.signal),
      () => collect(network, data, {batchSize: 4, signal: controller.signal}),
    ]) {
      controller = new AbortController();
      portions = 0;
      assert.is(await errorOf(work()), reason);
      assert.is(portions, 1);
    }
  }));

test('evaluate counts every test image under its label and the answer for it', async () => {
  tf.setBackend('cpu');
  // evaluate takes the images in portions; here the last one is short.
  const data = syntheticData({train: 1, test: 1003});
  const network = createNetwork('tutorial');
  const {correct, total, confusion, predictions} = await evaluate(network, data);
  const expected = new Int32Array(100);
  const answers = new Uint8Array(1003);
  for (let i = 0; i < 1003; i++) {
    const {xs, labels} = data.testBatch(i, i + 1);
    const logits = network.forward(xs);
    const values = Array.from(logits.dataSync());
    answers[i] = values.indexOf(Math.max(...values));
    expected[data.testLabels[i] * 10 + answers[i]]++;
    tf.dispose([xs, labels, logits]);
  }
  assert.equal(confusion, expected);
  assert.equal(predictions, answers);
  assert.is(total, 1003);
  const diagonal = expected.filter((_, i) => i % 11 === 0);
  assert.is(
    correct,
    diagonal.reduce((sum, n) => sum + n, 0),
  );
  network.dispose();
});

test('training ends when the loss is not finite, and names the batch', () =>
  withoutALeak(async network => {
    const options = {batches: 9, batchSize: 10, learningRate: 1e38};
    const error = await errorOf(collect(network, syntheticData(), options));
    assert.instance(error, DivergenceError);
    assert.match(
      error.message,
      /^The loss became (NaN|Infinity) at batch [2-9] of 9: try a learning rate smaller than 1e\+38\.$/,
    );
  }));

test('training ends when the loss of the first batch is infinite', () =>
  withoutALeak(async network => {
    // 6e38 nats for every image that isn't a 0: more than float32 holds.
    const logits = tf.tensor2d([3e38, ...new Array(9).fill(-3e38)], [1, 10]);
    const forward = (xs: tf.Tensor2D) =>
      tf.add<tf.Tensor2D>(tf.mul(network.forward(xs), 0), logits);
    const options = {batches: 2, batchSize: 10};
    const error = await errorOf(collect({...network, forward}, syntheticData(), options));
    assert.instance(error, DivergenceError);
    assert.match(error.message, /^The loss became Infinity at batch 1 of 2: /);
    logits.dispose();
  }));

test('train lets other work run between batches, and stops when aborted', () =>
  withoutALeak(async network => {
    const data = syntheticData({train: 2000}); // an epoch has 500 batches, so no evaluation comes before its end
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 50); // runs only if training yields to the event loop
    const options = {batches: 100_000, batchSize: 4, signal: controller.signal};
    const events: TrainingProgress[] = [];
    assert.is(await errorOf(collect(network, data, options, events)), reason);
    assert.ok(events.length > 0 && events.length < 500, `${events.length} batches`);
  }));

test('training: a forward pass that throws leaves no tensor behind', () =>
  withoutALeak(async network => {
    const forward = () => {
      throw new Error('broken');
    };
    const training = collect({...network, forward}, syntheticData(), {batches: 1});
    assert.is(await messageOf(training), 'broken');
  }));

test('leaving the training loop early leaves no tensor behind', () =>
  withoutALeak(async network => {
    for await (const event of train(network, syntheticData(), {batches: 50, batchSize: 4})) {
      if (event.kind === 'batch' && event.batch === 3) break;
    }
  }));

// biome-ignore format: a case on each line
const refusals: [TrainingOptions, message: string][] = [
  [{batchSize: 0}, 'batchSize to be a whole number from 1 to 100, got 0'],
  [{batchSize: 101}, 'batchSize to be a whole number from 1 to 100, got 101'],
  [{epochs: Number.NaN}, 'epochs to be a whole number of at least 1, got NaN'],
  [{batches: 1.5}, 'batches to be a whole number of at least 1, got 1.5'],
  [{testEvery: -1}, 'testEvery to be a whole number of at least 1, got -1'],
  [{testEvery: 5}, 'testSize to be a whole number from 1 to 60, got 1000'],
  [{recipe: 'slow' as 'fast'}, 'a recipe of sgd, fast, got slow'],
  [{learningRate: 0}, 'a learningRate above 0, got 0'],
  [{learningRate: Number.NaN}, 'a learningRate above 0, got NaN'],
  [{batches: 5, start: 5}, 'start to be a whole number from 0 to 4, got 5'],
  [{batches: 5, start: -1}, 'start to be a whole number from 0 to 4, got -1'],
];
test('train refuses options that make no sense, before the first batch', () =>
  withoutALeak(async network => {
    const data = syntheticData({train: 100, test: 60});
    for (const [options, message] of refusals) {
      assert.is(await messageOf(collect(network, data, options)), `train: expected ${message}`);
    }
  }));

test('createOptimizer refuses an unknown recipe, and velocities that do not fit', () =>
  withoutALeak(async network => {
    const fitting = () => network.variables.map(({size}) => new Float32Array(size));
    const short = fitting();
    short[1] = new Float32Array(3);
    const holed = fitting();
    delete holed[2];
    for (const [recipe, velocities, message] of [
      ['fats', undefined, 'a recipe of sgd, fast, got fats'],
      [undefined, undefined, 'a recipe of sgd, fast, got undefined'],
      ['fast', fitting().slice(5), '6 velocities with fast, got 1'],
      ['fast', [...fitting(), new Float32Array(1)], '6 velocities with fast, got 7'],
      ['fast', short, 'velocities[1] to have 8 numbers, got 3'],
      ['fast', holed, 'velocities[2] to have 3200 numbers, got undefined'],
      ['sgd', fitting(), '0 velocities with sgd, got 6'],
    ] as const) {
      const work = createOptimizer(recipe as 'fast', network, velocities);
      assert.is(await messageOf(work), `createOptimizer: expected ${message}`);
    }
    for (const velocities of [undefined, [], fitting()]) {
      (await createOptimizer('fast', network, velocities)).dispose();
    }
    (await createOptimizer('sgd', network, [])).dispose();
  }));

test('train refuses an optimizer of another recipe', () =>
  withoutALeak(async network => {
    const [sgd, momentum] = [tf.train.sgd(0.1), await createOptimizer('fast', network)];
    const adam = tf.train.adam(0.1);
    for (const [recipe, optimizer, message] of [
      ['fast', sgd, 'Momentum with the recipe fast, got SGD'],
      ['sgd', momentum, 'SGD with the recipe sgd, got Momentum'],
      [undefined, momentum, 'SGD with the recipe sgd, got Momentum'],
      ['sgd', adam, 'SGD with the recipe sgd, got Adam'],
      ['sgd', 'adam', 'SGD with the recipe sgd, got "adam"'],
    ] as const) {
      const training = collect(network, syntheticData(), {recipe, optimizer: optimizer as never});
      assert.is(await messageOf(training), `train: expected an optimizer of the kind ${message}`);
    }
    for (const each of [sgd, momentum, adam]) each.dispose();
  }));

test.run();
