// That the page's trainer goes on after a context that is lost in the moment in which weights are kept: in a pause, and as a
// run begins.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {Network} from '../../src/index.ts';
import type {News, Phase} from '../../src/page/protocol.ts';
import {defaults, type Settings} from '../../src/page/settings.ts';
import type {SavedRun} from '../../src/page/weights_file.ts';
import type {ArrivingImages} from '../../src/page/worker/arriving.ts';
import {Trainer} from '../../src/page/worker/trainer.ts';
import {syntheticFiles} from '../synthetic.ts';
import {die, glOf} from './die.ts';

const settings: Settings = {...defaults(), backend: 'webgl', batchSize: 20, batches: 12};

/** Dies at the read after so many of the GPU, and that read has zeros. */
function dieAfterReads(count: number): void {
  const gl = glOf() as WebGL2RenderingContext;
  const read = gl.getBufferSubData.bind(gl);
  let reads = 0;
  gl.getBufferSubData = (...args) => {
    if (reads++ < count) return read(...args);
    delete (gl as Partial<WebGL2RenderingContext>).getBufferSubData;
    void die();
  };
}

/** A trainer on webgl at its beginning, what it has said, and a promise of the next time that it says a phase. */
async function begin() {
  const images = {
    arrived: 60_000,
    files: syntheticFiles({train: 400, test: 1000}),
    until: async () => {},
  } as unknown as ArrivingImages;
  const losses: (number | undefined)[] = [];
  const talk = {losses, batch: 0, onNews: (_: News) => {}};
  const trainer = new Trainer(images, news => {
    if (news.kind === 'batch') losses[news.batch] = news.loss;
    if (news.kind === 'phase') talk.batch = news.batch;
    talk.onNews(news);
  });
  const phase = (wanted: Phase) =>
    new Promise<void>(resolve => {
      talk.onNews = news => {
        if (news.kind === 'phase' && news.phase === wanted) resolve();
      };
    });
  const reset = async (changes: Partial<Settings> = {}) => {
    const ready = phase('ready');
    trainer.reset({...settings, ...changes});
    await ready;
  };
  const train = async () => {
    const done = phase('done');
    trainer.train(12);
    await done;
    return {losses: losses.splice(0), end: await trainer.save()};
  };
  await reset();
  return {trainer, talk, phase, reset, train};
}

test('lost while a pause copies the weights: the trainer goes on from those of before', async () => {
  const {trainer, talk, phase, reset, train} = await begin();
  const begun = await trainer.save();
  const whole = await train();

  // In the pause after batch 4.
  await reset();
  const lost = phase('lost');
  const {onNews} = talk;
  talk.onNews = news => {
    onNews(news);
    if (news.kind !== 'batch' || news.batch !== 4) return;
    trainer.pause();
    dieAfterReads(1); // the sign of life that ends the training
  };
  trainer.train(12);
  await lost;
  assert.is(talk.batch, 0, 'where it last rested');
  expectSame(await trainer.save(), begun);

  // It goes on from there in a new context.
  const again = await train();
  assert.equal(again.losses, whole.losses);
  expectSame(again.end, whole.end);

  await reset({backend: 'cpu'});
  assert.is(tf.getBackend(), 'cpu');
});

test('lost while a run begins: it begins with its own weights, not with the last run’s', async () => {
  const {trainer, talk, phase, reset, train} = await begin();
  await train();
  await reset({seed: 2});
  const begun = await trainer.save();
  const whole = await train();

  const {network} = trainer as unknown as {network: Network};
  const {dispose} = network;
  network.dispose = () => {
    dispose();
    void die(); // before the next run's weights are kept
  };
  const lost = phase('lost');
  trainer.reset({...settings, seed: 2});
  await lost;
  assert.is(talk.batch, 0);
  expectSame(await trainer.save(), begun);
  const again = await train();
  assert.equal(again.losses, whole.losses);
  expectSame(again.end, whole.end);
  await reset({backend: 'cpu'});
});

function expectSame(found: SavedRun, expected: SavedRun): void {
  assert.is(found.batch, expected.batch);
  assert.equal(found.weights, expected.weights);
}

test.run();
