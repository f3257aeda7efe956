// The bench's own table of cases: what is timed is first held to agreement, so all of it is run here, on small batches.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {inferenceCase, loopCase, stepCase} from '../../bench/cases/networks.ts';
import {kernelCases} from '../../bench/cases/passes.ts';
import type {Case} from '../../bench/clock/contest.ts';
import {inBrowser, inNode, namesIn} from '../../bench/clock/contest.ts';
import {type Effort, efforts} from '../../bench/clock/measure.ts';
import {type Bench, runCase} from '../../bench/clock/rows.ts';
import {
  isMeasured,
  isOurs,
  type Name,
  type NotMeasured,
  type Row,
} from '../../bench/report/results.ts';
import {type Preset, presets} from '../../src/index.ts';
import '../backends.ts';
import {syntheticData} from '../synthetic.ts';

tf.env().set('IS_TEST', false); // it takes what the stock loss saves for its gradient for a leak

const inPage = typeof document !== 'undefined';
const backends = inPage ? (['simd', 'cpu', 'webgl'] as const) : (['simd', 'cpu'] as const);
const load = async () => syntheticData({train: 64 * 6});
const data = await load();
const once: Effort = {...efforts.quick, warmUpMs: 0, turnMs: 0, least: 1, most: 1};
const bench: Bench = {
  timekeeping: {tick: 0, gpuSleeps: false},
  names: namesIn(inPage ? inBrowser : inNode, backends),
  data,
  load,
  effort: once,
};

const batch = 3;
const everyone = () => true;
const cases = (Object.keys(presets) as Preset[]).flatMap(network => [
  stepCase(network, batch, everyone),
  inferenceCase(network, batch, everyone),
  ...kernelCases(network, batch),
  loopCase(network, false),
]);

for (const each of cases) {
  test(`bench: ${each.name}: all agree`, async () => {
    const tensors = tf.memory().numTensors;
    const row = (await runCase(each, bench)) as Row;
    for (const [name, found] of Object.entries(row.contenders)) {
      if (!isMeasured(found)) throw new Error(`${name}: ${found.why}`);
      assert.ok(found.steady.n > 0 && found.steady.median > 0);
      // A kernel's result stays on the GPU until it is read; bytes are counted for kernels alone.
      const readsBack = name.endsWith('webgl') && row.bytes !== undefined;
      assert.is(
        found.readBack !== undefined && found.readBack > 0,
        readsBack || isInference(name, row),
      );
    }
    assert.equal(Object.keys(row.contenders), bench.names.filter(each.takesPart));
    assert.is(tf.memory().numTensors, tensors, 'tensors left behind');
  });
}

const isInference = (name: string, row: Row) =>
  name.endsWith('webgl') && row.name.endsWith('/inference');

test('bench: a result that is too short disagrees', async () => {
  const short = twoNumbers(name => ({run: () => tf.tensor1d(name === 'cpu' ? [1, 2] : [1])}));
  const row = (await runCase(short, bench)) as Row;
  assert.equal(row.contenders.simd, {
    why: 'it disagrees with cpu, expected shape [2], got [1]',
    wrong: true,
  });
});

/** `cpu` gives 1, 2; `simd` what is asked for. */
const twoNumbers = (join: (name: Name) => {run: () => tf.Tensor | number}): Case => ({
  name: 'two/numbers',
  batch: 1,
  takesPart: isOurs,
  prepare: () => ({
    comparedRuns: 1,
    tolerance: {atol: 0, rtol: 0},
    join: name => ({...join(name), dispose() {}}),
  }),
});

test('bench: a kernel that disagrees has no time, and says in what', async () => {
  const wrong = twoNumbers(name => ({run: () => tf.tensor1d([1, name === 'cpu' ? 2 : 3])}));
  const row = (await runCase(wrong, bench)) as Row;
  assert.equal(row.contenders.simd, {
    why: 'it disagrees with cpu, at [1] expected 2, got 3 (the largest error: 1, allowed 0 + 0·|expected|)',
    wrong: true,
  });
  assert.ok(isMeasured(row.contenders.cpu));
});

test('bench: TensorFlow.js’s own code that disagrees is no bug of ours, unless it runs on our backend', async () => {
  for (const [name, wrong] of [
    ['layers cpu', false],
    ['layers simd', true],
  ] as const) {
    const differing = twoNumbers(who => ({run: () => tf.tensor1d([1, who === name ? 3 : 2])}));
    const everyone = {...differing, takesPart: () => true};
    const row = (await runCase(everyone, {...bench, names: ['cpu', name]})) as Row;
    assert.is((row.contenders[name] as NotMeasured).wrong, wrong);
  }
});

test('bench: a kernel that throws has no time, and the others have', async () => {
  const throwing = twoNumbers(name => ({
    run() {
      if (name === 'simd') throw new Error('no kernel today');
      return tf.tensor1d([1, 2]);
    },
  }));
  const row = (await runCase(throwing, bench)) as Row;
  assert.equal(row.contenders.simd, {why: 'no kernel today', wrong: true});
  assert.ok(isMeasured(row.contenders.cpu));
});

test('bench: a loss that is no number is nothing to agree in', async () => {
  const row = (await runCase(
    twoNumbers(() => ({run: () => Number.NaN})),
    bench,
  )) as Row;
  assert.equal(row.contenders.cpu, {why: 'the loss of run 1 is NaN', wrong: true});
});

test.run();
