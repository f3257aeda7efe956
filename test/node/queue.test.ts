// The turns of the page's worker, with tasks that end when they are told to.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {cancelled, TaskQueue} from '../../src/page/worker/queue.ts';

/** A queue whose tasks write down when they begin, fail and end. */
function begin() {
  const log: string[] = [];
  const queue = new TaskQueue(
    async error => {
      await undefined;
      log.push(`failed ${error === cancelled ? 'by cancel' : error}`);
    },
    () => log.push('idle'),
  );
  /** Adds a task. @returns a function that ends the task, with an error if one is given */
  const add = (name: string) => {
    let end = (_error?: string) => {};
    const ended = new Promise<void>((resolve, reject) => {
      end = error => (error ? reject(error) : resolve());
    });
    void queue.add(async signal => {
      log.push(`${name}${signal.aborted ? ' cancelled' : ''}`);
      const hear = () => log.push(`${name} hears cancel`);
      signal.addEventListener('abort', hear);
      await ended.finally(() => signal.removeEventListener('abort', hear));
      signal.throwIfAborted();
      log.push(`${name} ends`);
    });
    return end;
  };
  return {queue, log, add};
}

/** Lets all tasks go as far as they can. */
const settle = () => new Promise(resolve => setTimeout(resolve));

test('queue: a task begins after the one before it, which is cancelled', async () => {
  const {log, add} = begin();
  const endA = add('a');
  await settle();
  const endB = add('b');
  await settle();
  assert.equal(log, ['a', 'a hears cancel'], 'b waits for a');
  endA();
  await settle();
  endB();
  await settle();
  assert.equal(log.slice(2), ['failed by cancel', 'b', 'b ends', 'idle']);
});

test('queue: a task that is cancelled before its turn still runs, with an aborted signal', async () => {
  const {log, add} = begin();
  for (const end of ['a', 'b', 'c'].map(add)) end();
  await settle();
  const cancelledTasks = ['a', 'b'].flatMap(name => [`${name} cancelled`, 'failed by cancel']);
  assert.equal(log, [...cancelledTasks, 'c', 'c ends', 'idle']);
});

test('queue: a task that fails is reported, and the next task begins after that', async () => {
  const {log, add} = begin();
  add('a')('no memory');
  await settle();
  add('b')();
  await settle();
  assert.equal(log, ['a', 'failed no memory', 'idle', 'b', 'b ends', 'idle']);
});

test('queue: cancel aborts the running task, and no task that is added later', async () => {
  const {queue, log, add} = begin();
  const end = add('a');
  await settle();
  queue.cancel();
  end();
  await settle();
  add('b')();
  await settle();
  assert.equal(log, ['a', 'a hears cancel', 'failed by cancel', 'idle', 'b', 'b ends', 'idle']);
});

test('queue: stepEnd resolves at the end of one step, or at the end of the task', async () => {
  const {queue, log, add} = begin();
  const end = add('a');
  const wait = (name: string) => void queue.stepEnd().then(() => log.push(name));
  wait('first');
  await settle();
  assert.equal(log, ['a']);
  queue.endStep();
  wait('second');
  await settle();
  assert.equal(log, ['a', 'first']);
  end();
  await settle();
  assert.equal(log, ['a', 'first', 'a ends', 'idle', 'second']);
});

test('queue: add resolves when its task ends, also when the task fails', async () => {
  const {queue, log} = begin();
  await queue.add(async () => void log.push('a'));
  await queue.add(() => Promise.reject('no memory'));
  assert.equal(log, ['a', 'idle', 'failed no memory', 'idle']);
});

test.run();
