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
import {conv2d} from '../../src/index.ts';
import {testOnBackends} from '../backends.ts';
import {expectError} from '../errors.ts';
import {
  exactOnIntegers,
  fewIntegers,
  testAdjoint,
  testCases,
  testRandomShapes,
} from '../witnesses.ts';

testOnBackends('conv2d: a case written out', () => {
  // 1 2 3      1 2          1·1 + 2·2 + 4·3 + 5·4 = 37   2·1 + 3·2 + 5·3 + 6·4 = 47
  // 4 5 6  by  3 4 :  y =   4·1 + 5·2 + 7·3 + 8·4 = 67   5·1 + 6·2 + 8·3 + 9·4 = 77   and a bias of 10 on each
  // 7 8 9
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const filter = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
  const bias = tf.tensor1d([10]);
  const dy = tf.tensor4d([1, 0, 0, 2], [1, 2, 2, 1]);
  const {value, grads} = tf.valueAndGrads((x, filter, bias) =>
    conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D),
  )([x, filter, bias], dy);
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
  const [dx, dFilter] = tf.grads((x, filter) =>
    conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, null),
  )([x, filter], dy);
  // dFilter: 0 · ∞ + … in each column; dx: 0 · NaN + 0 · 1 in each pixel
  expectValues('dFilter', dFilter, [1, 1, 1, 2], [NaN, NaN]);
  expectValues('dx', dx, [1, 2, 2, 1], [NaN, NaN, NaN, NaN]);
});

for (const pad of [0, 1]) {
  for (const worst of [Infinity, NaN]) {
    const title = `conv2d: zeros in dy don't hide ${worst} in the last pixel of the second image, pad ${pad}`;
    testOnBackends(title, () => {
      const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, worst], [2, 2, 2, 1]);
      const filter = tf.ones<tf.Rank.R4>([1, 1, 1, 2]);
      const dy = tf.zeros([2, 2 + 2 * pad, 2 + 2 * pad, 2]);
      const forward = (filter: tf.Tensor) => conv2d(x, filter as tf.Tensor4D, null, {pad});
      expectValues('dFilter', tf.grad(forward)(filter, dy), [1, 1, 1, 2], [NaN, NaN]);
    });
  }
}

testCases(conv2dCases);
testAdjoint(conv2dCases);

// Kernels may leave out zeros of dy where there are many.
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
    exactOnIntegers(opCase, backend, fewIntegers),
  );
}

testOnBackends("conv2d: a few numbers in dy don't hide an infinity or a NaN", () => {
  // 44 products a window and 4 channels. dy has one 1 and zeros, except for what `spoil` changes.
  const ones = (shape: number[]) => new Float32Array(tf.util.sizeFromShape(shape)).fill(1);
  const gradients = (spoil: 'x' | 'filter' | 'dy' | null, by: number) => {
    const numbers = {x: ones([2, 3, 3, 11]), filter: ones([2, 2, 11, 4])};
    const dy = new Float32Array(2 * 2 * 2 * 4);
    dy[0] = 1;
    // the last element each: of x under windows with dy = 0 only, of dy in the last channel
    const spoilt = spoil && {...numbers, dy}[spoil];
    if (spoilt) spoilt[spoilt.length - 1] = by;
    const [dx, dFilter] = tf.grads((x, filter) =>
      conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, null),
    )(
      [tf.tensor(numbers.x, [2, 3, 3, 11]), tf.tensor(numbers.filter, [2, 2, 11, 4])],
      tf.tensor(dy, [2, 2, 2, 4]),
    );
    const count = (values: tf.Tensor) => Array.from(values.dataSync()).filter(Number.isNaN).length;
    return {dx: count(dx), dFilter: count(dFilter)};
  };
  for (const by of [Infinity, NaN]) {
    // 0 · ∞: x's last element meets filter element (1, 1, 10) of all channels, and one of the filter meets every dy
    assert.is(gradients('x', by).dFilter, 4, `x ${by}`);
    assert.is(gradients('filter', by).dx, 2 * 2 * 2, `filter ${by}`);
  }
  // The last dy reaches the four pixels of its window with all their channels, and all of its filter channel.
  assert.equal(gradients('dy', NaN), {dx: 4 * 11, dFilter: 4 * 11});
  assert.equal(gradients(null, 0), {dx: 0, dFilter: 0});
});

const upTo = (most: number) => fc.integer({min: 1, max: most});
const pair = (most: number) => fc.tuple(upTo(most), upTo(most));
const side = fc.tuple(fc.nat(3), fc.nat(3));

/** Any convolution whose window fits its padded input. */
const anyConv2D: fc.Arbitrary<Conv2DSpec> = fc
  .record({
    sizes: fc.tuple(upTo(3), upTo(9), upTo(9), upTo(5)),
    window: pair(4),
    K: upTo(6),
    bias: fc.boolean(),
    strides: pair(3),
    dilations: pair(3),
    pad: fc.oneof(
      fc.constantFrom('valid' as const, 'same' as const),
      fc.nat(3),
      fc.tuple(side, side),
    ),
  })
  .map(
    ({sizes, window, K, bias, ...options}) =>
      ({x: sizes, filter: [...window, sizes[3], K], bias, options}) as Conv2DSpec,
  )
  .filter(spec => conv2dCase(spec).outputShape.every(size => size > 0));

testRandomShapes('conv2d', anyConv2D, conv2dCase);
testRandomShapes('conv2d', anyConv2D, conv2dCase, {drawUpstream: fewIntegers});

test('conv2d: computes no gradient of x where only the filter is a variable', async () => {
  tf.setBackend('cpu');
  const x = tf.ones<tf.Rank.R4>([1, 5, 5, 1]);
  const filter = tf.variable(tf.ones<tf.Rank.R4>([3, 3, 1, 1]));
  const {kernelNames} = await tf.profile(
    () => tf.variableGrads(() => tf.sum(conv2d(x, filter, null)), [filter]).value,
  );
  if (!kernelNames.includes('mnist.Conv2DFilterGradient'))
    throw new Error(`filter gradient missing in ${kernelNames}`);
  if (kernelNames.includes('mnist.Conv2DInputGradient'))
    throw new Error(`input gradient computed: ${kernelNames}`);
  tf.disposeVariables();
});

test('conv2d: refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  const x = tf.ones<tf.Rank.R4>([2, 5, 4, 3]);
  const filter = tf.ones<tf.Rank.R4>([3, 2, 3, 4]);
  const bias = tf.ones<tf.Rank.R1>([4]);
  const wrong = (value: unknown) => value as never;
  const refuses = (work: () => unknown, expected: string) =>
    expectError(work, `conv2d: expected ${expected}`);
  const noX = 'x to be a float32 tensor [image, row, column, channel], got';
  refuses(() => conv2d(wrong(tf.ones([5, 4, 3])), filter, bias), `${noX} shape [5, 4, 3]`);
  refuses(() => conv2d(wrong(null), filter, bias), `${noX} null`);
  refuses(() => conv2d(tf.cast(x, 'int32'), filter, bias), `${noX} dtype int32`);
  refuses(
    () => conv2d(tf.zeros([0, 5, 4, 3]), filter, bias),
    'x with at least one image, got shape [0, 5, 4, 3]',
  );
  refuses(
    () => conv2d(x, wrong(tf.ones([3, 2, 3])), bias),
    'filter to be a float32 tensor [row, column, input channel, output channel], got shape [3, 2, 3]',
  );
  refuses(
    () => conv2d(x, tf.ones([3, 2, 5, 4]), bias),
    'x with the 5 channels of the filter [3, 2, 5, 4], got x of shape [2, 5, 4, 3]',
  );
  refuses(() => conv2d(x, filter, tf.ones([3])), 'a bias of shape [4], got [3]');
  refuses(
    () => conv2d(x, filter, wrong(tf.ones([2, 2]))),
    'bias to be a float32 tensor [output channel], got shape [2, 2]',
  );
  for (const name of ['strides', 'dilations']) {
    for (const value of [0, -1, 1.5, [1, 0], [1, 2, 3], Number.NaN]) {
      refuses(
        () => conv2d(x, filter, bias, {[name]: value}),
        `${name} to be a positive integer or a pair of them, got ${Number.isNaN(value) ? 'NaN' : JSON.stringify(value)}`,
      );
    }
  }
  for (const pad of [
    ...['full', -1, 0.5, [1, 1], [[1, 1]], [[1, 1], null]],
    ...[sides([0, 1, 2], [0, 0]), sides([0, -1], [0, 0])],
  ]) {
    refuses(
      () => conv2d(x, filter, bias, {pad: wrong(pad)}),
      `pad to be 'valid', 'same', an integer of at least 0 or [[top, bottom], [left, right]], got ${JSON.stringify(pad)}`,
    );
  }
  refuses(
    () => conv2d(x, filter, bias, {dilations: 4, pad: 1}),
    'a window no larger than the padded input [7, 6], got a window that spans [9, 5]',
  );
  tf.dispose([x, filter, bias]);
});

test.run();
