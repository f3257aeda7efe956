// That the page's trainer goes on after a context that is lost in the moment in which a pause copies the weights.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {News, Phase} from '../../src/page/protocol.ts';
import {defaults} from '../../src/page/settings.ts';
import type {SavedRun} from '../../src/page/weights_file.ts';
import type {ArrivingImages} from '../../src/page/worker/arriving.ts';
import {Trainer} from '../../src/page/worker/trainer.ts';
import {syntheticFiles} from '../synthetic.ts';
import {die, glOf} from './die.ts';

const settings = {...defaults(), backend: 'webgl' as const, batchSize: 20, batches: 12};

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

test('lost while a pause copies the weights: the trainer goes on from those of before', async () => {
  const images = {
    arrived: 60_000,
    files: syntheticFiles({train: 400, test: 1000}),
    until: async () => {},
  } as unknown as ArrivingImages;
  const losses: (number | undefined)[] = [];
  let batch = 0;
  let onNews = (_: News) => {};
  const trainer = new Trainer(images, news => {
    if (news.kind === 'batch') losses[news.batch] = news.loss;
    if (news.kind === 'phase') batch = news.batch;
    onNews(news);
  });
  const phase = (wanted: Phase) =>
    new Promise<void>(resolve => {
      onNews = news => {
        if (news.kind === 'phase' && news.phase === wanted) resolve();
      };
    });

  let waiting = phase('ready');
  trainer.reset(settings);
  await waiting;
  const begun = await trainer.save();
  waiting = phase('done');
  trainer.train(12);
  await waiting;
  const whole = losses.splice(0);
  const end = await trainer.save();

  // In the pause after batch 4.
  waiting = phase('ready');
  trainer.reset(settings);
  await waiting;
  waiting = phase('lost');
  const onLost = onNews;
  onNews = news => {
    onLost(news);
    if (news.kind !== 'batch' || news.batch !== 4) return;
    trainer.pause();
    dieAfterReads(1); // the sign of life that ends the training
  };
  trainer.train(12);
  await waiting;
  assert.is(batch, 0, 'where it last rested');
  expectSame(await trainer.save(), begun);

  // It goes on from there in a new context.
  waiting = phase('done');
  trainer.train(12);
  await waiting;
  assert.equal(losses, whole);
  expectSame(await trainer.save(), end);

  waiting = phase('ready');
  trainer.reset({...settings, backend: 'cpu'});
  await waiting;
  assert.is(tf.getBackend(), 'cpu');
});

function expectSame(found: SavedRun, expected: SavedRun): void {
  assert.is(found.batch, expected.batch);
  assert.equal(found.weights, expected.weights);
}

test.run();
