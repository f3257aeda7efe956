import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import {EXACT, expectClose, valuesOf} from '../bench/cases/compare.ts';
import {type MaxPoolSpec, maxPoolCase, maxPoolCases} from '../bench/cases/max_pool.ts';
import {maxPool} from '../src/index.ts';
import {type Backend, backends, onBackend, randomRuns} from './backends.ts';
import {expectError} from './errors.ts';
import {exactOnIntegers, testAdjoint, testCases} from './witnesses.ts';

/** maxPool of one small one-channel image given by its rows, and its gradient for dy, compared exactly. */
function expectPool(
  backend: Backend,
  rows: number[][],
  options: {filterSize: number; strides: number; pad?: number},
  expected: {y: number[][]; dy: number[][]; dx: number[][]},
): void {
  const image = (rows: number[][]) => tf.tensor4d(rows.flat(), [1, rows.length, rows[0].length, 1]);
  onBackend(backend, () =>
    tf.tidy(() => {
      const {filterSize, ...rest} = options;
      const {value, grad} = tf.valueAndGrad(x => maxPool(x as tf.Tensor4D, filterSize, rest))(
        image(rows),
        image(expected.dy),
      );
      const shaped = (rows: number[][]) => ({
        shape: [1, rows.length, rows[0].length, 1],
        values: rows.flat(),
      });
      expectClose('y', valuesOf(value), shaped(expected.y), EXACT);
      expectClose('dx', valuesOf(grad), shaped(expected.dx), EXACT);
    }),
  );
}

for (const backend of backends) {
  test(`maxPool: a case written out, ${backend}`, () => {
    // Windows of 2 × 2 one step apart: the 9 in the middle is the maximum of all four and collects 1 + 2 + 3 + 4.
    expectPool(
      backend,
      [
        [1, 2, 3],
        [4, 9, 5],
        [6, 7, 8],
      ],
      {filterSize: 2, strides: 1},
      {
        y: [
          [9, 9],
          [9, 9],
        ],
        dy: [
          [1, 2],
          [3, 4],
        ],
        dx: [
          [0, 0, 0],
          [0, 1 + 2 + 3 + 4, 0],
          [0, 0, 0],
        ],
      },
    );
  });

  test(`maxPool: a tie goes to the first maximum in row order, ${backend}`, () => {
    expectPool(
      backend,
      [
        [0, 5, 7, 7],
        [5, 5, 7, 7],
      ],
      {filterSize: 2, strides: 2},
      {
        y: [[5, 7]],
        dy: [[1, 2]],
        dx: [
          [0, 1, 2, 0],
          [0, 0, 0, 0],
        ],
      },
    );
  });

  test(`maxPool: a NaN makes the maximum NaN, and the first NaN takes the gradient, ${backend}`, () => {
    expectPool(
      backend,
      [
        [1, NaN, 3, 9],
        [NaN, 2, Infinity, NaN],
      ],
      {filterSize: 2, strides: 2},
      {
        y: [[NaN, NaN]],
        dy: [[1, 2]],
        dx: [
          [0, 1, 0, 0],
          [0, 0, 0, 2],
        ],
      },
    );
  });

  test(`maxPool: padding never wins, not even over −∞, ${backend}`, () => {
    expectPool(
      backend,
      [
        [-Infinity, -4],
        [-3, -2],
      ],
      {filterSize: 2, strides: 2, pad: 1},
      {
        y: [
          [-Infinity, -4],
          [-3, -2],
        ],
        dy: [
          [1, 2],
          [3, 4],
        ],
        dx: [
          [1, 2],
          [3, 4],
        ],
      },
    );
  });
}

testCases(maxPoolCases);
testAdjoint(maxPoolCases);

const upTo = (most: number) => fc.integer({min: 1, max: most});

/** Any pooling whose windows all hold something of x. */
const anyMaxPool: fc.Arbitrary<MaxPoolSpec> = fc
  .record({
    x: fc.tuple(upTo(3), upTo(9), upTo(9), upTo(5)),
    filterSize: fc.tuple(upTo(4), upTo(4)),
    strides: fc.tuple(upTo(4), upTo(4)),
    pad: fc.oneof(fc.constantFrom('valid' as const, 'same' as const), fc.nat(2)),
  })
  .map(({x, filterSize, strides, pad}) => ({x, filterSize, options: {strides, pad}}))
  .filter(({x: [, H, W], filterSize: [kH, kW], options: {strides, pad}}) => {
    if (typeof pad === 'string') return pad === 'same' || (kH <= H && kW <= W);
    const hasX = (size: number, k: number, stride: number) =>
      pad < k &&
      k <= size + 2 * pad &&
      Math.floor((size + 2 * pad - k) / stride) * stride - pad < size;
    return hasX(H, kH, strides[0]) && hasX(W, kW, strides[1]);
  });

for (const backend of backends) {
  test(`maxPool: random shapes, exact on integers, ${backend}`, () => {
    fc.assert(
      fc.property(anyMaxPool, spec => exactOnIntegers(maxPoolCase(spec), backend)),
      {numRuns: randomRuns(backend, 150)},
    );
  });
}

test('maxPool: refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  const x = tf.ones<tf.Rank.R4>([2, 5, 4, 3]);
  expectError(
    () => maxPool(tf.ones([5, 4, 3]) as never, 2),
    'maxPool: expected x to be a float32 tensor [image, row, column, channel], got shape [5, 4, 3]',
  );
  expectError(
    () => maxPool(tf.cast(x, 'bool'), 2),
    'maxPool: expected x to be a float32 tensor [image, row, column, channel], got dtype bool',
  );
  expectError(
    () => maxPool(tf.zeros([0, 5, 4, 3]), 2),
    'maxPool: expected x with at least one image, got shape [0, 5, 4, 3]',
  );
  for (const size of [0, -2, 1.5]) {
    expectError(
      () => maxPool(x, size),
      `maxPool: expected filterSize to be a positive integer or a pair of them, got ${size}`,
    );
    expectError(
      () => maxPool(x, 2, {strides: size}),
      `maxPool: expected strides to be a positive integer or a pair of them, got ${size}`,
    );
  }
  expectError(
    () => maxPool(x, [2, 5]),
    'maxPool: expected a window no larger than the padded input [5, 4], got a window that spans [2, 5]',
  );
  for (const [pad, text] of [
    [2, '2'],
    // The first window misses x above or to the left, then the last one begins just past its end.
    [
      [
        [2, 0],
        [0, 0],
      ],
      '[[2,0],[0,0]]',
    ],
    [
      [
        [0, 0],
        [2, 0],
      ],
      '[[0,0],[2,0]]',
    ],
    [
      [
        [1, 2],
        [0, 0],
      ],
      '[[1,2],[0,0]]',
    ],
    [
      [
        [0, 0],
        [0, 2],
      ],
      '[[0,0],[0,2]]',
    ],
  ] as const) {
    expectError(
      () => maxPool(x, 2, {pad: pad as never}),
      `maxPool: expected every window to hold at least one element of x, got pad ${text} around a window [2, 2]`,
    );
  }
  tf.dispose(x);
});

test.run();
