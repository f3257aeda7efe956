// What the page's worker does, without a page: here it is on `cpu` and `simd`, with images made here.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {defaults, type Settings} from '../../src/page/settings.ts';
import {meanOfMiddle} from '../../src/page/worker/step_split.ts';
import {beginTrainer, endTrainers} from '../trainers.ts';

const settings: Settings = {...defaults(), batchSize: 20, batches: 12, learningRate: 0.05};
const begin = (given: Partial<Settings> = {}) => beginTrainer({...settings, ...given});

/** The losses of a run of 12 batches without a pause. */
async function wholeRun(given: Partial<Settings> = {}): Promise<number[]> {
  const {train, losses} = await begin(given);
  await train(12);
  return losses();
}

for (const backend of ['simd', 'cpu'] as const) {
  test(`trainer: pausing, single batches and going on change no loss, ${backend}`, async () => {
    const expected = await wholeRun({backend});
    assert.is(expected.length, 12);
    const {trainer, until, train, losses, heard} = await begin({backend});
    for (let i = 0; i < 3; i++) await until('paused', () => trainer.train(12, true));
    await until('paused', () => {
      trainer.train(12);
      trainer.pause(); // before it has begun
    });
    assert.is(losses().length, 3);
    await train(12);
    assert.equal(losses(), expected);
    assert.is(heard('epoch').length, 1);
    await train(14);
    assert.is(losses().length, 14, 'a longer run goes on from its end');
  });
}

test('trainer: a test of all images follows the last batch, also if that is a single one', async () => {
  const {trainer, until, heard} = await begin();
  for (const phase of ['paused', 'done'] as const) await until(phase, () => trainer.train(2, true));
  assert.is(heard('epoch').length, 1);
});

test('trainer: single batches are tested at the same batches as a run', async () => {
  const {trainer, until, heard} = await begin({batches: 100});
  for (let i = 1; i <= 21; i++) await until('paused', () => trainer.train(100, true));
  const batches = heard('test').map(({batch}) => batch);
  assert.equal(batches, [20]);
});

test('trainer: a backend that does not start leaves the run where it was', async () => {
  const expected = await wholeRun();
  const {trainer, until, train, losses, news} = await begin();
  for (let i = 0; i < 2; i++) await until('paused', () => trainer.train(12, true));
  await until('failed', () => trainer.moveTo('abacus' as never));
  const last = news.at(-1)!;
  assert.ok(last.kind === 'phase' && last.why?.key === 'noBackend' && last.backend === 'simd');
  await train(12);
  assert.equal(losses(), expected);
});

test('trainer: a reset leaves no tensor of the last run behind', async () => {
  const {train, reset} = await begin();
  const tensors = tf.memory().numTensors;
  await train(2);
  await reset(settings);
  assert.is(tf.memory().numTensors, tensors);
});

test('trainer: a saved run goes on with the same losses', async () => {
  const expected = await wholeRun();
  const first = await begin();
  await first.train(7);
  const run = await first.trainer.answers.save();
  assert.is(run.batch, 7);
  const {trainer, until, train, losses} = await begin({seed: 5});
  await until('paused', () => trainer.restore({...run, settings: {...run.settings, batches: 12}}));
  await train(12);
  assert.equal(losses(), expected.slice(7));
});

test('trainer: with the recipe fast, a run that is paused, moved, saved and gone on with has the losses of an unbroken one', async () => {
  const fast: Settings = {...settings, recipe: 'fast', backend: 'cpu'};
  const whole = await beginTrainer(fast);
  const tensors = tf.memory().numTensors;
  await whole.train(12);
  assert.is(tf.memory().numTensors, tensors);
  const first = await beginTrainer(fast);
  await first.until('paused', () => first.trainer.train(12, true));
  await first.until('paused', () => first.trainer.moveTo('simd'));
  await first.until('paused', () => first.trainer.moveTo('cpu'));
  await first.until('paused', () => first.trainer.train(12, true));
  const {trainer, until, train, losses} = await beginTrainer({...fast, seed: 5});
  const run = await first.trainer.answers.save();
  await until('paused', () => trainer.restore(run));
  await train(12);
  assert.equal([...first.losses(), ...losses()], whole.losses());
});

test('trainer: with another number of threads, also in the middle, the losses are the same', async () => {
  const expected = await wholeRun();
  const {trainer, until, train, losses, heard} = await begin();
  await until('ready', () => trainer.useThreads(2));
  await until('paused', () => trainer.train(12, true));
  await until('paused', () => trainer.useThreads(3));
  await train(12);
  assert.equal(losses(), expected);
  assert.equal(
    heard('threads').map(({threads}) => threads),
    [1, 2, 3],
  );
});

test('trainer: weights from a file are tested when they are opened', async () => {
  const first = await begin();
  const run = await first.trainer.answers.save();
  const {trainer, until, heard} = await begin({seed: 5});
  await until('ready', () => trainer.restore(run));
  const totals = heard('epoch').map(({evaluation}) => evaluation.total);
  assert.equal(totals, [1000]);
});

test('trainer: weights saved while it trains are those of the batch that they name', async () => {
  const {trainer, until, losses} = await begin();
  await until('training', () => trainer.train(12));
  const run = await trainer.answers.save();
  await until('paused', () => trainer.pause());
  assert.ok(run.batch > 0 && run.batch < 12, `batch ${run.batch}`);
  const other = await begin();
  await other.until('paused', () => other.trainer.restore({...run, settings}));
  await other.train(12);
  assert.equal([...losses().slice(0, run.batch), ...other.losses()], await wholeRun());
});

test('trainer: a tensor that a step leaves behind is counted', async () => {
  const {trainer, train, heard} = await begin();
  const {network} = trainer.run!;
  const forward = network.forward.bind(network);
  const leaked: tf.Tensor[] = [];
  network.forward = xs => {
    leaked.push(tf.keep(tf.zeros([3])));
    return forward(xs);
  };
  await train(4);
  const left = heard('batch').map(({memory}) => memory.left);
  assert.equal(left, [0, 1, 2, 3]);
  tf.dispose(leaked);
});

test('trainer: questions while it trains change no loss and leave no tensor behind', async () => {
  const expected = await wholeRun();
  const {trainer, until, losses, heard} = await begin();
  const {answers} = trainer;
  const done = until('done', () => trainer.train(12));
  const [probabilities, images] = await Promise.all([
    answers.predict(new Uint8Array(2 * 784).fill(100)),
    answers.testImages([5, 3]),
  ]);
  await done;
  assert.equal(losses(), expected);
  assert.is(probabilities!.length, 20);
  assert.ok(Math.abs(probabilities!.slice(0, 10).reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
  assert.is(images!.pixels.length, 2 * 784);
  const labels = answers.testLabels()!;
  assert.equal(images!.labels, Uint8Array.of(labels[5], labels[3]));
  const left = heard('batch').map(({memory}) => memory.left);
  assert.equal(left, new Array(12).fill(0));
});

test('split of a step: it lists every kernel of ours, and no stock kernel', async () => {
  const {train, heard} = await begin();
  await train(2);
  const [{split}] = heard('split');
  const kernels = split.kernels.map(({kernel, calls}) => `${kernel} ×${calls}`);
  const convolutions = kernels.filter(name => name.startsWith('Conv2D'));
  assert.equal(convolutions, [
    'Conv2D [20,28,28,1] ×1',
    'Conv2D [20,12,12,8] ×1',
    'Conv2DInputGradient [20,8,8,16] ×1',
    'Conv2DFilterGradient [20,12,12,8] ×1',
    'Conv2DFilterGradient [20,28,28,1] ×1',
  ]);
  const stock = kernels.filter(name => /^(Add|Multiply|Reshape|Identity)/.test(name));
  assert.equal(stock, []);
  const sum = split.kernels.reduce((total, {ms}) => total + ms, 0);
  assert.ok(sum > 0 && sum <= split.whole, `${sum} of ${split.whole} ms`);
  assert.equal([split.preset, split.batchSize, split.backend], ['tutorial', 20, 'simd']);
});

test('split of a step: parts and whole are means over the middle half of the steps', () => {
  const kernels = (ms: number) => [{kernel: 'Conv2D', ms, calls: 1}];
  const step = (whole: number, ms: number) => ({whole, kernels: kernels(ms)});
  const steps = [step(900, 800), step(10, 6), step(12, 8), step(1, 1)];
  assert.equal(meanOfMiddle(steps), step(11, 7));
});

test.after(endTrainers);
test.run();
