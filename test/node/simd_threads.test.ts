// The threads of `simd`: the same bits with any number of them, no hang when one dies, and nothing left behind.
import {execFileSync} from 'node:child_process';
import {syncBuiltinESMExports} from 'node:module';
import workers, {Worker} from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createNetwork, presets, relu, trainStep} from '../../src/index.ts';
import {
  ASKED,
  DONE,
  MAILBOX_BYTES,
  nextCall,
  SLEEPER,
  TAKEN,
  take,
} from '../../src/kernels/simd/backend/mailbox.ts';
import {build} from '../../src/kernels/simd/backend/module.ts';
import {
  registerSimdBackend,
  SimdBackend,
  type SimdOptions,
  type WhyOneThread,
  whyOneThread,
} from '../../src/kernels/simd/backend/register.ts';
import type {Preset} from '../../src/network.ts';
import '../backends.ts';
import {expectError} from '../errors.ts';
import {allCases, resultsOf} from '../op_results.ts';
import {syntheticData} from '../synthetic.ts';

const NAME = 'simd with threads';

/** Runs `work` on a backend with threads, on which every op is cut into as many parts. */
async function onThreads<T>(
  threads: number,
  work: (backend: SimdBackend) => T | Promise<T>,
  options: SimdOptions = {},
): Promise<T> {
  assert.ok(registerSimdBackend(NAME, {...options, threads}));
  try {
    await tf.setBackend(NAME);
    const backend = tf.backend() as SimdBackend;
    backend.cutInto = threads;
    return await work(backend);
  } finally {
    tf.removeBackend(NAME);
    tf.setBackend('simd');
  }
}

/** What the tests see of the other threads. */
interface Inside {
  allThreads: {others: {worker: Worker; mailbox: Int32Array}[]};
}
const othersOf = (backend: SimdBackend) => (backend as unknown as Inside).allThreads.others;

const ended = (worker: Worker) => new Promise(resolve => worker.once('exit', resolve));

const bitsOf = (tensor: tf.Tensor) => new Uint32Array(tensor.dataSync().slice().buffer);

/** The weights after a few steps, and the losses. */
function train(preset: Preset): Uint32Array[] {
  const network = createNetwork(preset);
  const optimizer = tf.train.sgd(0.1);
  const data = syntheticData();
  const losses = [20, 20, 7].map(size => {
    const batch = data.nextTrainBatch(size);
    const loss = trainStep(network, optimizer, batch);
    const bits = bitsOf(loss);
    tf.dispose([loss, batch.xs, batch.labels]);
    return bits;
  });
  const weights = network.variables.map(bitsOf);
  network.dispose();
  optimizer.dispose();
  return [...losses, ...weights];
}

for (const which of build === 'relaxed simd'
  ? (['simd', 'relaxed simd'] as const)
  : (['simd'] as const)) {
  for (const preset of Object.keys(presets) as Preset[]) {
    test(`threads: ${preset} trains with the same bits on 1, 2, 3, 4 and 8, ${which}`, async () => {
      const expected = await onThreads(1, () => train(preset), {build: which});
      for (const threads of [2, 3, 4, 8]) {
        const found = await onThreads(
          threads,
          backend => {
            assert.is(backend.threads, threads);
            return train(preset);
          },
          {build: which},
        );
        assert.equal(found, expected, `${threads} threads`);
      }
    });
  }
}

test('threads: every op has the same bits on 3', async () => {
  const all = () => {
    const results: Record<string, Uint32Array[]> = {};
    for (const opCase of Object.values(allCases).flat()) {
      for (const sparse of [false, true]) {
        const ys = resultsOf(opCase, sparse);
        results[`${opCase.title}${sparse ? ', sparse' : ''}`] = ys.map(bitsOf);
        tf.dispose(ys);
      }
    }
    return results;
  };
  const expected = await onThreads(1, all);
  const found = await onThreads(3, all);
  for (const [title, bits] of Object.entries(expected)) assert.equal(found[title], bits, title);
});

/** Waits without giving the event loop a turn, as the middle of an op does. */
function spinUntil(what: string, holds: () => boolean): void {
  for (const end = Date.now() + 10_000; !holds(); ) {
    if (Date.now() > end) throw new Error(`expected ${what} within 10 s`);
  }
}

const isAsked = ({mailbox}: {mailbox: Int32Array}) => Atomics.load(mailbox, ASKED) > 0;
const isTaken = ({mailbox}: {mailbox: Int32Array}) =>
  Atomics.load(mailbox, TAKEN) === Atomics.load(mailbox, ASKED);
const isDone = ({mailbox}: {mailbox: Int32Array}) =>
  Math.abs(Atomics.load(mailbox, DONE)) === Atomics.load(mailbox, ASKED);

/** Relu of [-1, 2, -3, 4 …] in two parts. Before the main thread's own part, and so before it looks after the other, comes `meanwhile`. */
function reluInTwo(backend: SimdBackend, meanwhile: () => void): number[] {
  const x = tf.tensor1d([-1, 2, -3, 4, -5, 6, -7, 8]);
  const y = backend.compute(
    [8],
    [x],
    ([x], y, {kernels, first}) => {
      if (first === 0) meanwhile();
      kernels.relu(x + 16 * first, y + 16 * first, 4);
    },
    {units: 2},
  );
  const values = [...(backend.readSync(y.dataId) as Float32Array)];
  backend.disposeData(y.dataId);
  x.dispose();
  return values;
}

const RELU = [0, 2, 0, 4, 0, 6, 0, 8];

test('threads: another thread makes its call while the main thread is at its own part', async () => {
  await onThreads(2, backend => {
    const [other] = othersOf(backend);
    const values = reluInTwo(backend, () => spinUntil('the call to be made', () => isDone(other)));
    assert.equal(values, RELU);
  });
});

test('threads: a call that no thread has taken is made by the main thread', async () => {
  await onThreads(2, async backend => {
    const [other] = othersOf(backend);
    const exit = ended(other.worker);
    other.worker.terminate();
    await exit;
    Object.assign(other, {lost: undefined}); // as if the message of its end hadn't come yet
    assert.equal(
      reluInTwo(backend, () => assert.ok(isAsked(other) && !isTaken(other))),
      RELU,
    );
  });
});

test('threads: a thread that comes too late for a call takes no later one in its place', () => {
  const mailbox = new Int32Array(new SharedArrayBuffer(MAILBOX_BYTES));
  const seen = nextCall(mailbox, 0); // then the thread gets no core
  assert.ok(take(mailbox, seen), 'the main thread makes it');
  const second = nextCall(mailbox, seen);
  assert.not(take(mailbox, seen));
  assert.ok(take(mailbox, second));
  assert.not(take(mailbox, seen), 'this would run with the arguments of others');
  assert.not(take(mailbox, second));
  Atomics.store(mailbox, TAKEN, 2 ** 30); // the last number
  assert.is(nextCall(mailbox, 2 ** 30), 1);
  assert.ok(take(mailbox, 1));
});

test('threads: if a call fails, all others are waited for, and no tensor is left', async () => {
  await onThreads(3, backend => {
    const others = othersOf(backend);
    const before = [backend.numDataIds(), backend.memory().bytesInUse];
    const y = () =>
      backend.compute(
        [12],
        [],
        (_, y, {kernels, first}) => {
          if (first === 1) kernels.relu(2 ** 32 - 64, y, 64);
          else if (first === 2) kernels.peak(1e6, 0.5, 1, y);
          else spinUntil('the call to be taken', () => others.every(isTaken));
        },
        {units: 3},
      );
    assert.throws(y, /memory access out of bounds/);
    assert.ok(others.every(isDone));
    assert.equal([backend.numDataIds(), backend.memory().bytesInUse], before);
  });
});

const sentence = (why: string) =>
  `simd: expected thread 1 to work, found that it has ended (${why}); remove the backend and register it anew`;

test('threads: once a thread has ended, the next op is an error, and a new backend works', async () => {
  await onThreads(2, async backend => {
    const [{worker}] = othersOf(backend);
    const exit = ended(worker);
    worker.terminate();
    await exit;
    const x = tf.ones([100]);
    expectError(() => relu(x), sentence('exit code 1'));
    expectError(() => relu(x), sentence('exit code 1'));
    x.dispose();
  });
  await onThreads(2, backend =>
    assert.equal(
      reluInTwo(backend, () => {}),
      RELU,
    ),
  );
});

test('threads: a thread that ends in the middle of a call is an error after some seconds', async () => {
  await onThreads(2, backend => {
    const [other] = othersOf(backend);
    const y = () =>
      backend.compute(
        [4],
        [],
        (_, y, {kernels, first}) => {
          // A thousand million rounds: it can't be over when the worker is terminated.
          if (first === 1) kernels.peak(1e9, 0.5, 1, y);
          else {
            spinUntil('the call to be taken', () => isTaken(other));
            other.worker.terminate();
          }
        },
        {units: 2},
      );
    expectError(y, sentence('no answer for 5 s'));
  });
});

test('threads: the error of a kernel on another thread is thrown on the main one, and the next op works', async () => {
  await onThreads(2, backend => {
    const [other] = othersOf(backend);
    const y = () =>
      backend.compute(
        [8],
        [],
        (_, y, {kernels, first}) => {
          if (first === 1) kernels.relu(2 ** 32 - 64, y, 64);
          else spinUntil('the call to be made', () => isDone(other));
        },
        {units: 2},
      );
    assert.throws(y, /memory access out of bounds/);
    assert.equal(
      reluInTwo(backend, () => spinUntil('the call to be made', () => isDone(other))),
      RELU,
    );
  });
});

test('threads: one without work sleeps, and the next call wakes it', async () => {
  await onThreads(2, async backend => {
    const [other] = othersOf(backend);
    for (let i = 0; i < 2; i++) {
      for (let tries = 0; Atomics.load(other.mailbox, ASKED + SLEEPER) === 0; tries++) {
        assert.ok(tries < 1000, 'it does not sleep within 10 s');
        await new Promise(resolve => setTimeout(resolve, 10));
      }
      const isMade = () => spinUntil('the call to be made', () => isDone(other));
      assert.equal(reluInTwo(backend, isMade), RELU);
    }
  });
});

/** While `work` runs, each worker that is started is told to `onStart` first, with how many came before. */
async function watchingStarts(
  onStart: (before: number) => void,
  work: (started: Worker[]) => Promise<void>,
): Promise<void> {
  const started: Worker[] = [];
  const {Worker: Original} = workers;
  workers.Worker = class extends Original {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      onStart(started.length);
      super(...args);
      started.push(this);
    }
  };
  syncBuiltinESMExports();
  try {
    await work(started);
  } finally {
    workers.Worker = Original;
    syncBuiltinESMExports();
  }
}

/** Waits until all of them have ended. */
const allEnded = (started: Worker[]) =>
  Promise.all(started.map(worker => worker.threadId === -1 || ended(worker)));

test('threads: removeBackend ends them, also those that are only just starting', () =>
  watchingStarts(
    () => {},
    async started => {
      await onThreads(3, () => {});
      assert.is(started.length, 2);
      registerSimdBackend(NAME, {threads: 3});
      const set = tf.setBackend(NAME);
      tf.removeBackend(NAME);
      assert.not(await set);
      tf.setBackend('simd');
      assert.is(started.length, 4);
      await allEnded(started);
    },
  ));

test('threads: two calls of setBackend at once start them once, and a backend that was disposed of is made anew', () =>
  watchingStarts(
    () => {},
    async started => {
      registerSimdBackend(NAME, {threads: 2});
      await Promise.all([tf.setBackend(NAME), tf.setBackend(NAME)]);
      const backend = tf.backend() as SimdBackend;
      assert.is(backend.threads, 2);
      assert.is(started.length, 1);
      backend.dispose();
      const next = (await tf.findBackendFactory(NAME)()) as SimdBackend;
      assert.is(next.threads, 2);
      next.dispose();
      tf.removeBackend(NAME);
      tf.setBackend('simd');
      await allEnded(started);
    },
  ));

test('threads: a backend that is disposed of while it starts keeps none', () =>
  watchingStarts(
    () => {},
    async started => {
      const backend = new SimdBackend({threads: 3});
      const start = backend.started();
      backend.dispose();
      await start;
      assert.is(backend.threads, 1);
      await allEnded(started);
    },
  ));

test('threads: several backends work side by side, and tensors move between them', async () => {
  await onThreads(2, async () => {
    const x = relu(tf.tensor1d([-1, 2, -3, 4, 5]));
    registerSimdBackend('another', {threads: 3});
    await tf.setBackend('another');
    (tf.backend() as SimdBackend).cutInto = 3;
    assert.equal([...relu(x).dataSync()], [0, 2, 0, 4, 5]);
    tf.removeBackend('another');
    await tf.setBackend(NAME);
  });
});

test('threads: a tensor read from shared memory stays when that memory is used again', async () => {
  await onThreads(2, backend => {
    const y = relu(tf.tensor2d([1, -2, 3, 4, -5, 6], [2, 3]));
    const [read, part] = [y.dataSync(), tf.slice(y, [1, 0], [1, 3])];
    tf.dispose(relu(tf.zeros([backend.memory().bytesReserved / 4]))); // the memory grows
    y.dispose();
    relu(tf.fill([2, 3], 9)); // where y was
    assert.equal([...read], [1, 0, 3, 4, 0, 6]);
    assert.equal([...part.dataSync()], [4, 0, 6]);
    assert.not(read.buffer instanceof SharedArrayBuffer);
  });
});

test('threads: a worker of the user trains with threads of its own', async () => {
  const source = `
    const {parentPort, workerData} = require('node:worker_threads');
    import(workerData).then(async ({train}) => parentPort.postMessage(await train(2)));`;
  const url = new URL('./simd_worker.js', import.meta.url).href;
  const worker = new Worker(source, {eval: true, workerData: url});
  const exit = ended(worker);
  const losses = await new Promise<number[]>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  assert.ok(losses.length === 3 && losses.every(Number.isFinite), `${losses}`);
  await exit; // its own threads don't keep it
});

test('threads: they do not keep a process alive', () => {
  const url = new URL('./simd_worker.js', import.meta.url).href;
  const program = `import(${JSON.stringify(url)}).then(async ({train}) => console.log('losses: ' + (await train(3)).length));`;
  const text = execFileSync(process.execPath, ['-e', program], {encoding: 'utf8', timeout: 60_000});
  assert.match(text, /^losses: 3$/m);
});

async function expectOneThread(why: WhyOneThread, threads = 2): Promise<void> {
  await onThreads(threads, backend => {
    assert.equal([backend.threads, backend.whyOneThread], [1, why]);
    assert.equal(
      reluInTwo(backend, () => {}),
      RELU,
    );
  });
}

test('threads: where they can not be had there is one, and the backend says why', async () => {
  assert.is(whyOneThread(), undefined);
  const Original = globalThis.SharedArrayBuffer;
  Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
  try {
    assert.is(whyOneThread(), 'noSharedMemory');
    await expectOneThread('noSharedMemory');
  } finally {
    globalThis.SharedArrayBuffer = Original;
  }
  Object.assign(globalThis, {document: {}});
  try {
    assert.is(whyOneThread(), 'mainThread');
    await expectOneThread('mainThread');
  } finally {
    Reflect.deleteProperty(globalThis, 'document');
  }
  const failFrom = (first: number) => (before: number) => {
    if (before >= first) throw new Error('Access to this API has been restricted');
  };
  await watchingStarts(failFrom(0), () => expectOneThread('noWorkers'));
  await watchingStarts(failFrom(1), async started => {
    await expectOneThread('noWorkers', 3);
    assert.is(started.length, 1);
    await allEnded(started);
  });
});

test('threads: another number than 1 to 256 is refused', () => {
  for (const threads of [0, -1, 1.5, 257, Number.NaN, '2' as unknown as number]) {
    expectError(
      () => registerSimdBackend(NAME, {threads}),
      `simd: expected threads to be a whole number from 1 to 256, found ${threads}`,
    );
  }
});

test('threads: a memory without room for their own data is refused', () => {
  expectError(
    () => registerSimdBackend(NAME, {threads: 100, maximumBytes: 65536}),
    'simd: expected maximumBytes of at least 131072 with 100 threads, found 65536',
  );
  for (const threads of [56, 57, 256]) {
    const maximumBytes = threads < 57 ? 65536 : 131072 + (threads > 100 ? 3 * 65536 : 0);
    const {kernels} = new SimdBackend({threads, maximumBytes});
    assert.ok(kernels.heapBase.value <= maximumBytes, `${threads}`);
  }
});

test.run();
