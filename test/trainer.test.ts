// What the page's worker does, without a page: here it is on `cpu` and `simd`, with images made here.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {News, Phase} from '../src/page/protocol.ts';
import {defaults, type Settings} from '../src/page/settings.ts';
import type {ArrivingImages} from '../src/page/worker/arriving.ts';
import {meanOfMiddle} from '../src/page/worker/step_split.ts';
import {Trainer} from '../src/page/worker/trainer.ts';
import {syntheticFiles} from './synthetic.ts';

const settings: Settings = {...defaults(), batchSize: 20, batches: 12, learningRate: 0.05};

interface Talk {
  trainer: Trainer;
  news: News[];
  /** Waits until it says so. */
  phase(wanted: Phase): Promise<void>;
  losses(): number[];
}

/** A trainer with all images there, at a run's beginning. */
async function begin(given: Partial<Settings> = {}): Promise<Talk> {
  const images = {
    arrived: 60_000,
    files: syntheticFiles({train: 400, test: 1000}),
    until: async () => {},
  } as unknown as ArrivingImages;
  const news: News[] = [];
  const waiting: (() => void)[] = [];
  const trainer = new Trainer(images, each => {
    news.push(each);
    for (const check of waiting) check();
  });
  const talk: Talk = {
    trainer,
    news,
    phase(wanted) {
      const from = news.length;
      return new Promise(resolve => {
        waiting.push(() => {
          const said = news
            .slice(from)
            .some(each => each.kind === 'phase' && each.phase === wanted);
          if (said) resolve();
        });
      });
    },
    losses: () => news.flatMap(each => (each.kind === 'batch' ? [each.loss] : [])),
  };
  const ready = talk.phase('ready');
  trainer.reset({...settings, ...given});
  await ready;
  return talk;
}

/** What a run of 12 batches without a pause has. */
async function wholeRun(given: Partial<Settings> = {}): Promise<number[]> {
  const {trainer, phase, losses} = await begin(given);
  const done = phase('done');
  trainer.train(12);
  await done;
  return losses();
}

for (const backend of ['simd', 'cpu'] as const) {
  test(`pausing, single batches and going on change no loss, ${backend}`, async () => {
    const expected = await wholeRun({backend});
    assert.is(expected.length, 12);
    const {trainer, phase, losses, news} = await begin({backend});
    for (let i = 0; i < 3; i++) {
      const paused = phase('paused');
      trainer.train(12, true);
      await paused;
    }
    let paused = phase('paused');
    trainer.train(12);
    trainer.pause(); // before it has begun
    await paused;
    assert.is(losses().length, 3);
    const done = phase('done');
    trainer.train(12);
    await done;
    assert.equal(losses(), expected);
    const epochs = news.filter(({kind}) => kind === 'epoch');
    assert.is(epochs.length, 1);
    // A longer run goes on from its end.
    paused = phase('done');
    trainer.train(14);
    await paused;
    assert.is(losses().length, 14);
  });
}

test('the last batch is followed by the test of all images, also where it was asked for alone', async () => {
  const {trainer, phase, news} = await begin();
  for (const last of ['paused', 'done'] as const) {
    const said = phase(last);
    trainer.train(2, true);
    await said;
  }
  assert.is(news.filter(({kind}) => kind === 'epoch').length, 1);
});

test('single batches are tested where a run tests', async () => {
  const {trainer, phase, news} = await begin({batches: 100});
  for (let i = 1; i <= 21; i++) {
    const paused = phase('paused');
    trainer.train(100, true);
    await paused;
  }
  const tested = news.flatMap(each => (each.kind === 'test' ? [each.batch] : []));
  assert.equal(tested, [20]);
});

test('a backend that does not start leaves the run where it was', async () => {
  const expected = await wholeRun();
  const {trainer, phase, losses, news} = await begin();
  for (let i = 0; i < 2; i++) {
    const paused = phase('paused');
    trainer.train(12, true);
    await paused;
  }
  const failed = phase('failed');
  trainer.moveTo('abacus' as never);
  await failed;
  const last = news.at(-1)!;
  assert.ok(last.kind === 'phase' && last.why?.key === 'noBackend' && last.backend === 'simd');
  const done = phase('done');
  trainer.train(12);
  await done;
  assert.equal(losses(), expected);
});

test('a reset leaves no tensor of the last run behind', async () => {
  const {trainer, phase} = await begin();
  const tensors = tf.memory().numTensors;
  const done = phase('done');
  trainer.train(2);
  await done;
  const ready = phase('ready');
  trainer.reset(settings);
  await ready;
  assert.is(tf.memory().numTensors, tensors);
});

test('what was saved goes on with the same losses', async () => {
  const expected = await wholeRun();
  const first = await begin();
  const paused = first.phase('done');
  first.trainer.train(7);
  await paused;
  const run = await first.trainer.save();
  assert.is(run.batch, 7);

  const second = await begin({seed: 5});
  const restored = second.phase('paused');
  second.trainer.restore({...run, settings: {...run.settings, batches: 12}});
  await restored;
  const done = second.phase('done');
  second.trainer.train(12);
  await done;
  assert.equal(second.losses(), expected.slice(7));
});

test('weights from a file are tested when they are opened', async () => {
  const first = await begin();
  const run = await first.trainer.save();
  const {trainer, phase, news} = await begin({seed: 5});
  const ready = phase('ready');
  trainer.restore(run);
  await ready;
  const tested = news.flatMap(each => (each.kind === 'epoch' ? [each.evaluation.total] : []));
  assert.equal(tested, [1000]);
});

test('weights are saved between two batches: they belong to the batch that they say', async () => {
  const {trainer, phase, losses} = await begin();
  const [training, paused] = [phase('training'), phase('paused')];
  trainer.train(12);
  await training;
  const run = await trainer.save();
  trainer.pause();
  await paused;
  assert.ok(run.batch > 0 && run.batch < 12, `batch ${run.batch}`);
  const other = await begin();
  const restored = other.phase('paused');
  other.trainer.restore({...run, settings: {...run.settings, batches: 12}});
  await restored;
  const done = other.phase('done');
  other.trainer.train(12);
  await done;
  assert.equal([...losses().slice(0, run.batch), ...other.losses()], await wholeRun());
});

test('a step that leaves a tensor behind is counted', async () => {
  const {trainer, phase, news} = await begin();
  const {network} = trainer as unknown as {network: {forward(xs: tf.Tensor2D): tf.Tensor2D}};
  const forward = network.forward.bind(network);
  const leaked: tf.Tensor[] = [];
  network.forward = xs => {
    leaked.push(tf.keep(tf.zeros([3])));
    return forward(xs);
  };
  const done = phase('done');
  trainer.train(4);
  await done;
  const left = news.flatMap(each => (each.kind === 'batch' ? [each.memory.left] : []));
  assert.equal(left, [0, 1, 2, 3]);
  tf.dispose(leaked);
});

test('questions while it trains change nothing and leave nothing behind', async () => {
  const expected = await wholeRun();
  const {trainer, phase, losses, news} = await begin();
  const done = phase('done');
  trainer.train(12);
  const answers = await Promise.all([
    trainer.recognise(new Uint8Array(2 * 784).fill(100)),
    trainer.look([5, 3]),
  ]);
  await done;
  assert.equal(losses(), expected);
  const [probabilities, looked] = answers;
  assert.is(probabilities!.length, 20);
  assert.ok(Math.abs(probabilities!.slice(0, 10).reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
  assert.is(looked!.pixels.length, 2 * 784);
  assert.equal(
    looked!.labels,
    Uint8Array.from([5, 3], index => trainer.labels()![index]),
  );
  const left = news.flatMap(each => (each.kind === 'batch' ? [each.memory.left] : []));
  assert.ok(
    left.every(count => count === 0),
    left.join(),
  );
});

test('the split: every kernel of ours, and none of the stock ones', async () => {
  const {trainer, phase, news} = await begin();
  const done = phase('done');
  trainer.train(2);
  await done;
  const [split] = news.flatMap(each => (each.kind === 'split' ? [each.split] : []));
  const kernels = split.kernels.map(({kernel, calls}) => `${kernel} ×${calls}`);
  assert.equal(
    kernels.filter(name => name.startsWith('Conv2D')),
    [
      'Conv2D [20,28,28,1] ×1',
      'Conv2D [20,12,12,8] ×1',
      'Conv2DInputGradient [20,8,8,16] ×1',
      'Conv2DFilterGradient [20,12,12,8] ×1',
      'Conv2DFilterGradient [20,28,28,1] ×1',
    ],
  );
  assert.is(
    kernels.find(name => /^(Add|Multiply|Reshape|Identity)/.test(name)),
    undefined,
  );
  const sum = split.kernels.reduce((total, {ms}) => total + ms, 0);
  assert.ok(sum > 0 && sum <= split.whole, `${sum} of ${split.whole} ms`);
  assert.equal([split.preset, split.batchSize, split.backend], ['tutorial', 20, 'simd']);
});

test('the split is of the middle half of the steps, parts and whole alike', () => {
  const step = (whole: number, ms: number) => ({
    whole,
    kernels: [{kernel: 'Conv2D', ms, calls: 1}],
  });
  const steps = [step(900, 800), step(10, 6), step(12, 8), step(1, 1)];
  assert.equal(meanOfMiddle(steps), step(11, 7));
});

test.run();
