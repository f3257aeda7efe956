import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {EXACT, expectClose, valuesOf} from '../bench/cases/compare.ts';
import {
  type Conv2DSpec,
  conv2dCase,
  conv2dCases,
  networkConvolutions,
} from '../bench/cases/conv2d.ts';
import {conv2d} from '../src/index.ts';
import {backends, onBackend, randomRuns} from './backends.ts';
import {expectError} from './errors.ts';
import {exactOnIntegers, fewIntegers, testAdjoint, testCases} from './witnesses.ts';

for (const backend of backends) {
  test(`conv2d: a case written out, ${backend}`, () => {
    onBackend(backend, () =>
      tf.tidy(() => {
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
        expectClose('y', valuesOf(value), {shape: [1, 2, 2, 1], values: [47, 57, 77, 87]}, EXACT);
        // dy is 1 over the upper left window and 2 over the lower right one; the centre lies in both: 4·1 + 1·2
        expectClose(
          'dx',
          valuesOf(dx),
          {shape: [1, 3, 3, 1], values: [1, 2, 0, 3, 4 + 2, 4, 0, 6, 8]},
          EXACT,
        );
        // 1·1 + 5·2   2·1 + 6·2   4·1 + 8·2   5·1 + 9·2
        expectClose(
          'dFilter',
          valuesOf(dFilter),
          {shape: [2, 2, 1, 1], values: [11, 14, 20, 23]},
          EXACT,
        );
        expectClose('dBias', valuesOf(dBias), {shape: [1], values: [3]}, EXACT);
      }),
    );
  });
}

for (const backend of backends) {
  test(`conv2d: zeros in dy don't hide an infinite x or filter, ${backend}`, () => {
    onBackend(backend, () =>
      tf.tidy(() => {
        const x = tf.tensor4d([Infinity, 1, 2, 3], [1, 2, 2, 1]);
        const filter = tf.tensor4d([NaN, 1], [1, 1, 1, 2]);
        const {grads} = tf.valueAndGrads((x, filter) =>
          conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, null),
        )([x, filter], tf.tensor4d([0, 0, 0, 0, 0, 0, 0, 1], [1, 2, 2, 2]));
        // dFilter: 0 · ∞ + … in each column; dx: 0 · NaN + 0 · 1 in each pixel
        expectClose(
          'dFilter',
          valuesOf(grads[1]),
          {shape: [1, 1, 1, 2], values: [NaN, NaN]},
          EXACT,
        );
        expectClose(
          'dx',
          valuesOf(grads[0]),
          {shape: [1, 2, 2, 1], values: [NaN, NaN, NaN, NaN]},
          EXACT,
        );
      }),
    );
  });
}

for (const backend of backends) {
  for (const pad of [0, 1]) {
    test(`conv2d: nor one in the last pixel of the second image, pad ${pad}, ${backend}`, () => {
      for (const worst of [Infinity, NaN]) {
        onBackend(backend, () =>
          tf.tidy(() => {
            const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, worst], [2, 2, 2, 1]);
            const filter = tf.ones<tf.Rank.R4>([1, 1, 1, 2]);
            const size = 2 + 2 * pad;
            const dFilter = tf.grad(filter => conv2d(x, filter as tf.Tensor4D, null, {pad}))(
              filter,
              tf.zeros([2, size, size, 2]),
            );
            expectClose(
              'dFilter',
              valuesOf(dFilter),
              {shape: [1, 1, 1, 2], values: [NaN, NaN]},
              EXACT,
            );
          }),
        );
      }
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

for (const backend of backends) {
  for (const spec of behindPools) {
    const opCase = conv2dCase(spec);
    test(`${opCase.title}: exact where most of dy is 0, ${backend}`, () =>
      exactOnIntegers(opCase, backend, fewIntegers));
  }

  test(`conv2d: a few numbers in dy don't hide an infinity or a NaN, ${backend}`, () => {
    onBackend(backend, () =>
      tf.tidy(() => {
        // 44 products a window and 4 channels. dy is 1 in one place, but for `spoil`.
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
          return {dx: dx.dataSync(), dFilter: dFilter.dataSync()};
        };
        const count = (values: ArrayLike<number>) => Array.from(values).filter(Number.isNaN).length;
        for (const by of [Infinity, NaN]) {
          // 0 · ∞: x's last element meets filter element (1, 1, 10) of all channels, and one of the filter meets every dy
          assert.is(count(gradients('x', by).dFilter), 4, `x ${by}`);
          assert.is(count(gradients('filter', by).dx), 2 * 2 * 2, `filter ${by}`);
        }
        // The last dy reaches the four pixels of its window with all their channels, and all of its filter channel.
        const {dx, dFilter} = gradients('dy', NaN);
        assert.equal([count(dx), count(dFilter)], [4 * 11, 4 * 11]);
        const finite = gradients(null, 0);
        assert.equal([count(finite.dx), count(finite.dFilter)], [0, 0]);
      }),
    );
  });
}

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

for (const backend of backends) {
  test(`conv2d: random shapes, exact on integers, ${backend}`, () => {
    fc.assert(
      fc.property(anyConv2D, spec => exactOnIntegers(conv2dCase(spec), backend)),
      {numRuns: randomRuns(backend, 150)},
    );
  });

  test(`conv2d: random shapes, exact where most of dy is 0, ${backend}`, () => {
    fc.assert(
      fc.property(anyConv2D, spec => exactOnIntegers(conv2dCase(spec), backend, fewIntegers)),
      {numRuns: randomRuns(backend, 150)},
    );
  });
}

test('conv2d: the pixels get no gradient that nobody asked for', async () => {
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
  expectError(
    () => conv2d(wrong(tf.ones([5, 4, 3])), filter, bias),
    'conv2d: expected x to be a float32 tensor [image, row, column, channel], got shape [5, 4, 3]',
  );
  expectError(
    () => conv2d(wrong(null), filter, bias),
    'conv2d: expected x to be a float32 tensor [image, row, column, channel], got null',
  );
  expectError(
    () => conv2d(tf.cast(x, 'int32'), filter, bias),
    'conv2d: expected x to be a float32 tensor [image, row, column, channel], got dtype int32',
  );
  expectError(
    () => conv2d(tf.zeros([0, 5, 4, 3]), filter, bias),
    'conv2d: expected x with at least one image, got shape [0, 5, 4, 3]',
  );
  expectError(
    () => conv2d(x, wrong(tf.ones([3, 2, 3])), bias),
    'conv2d: expected filter to be a float32 tensor [row, column, input channel, output channel], got shape [3, 2, 3]',
  );
  expectError(
    () => conv2d(x, tf.ones([3, 2, 5, 4]), bias),
    'conv2d: expected x with the 5 channels of the filter [3, 2, 5, 4], got x of shape [2, 5, 4, 3]',
  );
  expectError(
    () => conv2d(x, filter, tf.ones([3])),
    'conv2d: expected a bias of shape [4], got [3]',
  );
  expectError(
    () => conv2d(x, filter, wrong(tf.ones([2, 2]))),
    'conv2d: expected bias to be a float32 tensor [output channel], got shape [2, 2]',
  );
  for (const name of ['strides', 'dilations']) {
    for (const value of [0, -1, 1.5, [1, 0], [1, 2, 3], Number.NaN]) {
      expectError(
        () => conv2d(x, filter, bias, {[name]: value}),
        `conv2d: expected ${name} to be a positive integer or a pair of them, got ${Number.isNaN(value) ? 'NaN' : JSON.stringify(value)}`,
      );
    }
  }
  for (const pad of [
    'full',
    -1,
    0.5,
    [1, 1],
    [[1, 1]],
    [[1, 1], null],
    [
      [0, 1, 2],
      [0, 0],
    ],
    [
      [0, -1],
      [0, 0],
    ],
  ]) {
    expectError(
      () => conv2d(x, filter, bias, {pad: wrong(pad)}),
      `conv2d: expected pad to be 'valid', 'same', an integer of at least 0 or [[top, bottom], [left, right]], got ${JSON.stringify(pad)}`,
    );
  }
  expectError(
    () => conv2d(x, filter, bias, {dilations: 4, pad: 1}),
    'conv2d: expected a window no larger than the padded input [7, 6], got a window that spans [9, 5]',
  );
  tf.dispose([x, filter, bias]);
});

test.run();
