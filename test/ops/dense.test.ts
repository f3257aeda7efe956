import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import {expectValues} from '../../bench/cases/compare.ts';
import {denseCase, denseCases} from '../../bench/cases/dense.ts';
import * as ops from '../../src/index.ts';
import type {Untyped} from '../../src/ops/kernel.ts';
import {onBackend, testOnBackends} from '../backends.ts';
import {expectError} from '../errors.ts';
import {testAdjoint, testCases, testRandomShapes} from '../witnesses.ts';

/** The op for tensors of any rank, as tf.grads passes them, and for wrong arguments. */
const dense: (...args: Untyped[]) => tf.Tensor = ops.dense;

testOnBackends('dense: a case written out', () => {
  const x = tf.tensor2d([1, 2, 3], [1, 3]);
  const weights = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
  const bias = tf.tensor1d([10, 20]);
  const dy = tf.tensor2d([1, 2], [1, 2]);
  const {value, grads} = tf.valueAndGrads(dense)([x, weights, bias], dy);
  // 1·1 + 2·3 + 3·5 + 10   1·2 + 2·4 + 3·6 + 20
  expectValues('y', value, [1, 2], [32, 48]);
  // 1·1 + 2·2   1·3 + 2·4   1·5 + 2·6
  expectValues('dx', grads[0], [1, 3], [5, 11, 17]);
  expectValues('dWeights', grads[1], [3, 2], [1, 2, 2, 4, 3, 6]);
  expectValues('dBias', grads[2], [2], [1, 2]);
});

// Only the TypeScript kernels promise this. 2²⁴ + 1 is no float32 number.
test('dense: sums are kept in float64, cpu', () => {
  onBackend('cpu', () =>
    tf.tidy(() => {
      const large = tf.tensor2d([2 ** 24, 1, 1], [3, 1]);
      const inputs = [tf.ones([3, 1]), tf.ones([1, 1]), tf.zeros([1])];
      const [dx, dWeights, dBias] = tf.grads(dense)(inputs, large);
      expectValues('dx', dx, [3, 1], [2 ** 24, 1, 1]);
      expectValues('dWeights', dWeights, [1, 1], [2 ** 24 + 2]);
      expectValues('dBias', dBias, [1], [2 ** 24 + 2]);
    }),
  );
});

testCases(denseCases);
testAdjoint(denseCases);

const size = fc.integer({min: 1, max: 20});
const anyDense = fc.record({B: size, I: size, O: size, bias: fc.boolean()});

testRandomShapes('dense', anyDense, denseCase);

test('dense: refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  const x = tf.ones([2, 5]);
  const weights = tf.ones([5, 3]);
  const refuses = (work: () => unknown, expected: string) =>
    expectError(work, `dense: expected ${expected}`);
  const noX = 'x to be a float32 tensor [example, input], got';
  const noWeights = 'weights to be a float32 tensor [input, output], got';
  const noBias = 'bias to be a float32 tensor [output], got';
  const tooFew = 'weights with a row for each of the 5 inputs, got weights of';
  const [noExample, noInput] = ['example', 'input'].map(axis => `x with at least one ${axis}, got`);
  refuses(() => dense(tf.ones([2, 5, 1]), weights, null), `${noX} shape [2, 5, 1]`);
  refuses(() => dense(tf.cast(x, 'int32'), weights, null), `${noX} dtype int32`);
  refuses(() => dense(tf.zeros([0, 5]), weights, null), `${noExample} shape [0, 5]`);
  refuses(() => dense(tf.zeros([2, 0]), tf.zeros([0, 3]), null), `${noInput} shape [2, 0]`);
  refuses(() => dense(x, tf.ones([5, 3, 1]), null), `${noWeights} shape [5, 3, 1]`);
  refuses(() => dense(x, weights, tf.ones([1, 3])), `${noBias} shape [1, 3]`);
  refuses(() => dense(x, tf.ones([4, 3]), null), `${tooFew} shape [4, 3]`);
  refuses(() => dense(x, weights, tf.ones([1])), 'a bias of shape [3], got [1]');
  refuses(() => dense(x, weights, tf.ones([5])), 'a bias of shape [3], got [5]');
  tf.dispose([x, weights]);
});

test.run();
