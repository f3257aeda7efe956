import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import {expectValues} from '../../bench/cases/compare.ts';
import {reluCase, reluCases} from '../../bench/cases/relu.ts';
import {relu} from '../../src/index.ts';
import {testOnBackends} from '../backends.ts';
import {expectError} from '../errors.ts';
import {testAdjoint, testCases, testRandomShapes} from '../witnesses.ts';

testOnBackends('relu: the gradient at 0 is 0, and a NaN stays a NaN', () => {
  const x = tf.tensor1d([-2, -0, 0, 1e-30, 3, Infinity, -Infinity, NaN]);
  const dy = tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8]);
  const {value, grad} = tf.valueAndGrad(x => relu(x))(x, dy);
  expectValues('y', value, [8], [0, 0, 0, Math.fround(1e-30), 3, Infinity, 0, NaN]);
  expectValues('dx', grad, [8], [0, 0, 0, 4, 5, 6, 0, 0]);
});

testOnBackends('relu: takes the output of a kernel in another shape', () => {
  for (const [rows, shape] of [
    [20, [2, 3, 4, 5]],
    [20, [120]],
    [20, [8, 15]],
    [20, [3, 5, 8]],
    [6000, [3, 2000, 3, 2]], // enough rows for WebGL to lay out four axes in another texture than three
  ] as [number, number[]][]) {
    const values = Float32Array.from({length: 6 * rows}, (_, i) => (i % 121) - 60);
    const given = relu(tf.tensor(values, [rows, 6]));
    const y = relu(tf.reshape(given, shape));
    const expected = values.map(value => Math.max(value, 0));
    expectValues(`[${shape}]`, y, shape, expected);
  }
});

testOnBackends('relu: takes a tensor that was reshaped twice', () => {
  // On WebGL neither reshape moves anything, though both together should: the kernel has to see to it. There are so many rows that
  // WebGL lays out these four axes in another texture than three.
  const shape = [3, 4000, 1, 2];
  const values = Float32Array.from({length: 24000}, (_, i) => (i % 121) - 60);
  const given = relu(tf.tensor(values, [6000, 1, 4]));
  const y = relu(tf.reshape(tf.reshape(given, [24000]), shape));
  const expected = values.map(value => Math.max(value, 0));
  expectValues('y', y, shape, expected);
});

testOnBackends('relu: of a tensor so large that a row of its texture ends anywhere', () => {
  const shape = [31, 40, 27, 35]; // on WebGL 558 rows of 560 texels, where rows of a side of x need 252
  const values = Float32Array.from(
    {length: tf.util.sizeFromShape(shape)},
    (_, i) => (i % 121) - 60,
  );
  const y = relu(tf.tensor(values, shape));
  expectValues(
    'y',
    y,
    shape,
    values.map(value => Math.max(value, 0)),
  );
});

testCases(reluCases);
testAdjoint(reluCases);

const anyShape = fc.array(fc.integer({min: 1, max: 6}), {maxLength: 4});

testRandomShapes('relu', anyShape, reluCase, {numRuns: 50});

test('relu: refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  expectError(() => relu([1, 2] as never), 'relu: expected x to be a float32 tensor, got [1,2]');
  const noFloats = 'relu: expected x to be a float32 tensor, got dtype int32';
  expectError(() => relu(tf.ones([2], 'int32')), noFloats);
  const empty = 'relu: expected x with at least one element, got shape [0, 3]';
  expectError(() => relu(tf.zeros([0, 3])), empty);
});

test.run();
