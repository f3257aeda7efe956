import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import {EXACT, expectClose, valuesOf} from '../bench/cases/compare.ts';
import {denseCase, denseCases} from '../bench/cases/dense.ts';
import {dense} from '../src/index.ts';
import {backends, onBackend, randomRuns} from './backends.ts';
import {expectError} from './errors.ts';
import {exactOnIntegers, testAdjoint, testCases} from './witnesses.ts';

for (const backend of backends) {
  test(`dense: a case written out, ${backend}`, () => {
    onBackend(backend, () =>
      tf.tidy(() => {
        const x = tf.tensor2d([1, 2, 3], [1, 3]);
        const weights = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
        const bias = tf.tensor1d([10, 20]);
        const {value, grads} = tf.valueAndGrads((x, weights, bias) =>
          dense(x as tf.Tensor2D, weights as tf.Tensor2D, bias as tf.Tensor1D),
        )([x, weights, bias], tf.tensor2d([1, 2], [1, 2]));
        // 1·1 + 2·3 + 3·5 + 10   1·2 + 2·4 + 3·6 + 20
        expectClose('y', valuesOf(value), {shape: [1, 2], values: [32, 48]}, EXACT);
        // 1·1 + 2·2   1·3 + 2·4   1·5 + 2·6
        expectClose('dx', valuesOf(grads[0]), {shape: [1, 3], values: [5, 11, 17]}, EXACT);
        expectClose(
          'dWeights',
          valuesOf(grads[1]),
          {shape: [3, 2], values: [1, 2, 2, 4, 3, 6]},
          EXACT,
        );
        expectClose('dBias', valuesOf(grads[2]), {shape: [2], values: [1, 2]}, EXACT);
      }),
    );
  });
}

// Only the kernels in TypeScript promise this: 2²⁴ + 1 is no float32 number.
test('dense: sums are kept in float64, cpu', () => {
  onBackend('cpu', () =>
    tf.tidy(() => {
      const large = tf.tensor2d([2 ** 24, 1, 1], [3, 1]);
      const [dx, dWeights, dBias] = tf.grads((x, weights, bias) =>
        dense(x as tf.Tensor2D, weights as tf.Tensor2D, bias as tf.Tensor1D),
      )([tf.ones([3, 1]), tf.ones([1, 1]), tf.zeros([1])], large);
      expectClose('dx', valuesOf(dx), {shape: [3, 1], values: [2 ** 24, 1, 1]}, EXACT);
      expectClose('dWeights', valuesOf(dWeights), {shape: [1, 1], values: [2 ** 24 + 2]}, EXACT);
      expectClose('dBias', valuesOf(dBias), {shape: [1], values: [2 ** 24 + 2]}, EXACT);
    }),
  );
});

testCases(denseCases);
testAdjoint(denseCases);

const size = fc.integer({min: 1, max: 20});
const anyDense = fc.record({B: size, I: size, O: size, bias: fc.boolean()});

for (const backend of backends) {
  test(`dense: random shapes, exact on integers, ${backend}`, () => {
    fc.assert(
      fc.property(anyDense, spec => exactOnIntegers(denseCase(spec), backend)),
      {numRuns: randomRuns(backend, 150)},
    );
  });
}

test('dense: refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  const x = tf.ones<tf.Rank.R2>([2, 5]);
  const weights = tf.ones<tf.Rank.R2>([5, 3]);
  expectError(
    () => dense(tf.ones([2, 5, 1]) as never, weights, null),
    'dense: expected x to be a float32 tensor [example, input], got shape [2, 5, 1]',
  );
  expectError(
    () => dense(tf.cast(x, 'int32'), weights, null),
    'dense: expected x to be a float32 tensor [example, input], got dtype int32',
  );
  expectError(
    () => dense(tf.zeros([0, 5]), weights, null),
    'dense: expected x with at least one example, got shape [0, 5]',
  );
  expectError(
    () => dense(tf.zeros([2, 0]), tf.zeros([0, 3]), null),
    'dense: expected x with at least one input, got shape [2, 0]',
  );
  expectError(
    () => dense(x, tf.ones([5, 3, 1]) as never, null),
    'dense: expected weights to be a float32 tensor [input, output], got shape [5, 3, 1]',
  );
  expectError(
    () => dense(x, weights, tf.ones([1, 3]) as never),
    'dense: expected bias to be a float32 tensor [output], got shape [1, 3]',
  );
  expectError(
    () => dense(x, tf.ones([4, 3]), null),
    'dense: expected weights with a row for each of the 5 inputs, got weights of shape [4, 3]',
  );
  expectError(
    () => dense(x, weights, tf.ones([5])),
    'dense: expected a bias of shape [3], got [5]',
  );
  tf.dispose([x, weights]);
});

test.run();
