// The bench's table of cases. Before the bench times a case, it checks that all results agree: these tests run every case on a small
// batch.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {modelCase, models} from '../../bench/cases/models.ts';
import {inferenceCase, loopCase, stepCase} from '../../bench/cases/networks.ts';
import {kernelCases} from '../../bench/cases/passes.ts';
import type {Case} from '../../bench/clock/contest.ts';
import {inBrowser, inNode, namesIn} from '../../bench/clock/contest.ts';
import {type Effort, efforts} from '../../bench/clock/measure.ts';
import {type Bench, runCase} from '../../bench/clock/rows.ts';
import {splitStep} from '../../bench/clock/split.ts';
import {
  isMeasured,
  isOurs,
  type Name,
  type NotMeasured,
  type Row,
} from '../../bench/report/results.ts';
import {type Preset, presets} from '../../src/index.ts';
import type {SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import '../backends.ts';
import {syntheticData} from '../synthetic.ts';

tf.env().set('IS_TEST', false); // with it TensorFlow.js reports the tensors that the stock loss saves for its gradient as a leak

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
const cases = [
  ...(Object.keys(presets) as Preset[]).flatMap(network => [
    stepCase(network, batch, everyone),
    inferenceCase(network, batch, everyone),
    ...kernelCases(network, batch),
    loopCase(network, false),
  ]),
  ...(inPage ? [] : models.map(name => modelCase(name, batch, everyone))),
];

for (const each of cases) {
  test(`bench: ${each.name}: all contenders agree`, async () => {
    const tensors = tf.memory().numTensors;
    const row = (await runCase(each, bench)) as Row;
    // On webgl the time to read the result is known for kernels, which alone count bytes, and for inference.
    const [isKernel, isInference] = [row.bytes !== undefined, row.name.endsWith('/inference')];
    for (const [name, found] of Object.entries(row.contenders)) {
      if (!isMeasured(found)) throw new Error(`${name}: ${found.why}`);
      assert.ok(found.steady.n > 0 && found.steady.median > 0);
      const hasReadBack = found.readBack !== undefined && found.readBack > 0;
      assert.is(hasReadBack, name.endsWith('webgl') && (isKernel || isInference));
    }
    assert.equal(Object.keys(row.contenders), bench.names.filter(each.takesPart));
    assert.is(tf.memory().numTensors, tensors, 'tensors left behind');
  });
}

test('bench: what is timed of a max-pool’s gradient on simd is all of it', async () => {
  await tf.setBackend('simd');
  const gradients = kernelCases('tutorial', batch).filter(({name}) =>
    /pool.\/gradient$/.test(name),
  );
  assert.is(gradients.length, 2);
  for (const each of gradients) {
    const {run, dispose} = await each.prepare(data, load).join('simd');
    const dx = (await run()) as tf.Tensor;
    assert.not((tf.backend() as SimdBackend).isPostponed(dx), each.name);
    dx.dispose();
    dispose();
  }
});

if (!inPage) {
  test('bench: a model’s step is split by kernel, and no time counts twice', async () => {
    const step = modelCase('batch-norm', batch, everyone);
    const {network, name, kernels, rest} = await splitStep(step, 'layers simd', {data, load});
    assert.equal([network, name], ['batch-norm', 'layers simd']);
    const convolutions = kernels.filter(({kernel}) => /conv2d\S* \[3,28,28,1\]/i.test(kernel));
    assert.equal(
      convolutions.map(({kernel}) => kernel),
      ['FusedConv2D [3,28,28,1]', 'Conv2DBackpropFilter [3,28,28,1]'],
    );
    assert.ok(rest >= 0 && kernels.every(({ms, calls}) => ms >= 0 && calls > 0));
  });
}

test('bench: a result of another shape disagrees', async () => {
  const short = twoNumbers(name => ({run: () => tf.tensor1d(name === 'cpu' ? [1, 2] : [1])}));
  const row = (await runCase(short, bench)) as Row;
  assert.equal(row.contenders.simd, {
    why: 'it disagrees with cpu, expected shape [2], got [1]',
    wrong: true,
  });
});

/** A case whose contenders run what `join` gives. */
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

test('bench: a kernel that disagrees has no time, and the row says where it differs', async () => {
  const wrong = twoNumbers(name => ({run: () => tf.tensor1d([1, name === 'cpu' ? 2 : 3])}));
  const row = (await runCase(wrong, bench)) as Row;
  assert.equal(row.contenders.simd, {
    why: 'it disagrees with cpu, at [1] expected 2, got 3 (the largest error: 1, allowed 0 + 0·|expected|)',
    wrong: true,
  });
  assert.ok(isMeasured(row.contenders.cpu));
});

test('bench: TensorFlow.js’s code that disagrees counts as our bug only on our backend', async () => {
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

test('bench: a loss of NaN is wrong even without another to compare with', async () => {
  const nothing = twoNumbers(() => ({run: () => Number.NaN}));
  const row = (await runCase(nothing, bench)) as Row;
  assert.equal(row.contenders.cpu, {why: 'the loss of run 1 is NaN', wrong: true});
});

test.run();
