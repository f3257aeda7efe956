// One step in slow motion, changes of weights by hand, and the film of the filters, without a page.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {defaults, type Settings} from '../../src/page/settings.ts';
import {FILM_EVERY, Film} from '../../src/page/time/film.ts';
import {weightShapes} from '../../src/presets.ts';
import {beginTrainer, endTrainers} from '../trainers.ts';

const settings: Settings = {...defaults(), batchSize: 20, batches: 12, learningRate: 0.05};
const begin = (given: Partial<Settings> = {}) => beginTrainer({...settings, ...given});
type Talk = Awaited<ReturnType<typeof begin>>;

const weightsOf = async ({trainer}: Talk) => (await trainer.answers.save()).weights;
const takeStep = ({until, trainer}: Talk) => until('paused', () => trainer.train(12, true));

async function wholeRun(given: Partial<Settings>) {
  const talk = await begin(given);
  await talk.train(12);
  return {losses: talk.losses(), weights: await weightsOf(talk)};
}

for (const backend of ['simd', 'cpu'] as const) {
  for (const [preset, recipe] of [
    ['tutorial', 'sgd'],
    ['mnist-core', 'sgd'],
    ['tutorial', 'fast'],
  ] as const) {
    test(`slow motion: a whole step and back is training one batch and not, ${preset}, ${recipe}, ${backend}`, async () => {
      const expected = await wholeRun({backend, preset, recipe});
      const talk = await begin({backend, preset, recipe});
      const {trainer, train, until, losses} = talk;
      await takeStep(talk);
      await takeStep(talk);
      const {weights: before, velocities} = await trainer.answers.save();
      const tensors = tf.memory().numTensors;
      const step = (await trainer.slowStep())!;
      assert.is(tf.memory().numTensors, tensors);
      assert.equal(await weightsOf(talk), before, 'nothing is trained yet');
      assert.is(step.batch, 3);
      const names = Object.keys(weightShapes[preset]);
      assert.equal(
        names.map(name => step.look.values[name]),
        before,
      );

      await takeStep(talk);
      assert.is(losses().at(-1), step.loss, 'the loss of the same batch');
      const after = await weightsOf(talk);
      for (const [w, name] of names.entries()) {
        for (const [i, value] of after[w].entries()) {
          const expected =
            before[w][i] -
            step.learningRate * (0.9 * (velocities[w]?.[i] ?? 0) + step.gradients[name][i]);
          assert.ok(Math.abs(value - expected) <= 1e-7, `${name}: ${value}, not ${expected}`);
        }
      }
      await until('paused', () => trainer.returnTo({batch: 2, weights: before, velocities}));
      assert.is(trainer.run!.batch, 2);
      assert.equal(await weightsOf(talk), before);
      await takeStep(talk);
      assert.equal(await weightsOf(talk), after, 'forward again');
      await train(12);
      assert.equal([...losses().slice(0, 3), ...losses().slice(4)], expected.losses);
      assert.equal(await weightsOf(talk), expected.weights);
      assert.is(tf.memory().numTensors, tensors);
    });
  }
}

test('slow motion: the stops name the ops in order, their files, shapes and bytes', async () => {
  const {trainer} = await begin();
  const {stops, images, pixels, labels, look} = (await trainer.slowStep())!;
  const f = (shape: number[]) => `[${shape}]`;
  const lines = stops.map(({station, direction, file, input, outputs, bytes}) =>
    [
      station,
      direction,
      file.replace(/^src\/(ops\/)?/, ''),
      f(input),
      outputs.map(f).join(' '),
      bytes,
    ].join(' '),
  );
  assert.equal(
    lines,
    [
      'image forward data/mnist_data.ts [] [20,28,28,1] 62720',
      'conv1 forward conv2d.ts [20,28,28,1] [20,24,24,8] 368640',
      'pool1 forward max_pool.ts [20,24,24,8] [20,12,12,8] 92160',
      'relu1 forward relu.ts [20,12,12,8] [20,12,12,8] 92160',
      'conv2 forward conv2d.ts [20,12,12,8] [20,8,8,16] 81920',
      'pool2 forward max_pool.ts [20,8,8,16] [20,4,4,16] 20480',
      'relu2 forward relu.ts [20,256] [20,256] 20480',
      'dense forward dense.ts [20,256] [20,10] 800',
      'loss forward softmax_cross_entropy.ts [20,10] [] 4',
      'loss backward softmax_cross_entropy.ts [] [20,10] 800',
      'dense backward dense.ts [20,10] [20,256] [256,10] [10] 30760',
      'relu2 backward relu.ts [20,256] [20,256] 20480',
      'pool2 backward max_pool.ts [20,4,4,16] [20,8,8,16] 81920',
      'conv2 backward conv2d.ts [20,8,8,16] [20,12,12,8] [5,5,8,16] [16] 105024',
      'relu1 backward relu.ts [20,12,12,8] [20,12,12,8] 92160',
      'pool1 backward max_pool.ts [20,12,12,8] [20,24,24,8] 368640',
      'conv1 backward conv2d.ts [20,24,24,8] [5,5,1,8] [8] 832',
      'update update training.ts [] [5,5,1,8] [8] [5,5,8,16] [16] [256,10] [10] 23976',
    ].map(line => line.replace('update update', ' update')),
  );
  const timed = stops.filter(({ms}) => ms > 0);
  assert.is(timed.length, stops.length - 2, 'all but the batch and the update run kernels of ours');
  assert.equal([images, labels.length, pixels.length], [20, 20, 20 * 784]);
  assert.equal(look.image, pixels.slice(0, 784));
  assert.is(look.label, labels[0]);
});

test('slow motion: the first image is the first of the batch that is trained', async () => {
  const {trainer} = await begin();
  const {pixels, labels} = (await trainer.slowStep())!;
  const batch = trainer.run!.data!.nextTrainBatch(20);
  assert.equal(
    Array.from(pixels, x => Math.fround(x / 255)),
    Array.from(batch.xs.dataSync()),
  );
  assert.equal(
    Array.from(labels),
    Array.from(tf.tidy(() => tf.argMax(batch.labels, 1).dataSync())),
  );
  tf.dispose([batch.xs, batch.labels]);
});

test('slow motion: it pauses training, and the short batch at an epoch’s end has a shorter step', async () => {
  const {trainer, until} = await begin({batchSize: 300, batches: 100});
  await until('training', () => trainer.train(100));
  const step = (await trainer.slowStep())!;
  assert.is(trainer.phase, 'paused');
  assert.is(step.batch, trainer.run!.batch + 1);
  if (step.batch % 2 === 1) await until('paused', () => trainer.train(100, true));
  const short = (await trainer.slowStep())!;
  assert.equal([short.images, short.learningRate], [100, (0.05 * 100) / 300]);
});

for (const backend of ['simd', 'cpu'] as const) {
  test(`edits: each is undone bit for bit, and training goes on from what is there, ${backend}`, async () => {
    const expected = await wholeRun({backend});
    const talk = await begin({backend});
    const {trainer, until, train, heard, losses} = talk;
    await takeStep(talk);
    const first = await weightsOf(talk);
    const tensors = tf.memory().numTensors;
    const loss = async () =>
      (await trainer.answers.look(new Uint8Array(784).fill(99), 3))!.values.loss[0];
    const before = await loss();

    const filter = first[0].slice();
    filter[7] += 5;
    await until('paused', () => trainer.edit({'conv1.filter': filter.slice()}));
    const second = await weightsOf(talk);
    assert.equal(second, [filter, ...first.slice(1)]);
    assert.is.not(await loss(), before);
    const bias = new Float32Array(10).fill(1);
    await until('paused', () => trainer.edit({'dense.bias': bias}));
    assert.equal((await weightsOf(talk))[5], bias);

    await until('paused', () => trainer.undo());
    assert.equal(await weightsOf(talk), second);
    await until('paused', () => trainer.undo());
    assert.equal(await weightsOf(talk), first);
    assert.is(await loss(), before);
    await until('paused', () => trainer.undo()); // there is none
    assert.is(tf.memory().numTensors, tensors);
    await train(12);
    assert.equal(losses(), expected.losses);
    const said = heard('edits').map(({undoable, isEdited}) => `${undoable} ${isEdited}`);
    assert.equal(said.slice(1, -1), ['1 true', '2 true', '1 true', '0 false', '0 false']);
  });
}

test('edits: training clears the list, and the run stays an edited one until a reset', async () => {
  const talk = await begin();
  const {trainer, until, heard, reset} = talk;
  const last = () => {
    const {undoable, isEdited} = heard('edits').at(-1)!;
    return [undoable, isEdited];
  };
  const bias = new Float32Array(10).fill(1);
  await until('ready', () => trainer.edit({'dense.bias': bias}));
  assert.equal(last(), [1, true]);
  await takeStep(talk);
  assert.equal(last(), [0, true]);
  const weights = await weightsOf(talk);
  await until('paused', () => trainer.undo());
  assert.equal(await weightsOf(talk), weights);
  await until('paused', () => trainer.edit({'dense.bias': bias}));
  await until('paused', () => trainer.undo());
  assert.equal(last(), [0, true]);
  await reset(settings);
  assert.equal(trainer.run!.edited, {undoable: 0, isEdited: false});
});

test('film: the weights of batch 0 and of every tenth; a look at one of them leaves the run as it is', async () => {
  const {trainer, until, train, heard} = await begin();
  const {weights} = await trainer.answers.save();
  const image = Uint8Array.from({length: 784}, (_, i) => i % 256);
  const tensors = tf.memory().numTensors;
  await train(10);
  const early = (await trainer.answers.look(image, 4))!;
  const tenth = await trainer.answers.save();
  await until('done', () => trainer.train(25));
  const film = heard('film');
  assert.equal(
    film.map(({batch}) => batch),
    [0, 10, 20],
  );
  assert.equal([film[0].weights, film[1].weights], [weights, tenth.weights]);

  const now = (await trainer.answers.look(image, 4))!;
  const then = (await trainer.answers.look(image, 4, film[1]))!;
  assert.equal([then.batch, then.values, then.gradients], [10, early.values, early.gradients]);
  assert.not.equal(then.values, now.values);
  assert.equal((await trainer.answers.look(image, 4))!.values, now.values);
  assert.equal([tf.memory().numTensors, trainer.answers.tensors], [tensors, 0]);
});

test('film: a long run keeps at most 400 frames, evenly spaced, and forgets what it goes back behind', () => {
  const film = new Film();
  const batches = () => film.frames.map(({batch}) => batch);
  for (let batch = 0; batch <= 12_000; batch += FILM_EVERY) {
    film.add({batch, weights: [], velocities: []});
    assert.ok(film.frames.length <= 400);
  }
  assert.equal(batches().slice(0, 3), [0, 40, 80]);
  assert.is(batches().at(-1), 12_000);
  assert.is(batches().length, 301);
  film.forgetAfter(100);
  assert.equal(batches(), [0, 40, 80]);
  film.add({batch: 80, weights: [new Float32Array()], velocities: []});
  assert.equal(batches(), [0, 40, 80]);
  assert.is(film.frames[2].weights.length, 1, 'the newer of the same batch');
  film.forgetAfter(-1);
  for (const batch of [7, 10, 20]) film.add({batch, weights: [], velocities: []});
  assert.equal(batches(), [7, 10, 20], 'a file’s run begins at any batch');
});

test.after(endTrainers);
test.run();
