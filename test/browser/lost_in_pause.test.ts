// The page's trainer loses its context while it copies the weights, in a pause or when a run begins, and goes on.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {News} from '../../src/page/protocol.ts';
import {defaults, type Settings} from '../../src/page/settings.ts';
import type {SavedRun} from '../../src/page/weights_file.ts';
import {beginTrainer} from '../trainers.ts';
import {die, glOf} from './die.ts';

const settings: Settings = {...defaults(), backend: 'webgl', batchSize: 20, batches: 12};

/** The GPU answers this many more reads, and dies at the next one, which returns zeros. */
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

/** A trainer on webgl at the beginning of a run. */
async function begin() {
  const talk = await beginTrainer(settings);
  const {trainer, news, reset, train} = talk;
  const {answers} = trainer;
  /** Trains to the end of the run. @returns the losses of these batches, and the last weights */
  const finish = async () => {
    const from = news.length;
    await train(12);
    const losses = news.slice(from).flatMap(each => (each.kind === 'batch' ? [each.loss] : []));
    return {losses, end: await answers.save()};
  };
  /** Waits until the command loses the context. @returns the batch whose weights the trainer has then */
  const lose = async (command: () => void) => {
    await talk.until('lost', command);
    return talk.heard('phase').at(-1)!.batch;
  };
  const leave = async () => {
    await reset({...settings, backend: 'cpu'});
    assert.is(tf.getBackend(), 'cpu');
  };
  return {...talk, answers, finish, lose, leave};
}

test('context lost while a pause copies the weights: the trainer goes on from the last copy', async () => {
  const {trainer, answers, listeners, reset, finish, lose, leave} = await begin();
  const first = await answers.save();
  const whole = await finish();

  await reset(settings);
  const pauseAndDie = (news: News) => {
    if (news.kind !== 'batch' || news.batch !== 4) return;
    listeners.delete(pauseAndDie);
    trainer.pause();
    dieAfterReads(1); // the check of the context at the training's end
  };
  listeners.add(pauseAndDie);
  assert.is(await lose(() => trainer.train(12)), 0, 'where it last rested');
  expectSame(await answers.save(), first);

  // The trainer goes on from there in a new context.
  const again = await finish();
  assert.equal(again.losses, whole.losses);
  expectSame(again.end, whole.end);
  await leave();
});

test('context lost while a run begins: the run begins with its own weights, not with the last run’s', async () => {
  const {trainer, answers, reset, train, finish, lose, leave} = await begin();
  await train(12);
  const other = {...settings, seed: 2};
  await reset(other);
  const first = await answers.save();
  const whole = await finish();

  const {network} = trainer.run!;
  const {dispose} = network;
  network.dispose = () => {
    dispose();
    void die(); // before the next run's weights are copied
  };
  assert.is(await lose(() => trainer.reset(other)), 0);
  expectSame(await answers.save(), first);
  const again = await finish();
  assert.equal(again.losses, whole.losses);
  expectSame(again.end, whole.end);
  await leave();
});

test('context lost while opened weights are copied: the run has them, not its initial ones', async () => {
  const {trainer, answers, listeners, train, lose, leave} = await begin();
  await train(12);
  const opened = await answers.save();
  const dieOnce = ({kind}: News) => {
    if (kind !== 'began') return;
    listeners.delete(dieOnce);
    void die(); // before the opened weights are copied
  };
  listeners.add(dieOnce);
  assert.is(await lose(() => trainer.restore(opened)), opened.batch);
  expectSame(await answers.save(), opened);
  await leave();
});

function expectSame(found: SavedRun, expected: SavedRun): void {
  assert.is(found.batch, expected.batch);
  assert.equal(found.weights, expected.weights);
}

test.run();
