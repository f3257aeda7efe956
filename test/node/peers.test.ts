// The bench's peers: they compute what ours do, from the same weights; one that doesn't gets no time.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {takeBatches} from '../../bench/cases/batches.ts';
import {models} from '../../bench/cases/models.ts';
import type {Peer} from '../../bench/peers/peer.ts';
import {comparePeer, disagreement, type Rival, rivals} from '../../bench/peers/peers.ts';
import {findPython} from '../../bench/peers/pytorch.ts';
import {type PeerRow, peerTable} from '../../bench/report/peers.ts';
import type {SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import '../backends.ts';
import {loadMnist} from '../mnist.ts';
import {testWhere} from '../skips.ts';

const batches = takeBatches(await loadMnist(), 4);
const testWithTorch = testWhere(findPython() !== undefined, 'no Python here has PyTorch');

// The number of threads and the order of memory change no result.
const one = rivals.filter(({name}) => !/2 threads|channels last/.test(name));

for (const rival of one) {
  const {name, what} = rival;
  const testIt = name.startsWith('PyTorch') ? testWithTorch : test;
  testIt(`peers: ${what} in ${name} is that on simd`, async () => {
    await tf.setBackend('simd');
    const tensors = tf.memory().numTensors;
    const peer = await rival.make(batches);
    assert.match(peer.name, /\d+\.\d+/, 'its version');
    try {
      assert.is(await disagreement(rival, peer, batches), undefined);
      const times = await peer.run(2);
      assert.is(times.length, 2);
      assert.ok(times.every(ms => ms > 0));
    } finally {
      peer.dispose();
    }
    assert.is(tf.memory().numTensors, tensors, 'tensors left behind');
  });
}

test('peers: each of our cases has rivals on one thread and on two', () => {
  for (const what of [
    'tutorial/step',
    'mnist-core/step',
    'tutorial/inference',
    ...models.map(n => `layers/${n}`),
  ]) {
    const names = rivals.filter(rival => rival.what === what).map(({name}) => name);
    for (const threads of ['1 thread', '2 threads'])
      assert.ok(names.filter(name => name.endsWith(threads)).length >= 2, `${what}, ${threads}`);
  }
});

/** Their losses and ours; a run of ours takes some time. */
function pair(theirs: number[], ours: number[], threads = 1): [Rival, Peer] {
  const left = [...ours];
  const run = () => {
    const end = performance.now() + 0.1;
    while (performance.now() < end);
    return left.shift() ?? 0;
  };
  const rival: Rival = {
    name: 'a peer',
    what: 'layers/keras',
    threads,
    make: async () => peer,
    ours: () => ({run, dispose() {}}),
    comparedRuns: ours.length,
    tolerance: {atol: 0, rtol: 0.01},
  };
  const peer: Peer = {
    name: 'a peer 1.0',
    first: async () => ({shape: [theirs.length], values: theirs}),
    run: async n => Array<number>(n).fill(0.2),
    dispose() {},
  };
  return [rival, peer];
}

test('peers: one that disagrees has no time, and its row says where', async () => {
  const [rival, peer] = pair([2.3, 2.2], [2.3, 2.1]);
  const {name, what, measured, notMeasured} = await comparePeer(rival, peer, batches);
  assert.equal(
    [name, what, measured, notMeasured?.wrong],
    ['a peer 1.0', 'layers/keras', undefined, true],
  );
  assert.match(
    notMeasured?.why ?? '',
    /^it disagrees with simd, at \[1\] expected 2\.1, got 2\.2 /,
  );
});

test('peers: one that agrees is timed in turns with ours', async () => {
  const [rival, peer] = pair([2.3, 2.2], [2.3, 2.2]);
  const {measured, notMeasured} = await comparePeer(rival, peer, batches);
  assert.is(notMeasured, undefined);
  const {theirs, ours, ratio} = measured!;
  assert.equal([theirs.median, ratio.rounds.length], [0.2, 15]);
  assert.ok(ours.least >= 0.1 && ratio.ratio > 0);
});

test('peers: ours runs on as many threads, and they end with it', async () => {
  await tf.setBackend('simd');
  for (const threads of [1, 2]) {
    const [rival, peer] = pair([1], [1], threads);
    const found = new Set<SimdBackend>();
    const counts = new Set<number>();
    const ours = () => {
      const backend = tf.backend() as SimdBackend;
      found.add(backend);
      counts.add(backend.threads);
      return rival.ours(batches, false);
    };
    await comparePeer({...rival, ours}, peer, batches);
    assert.equal([...counts], [threads]);
    const [backend, ...others] = found;
    assert.equal([backend.threads, backend.isDisposed, others.length], [1, true, 0]);
    assert.is(tf.getBackend(), 'simd');
  }
});

test('peers: the table has the cases only if there are several', () => {
  const timing = {least: 1, median: 2, mad: 0, n: 5};
  const ratio = {ratio: 2, rounds: [2, 2], mad: 0, tooWide: false};
  const row = (what: string): PeerRow => ({
    name: 'a peer',
    what,
    measured: {theirs: timing, ours: timing, ratio},
  });
  const textOf = (rows: PeerRow[]) => {
    const {columns, lines} = peerTable(rows, false);
    return [columns.map(({heading}) => heading).join(', '), ...lines.map(line => line.join(', '))];
  };
  assert.equal(textOf([row('tutorial/step')]), [
    'a step of 64 images in, its ms, simd ms, library / simd',
    'a peer, 2.00, 2.00, 2.00',
  ]);
  assert.equal(textOf([row('tutorial/step'), row('layers/keras')]), [
    'in batches of 64, library, its ms, simd ms, library / simd',
    'tutorial/step, a peer, 2.00, 2.00, 2.00',
    'layers/keras, a peer, 2.00, 2.00, 2.00',
  ]);
});

test.run();
