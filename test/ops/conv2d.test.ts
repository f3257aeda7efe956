import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {expectValues} from '../../bench/cases/compare.ts';
import {
  type Conv2DSpec,
  conv2dCase,
  conv2dCases,
  networkConvolutions,
  sides,
} from '../../bench/cases/conv2d.ts';
import * as ops from '../../src/index.ts';
import type {Untyped} from '../../src/ops/kernel.ts';
import {backends, randomRuns, testOnBackends} from '../backends.ts';
import {expectError} from '../errors.ts';
import {anyConv2D} from '../shapes.ts';
import {
  asDefinedOnIntegers,
  type Draw,
  fewIntegers,
  integers,
  spoiltIntegers,
  testAdjoint,
  testCases,
  testRandomShapes,
} from '../witnesses.ts';

/** The op for tensors of any rank, as tf.grads passes them, and for wrong arguments. */
const conv2d: (...args: Untyped[]) => tf.Tensor = ops.conv2d;

testOnBackends('conv2d: a case written out', () => {
  // 1 2 3      1 2          1·1 + 2·2 + 4·3 + 5·4 = 37   2·1 + 3·2 + 5·3 + 6·4 = 47
  // 4 5 6  by  3 4 :  y =   4·1 + 5·2 + 7·3 + 8·4 = 67   5·1 + 6·2 + 8·3 + 9·4 = 77   and a bias of 10 on each
  // 7 8 9
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const filter = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
  const bias = tf.tensor1d([10]);
  const dy = tf.tensor4d([1, 0, 0, 2], [1, 2, 2, 1]);
  const {value, grads} = tf.valueAndGrads(conv2d)([x, filter, bias], dy);
  const [dx, dFilter, dBias] = grads;
  expectValues('y', value, [1, 2, 2, 1], [47, 57, 77, 87]);
  // dy is 1 over the upper left window and 2 over the lower right one; the centre lies in both: 4·1 + 1·2
  expectValues('dx', dx, [1, 3, 3, 1], [1, 2, 0, 3, 4 + 2, 4, 0, 6, 8]);
  // 1·1 + 5·2   2·1 + 6·2   4·1 + 8·2   5·1 + 9·2
  expectValues('dFilter', dFilter, [2, 2, 1, 1], [11, 14, 20, 23]);
  expectValues('dBias', dBias, [1], [3]);
});

testOnBackends("conv2d: zeros in dy don't hide an infinite x or filter", () => {
  const x = tf.tensor4d([Infinity, 1, 2, 3], [1, 2, 2, 1]);
  const filter = tf.tensor4d([NaN, 1], [1, 1, 1, 2]);
  const dy = tf.tensor4d([0, 0, 0, 0, 0, 0, 0, 1], [1, 2, 2, 2]);
  const [dx, dFilter] = tf.grads((x, filter) => conv2d(x, filter, null))([x, filter], dy);
  // dFilter: 0 · ∞ + … in each column; dx: 0 · NaN + 0 · 1 in each pixel
  expectValues('dFilter', dFilter, [1, 1, 1, 2], [NaN, NaN]);
  expectValues('dx', dx, [1, 2, 2, 1], [NaN, NaN, NaN, NaN]);
});

for (const pad of [0, 1]) {
  for (const worst of [Infinity, NaN]) {
    const title = `conv2d: zeros in dy don't hide ${worst} in the last pixel of the second image, pad ${pad}`;
    testOnBackends(title, () => {
      const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, worst], [2, 2, 2, 1]);
      const filter = tf.ones([1, 1, 1, 2]);
      const dy = tf.zeros([2, 2 + 2 * pad, 2 + 2 * pad, 2]);
      const forward = (filter: tf.Tensor) => conv2d(x, filter, null, {pad});
      expectValues('dFilter', tf.grad(forward)(filter, dy), [1, 1, 1, 2], [NaN, NaN]);
    });
  }
}

testCases(conv2dCases);
testAdjoint(conv2dCases);

// Kernels may leave out the zeros of dy if there are many.
const behindPools: Conv2DSpec[] = [
  ...networkConvolutions(2),
  {x: [40, 6, 7, 8], filter: [3, 2, 8, 5]},
  {x: [3, 8, 9, 6], filter: [2, 3, 6, 4], options: {strides: [1, 2], pad: 'same'}},
  {x: [3, 9, 8, 3], filter: [4, 3, 3, 6], options: {strides: [2, 1], dilations: [2, 1], pad: 2}},
  {x: [2, 7, 11, 5], filter: [3, 3, 5, 4], options: {strides: [1, 3], pad: 'same'}},
  {x: [2, 7, 9, 4], filter: [3, 3, 4, 4], options: {dilations: [1, 2]}},
];

for (const opCase of behindPools.map(conv2dCase)) {
  testOnBackends(`${opCase.title}: exact where most of dy is 0`, backend =>
    asDefinedOnIntegers(opCase, backend, fewIntegers),
  );
}

testOnBackends("conv2d: a few numbers in dy don't hide an infinity or a NaN", () => {
  // 44 taps and 4 channels. dy is a 1 and zeros, before one number of x, the filter or dy is spoilt.
  const ones = (shape: number[]) => new Float32Array(tf.util.sizeFromShape(shape)).fill(1);
  const countNaNs = (spoil: 'x' | 'filter' | 'dy' | null, by: number) => {
    const numbers = {x: ones([2, 3, 3, 11]), filter: ones([2, 2, 11, 4])};
    const dy = new Float32Array(2 * 2 * 2 * 4);
    dy[0] = 1;
    // Spoils the last element. In x, only windows with dy = 0 lie over it.
    const spoilt = spoil && {...numbers, dy}[spoil];
    if (spoilt) spoilt[spoilt.length - 1] = by;
    const inputs = [tf.tensor(numbers.x, [2, 3, 3, 11]), tf.tensor(numbers.filter, [2, 2, 11, 4])];
    const gradients = tf.grads((x, filter) => conv2d(x, filter, null));
    const [dx, dFilter] = gradients(inputs, tf.tensor(dy, [2, 2, 2, 4]));
    const count = (values: tf.Tensor) => Array.from(values.dataSync()).filter(Number.isNaN).length;
    return {dx: count(dx), dFilter: count(dFilter)};
  };
  for (const by of [Infinity, NaN]) {
    // 0 · ∞: x's last element meets filter element (1, 1, 10) of all channels, and one of the filter meets every dy
    assert.is(countNaNs('x', by).dFilter, 4, `x ${by}`);
    assert.is(countNaNs('filter', by).dx, 2 * 2 * 2, `filter ${by}`);
  }
  // The last dy reaches the four pixels of its window with all their channels, and all of its filter channel.
  assert.equal(countNaNs('dy', NaN), {dx: 4 * 11, dFilter: 4 * 11});
  assert.equal(countNaNs(null, 0), {dx: 0, dFilter: 0});
});

const most = {B: 3, H: 9, C: 5, window: 4, K: 6, stride: 3, dilation: 3, pad: 3};
testRandomShapes('conv2d', anyConv2D(most), conv2dCase);
testRandomShapes('conv2d', anyConv2D(most), conv2dCase, {drawUpstream: fewIntegers});

// 0 · ∞ isn't 0: padding must be no factor. The reference multiplies by it, as its file says.
const spoiltFilter: Draw = (input, random) =>
  (input.name === 'filter' ? spoiltIntegers : integers)(input, random);
for (const [name, drawUpstream, drawInput] of [
  ['filter', integers, spoiltFilter],
  ['dy', spoiltIntegers, integers],
] as const) {
  for (const backend of backends.filter(backend => backend !== 'reference')) {
    test(`conv2d: padding makes no NaN of an infinite ${name}, random shapes, ${backend}`, () => {
      const property = fc.property(anyConv2D(most), spec =>
        asDefinedOnIntegers(conv2dCase(spec), backend, drawUpstream, drawInput),
      );
      fc.assert(property, {numRuns: randomRuns(backend, 60)});
    });
  }
}

testOnBackends('conv2d: a stride behind the last window is no window', backend => {
  // One more window would begin at the last column and row.
  const pad = sides<[number, number]>([1, 0], [1, 0]);
  const spec: Conv2DSpec = {x: [2, 6, 6, 3], filter: [2, 2, 3, 5], options: {strides: 3, pad}};
  asDefinedOnIntegers(conv2dCase(spec), backend);
});

test('conv2d: computes no gradient of x if only the filter is a variable', async () => {
  tf.setBackend('cpu');
  const x = tf.ones([1, 5, 5, 1]);
  const filter = tf.variable(tf.ones([3, 3, 1, 1]));
  const {kernelNames} = await tf.profile(
    () => tf.variableGrads(() => tf.sum(conv2d(x, filter, null)), [filter]).value,
  );
  const gradients = kernelNames.filter(name => /^mnist\..*Gradient$/.test(name));
  assert.equal(gradients, ['mnist.Conv2DFilterGradient']);
  tf.disposeVariables();
});

test('conv2d: refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  const x = tf.ones([2, 5, 4, 3]);
  const filter = tf.ones([3, 2, 3, 4]);
  const bias = tf.ones([4]);
  const refuses = (work: () => unknown, expected: string) =>
    expectError(work, `conv2d: expected ${expected}`);
  const noX = 'x to be a float32 tensor [image, row, column, channel], got';
  const noFilter =
    'filter to be a float32 tensor [row, column, input channel, output channel], got';
  const noBias = 'bias to be a float32 tensor [output channel], got';
  const noImage = 'x with at least one image, got';
  const wide = 'x with the 5 channels of the filter [3, 2, 5, 4], got x of';
  refuses(() => conv2d(tf.ones([5, 4, 3]), filter, bias), `${noX} shape [5, 4, 3]`);
  refuses(() => conv2d(null, filter, bias), `${noX} null`);
  refuses(() => conv2d(tf.cast(x, 'int32'), filter, bias), `${noX} dtype int32`);
  refuses(() => conv2d(tf.zeros([0, 5, 4, 3]), filter, bias), `${noImage} shape [0, 5, 4, 3]`);
  refuses(() => conv2d(x, tf.ones([3, 2, 3]), bias), `${noFilter} shape [3, 2, 3]`);
  refuses(() => conv2d(x, tf.ones([3, 2, 5, 4]), bias), `${wide} shape [2, 5, 4, 3]`);
  for (const size of [1, 3]) {
    refuses(() => conv2d(x, filter, tf.ones([size])), `a bias of shape [4], got [${size}]`);
  }
  refuses(() => conv2d(x, filter, tf.ones([2, 2])), `${noBias} shape [2, 2]`);
  for (const falsy of [0, false, '']) {
    refuses(() => conv2d(x, filter, falsy), `${noBias} ${JSON.stringify(falsy)}`);
  }
  const noPair = 'to be a positive integer or a pair of them, got';
  for (const name of ['strides', 'dilations']) {
    for (const value of [0, -1, 1.5, [1, 0], [1, 2, 3], Number.NaN]) {
      const got = Number.isNaN(value) ? 'NaN' : JSON.stringify(value);
      refuses(() => conv2d(x, filter, bias, {[name]: value}), `${name} ${noPair} ${got}`);
    }
  }
  const noPad = `pad to be 'valid', 'same', an integer of at least 0 or [[top, bottom], [left, right]], got`;
  const strange = ['full', -1, 0.5, [1, 1], [[1, 1]], [[1, 1], null]];
  for (const pad of [...strange, sides([0, 1, 2], [0, 0]), sides([0, -1], [0, 0])]) {
    refuses(() => conv2d(x, filter, bias, {pad}), `${noPad} ${JSON.stringify(pad)}`);
  }
  refuses(
    () => conv2d(x, filter, bias, {dilations: 4, pad: 1}),
    'a window no larger than the padded input [7, 6], got a window that spans [9, 5]',
  );
  tf.dispose([x, filter, bias]);
});

test.run();
