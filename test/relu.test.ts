import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import {EXACT, expectClose, valuesOf} from '../bench/cases/compare.ts';
import {reluCase, reluCases} from '../bench/cases/relu.ts';
import {relu} from '../src/index.ts';
import {backends, onBackend, randomRuns} from './backends.ts';
import {expectError} from './errors.ts';
import {exactOnIntegers, testAdjoint, testCases} from './witnesses.ts';

for (const backend of backends) {
  test(`relu: the gradient at 0 is 0; a NaN stays, ${backend}`, () => {
    onBackend(backend, () =>
      tf.tidy(() => {
        const x = tf.tensor1d([-2, -0, 0, 1e-30, 3, Infinity, -Infinity, NaN]);
        const dy = tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8]);
        const {value, grad} = tf.valueAndGrad(x => relu(x))(x, dy);
        expectClose(
          'y',
          valuesOf(value),
          {shape: [8], values: [0, 0, 0, Math.fround(1e-30), 3, Infinity, 0, NaN]},
          EXACT,
        );
        expectClose('dx', valuesOf(grad), {shape: [8], values: [0, 0, 0, 4, 5, 6, 0, 0]}, EXACT);
      }),
    );
  });
}

for (const backend of backends) {
  test(`relu: of what a kernel gave, in another shape, ${backend}`, () =>
    onBackend(backend, () =>
      tf.tidy(() => {
        for (const [rows, shape] of [
          [20, [2, 3, 4, 5]],
          [20, [120]],
          [20, [8, 15]],
          [20, [3, 5, 8]],
          [6000, [3, 2000, 3, 2]], // so many rows that a texture of four axes is laid out otherwise than one of three
        ] as [number, number[]][]) {
          const values = Float32Array.from({length: 6 * rows}, (_, i) => (i % 121) - 60);
          const expected = values.map(value => Math.max(value, 0));
          const given = relu(tf.tensor(values, [rows, 6]));
          const y = relu(tf.reshape(given, shape));
          expectClose(`[${shape}]`, valuesOf(y), {shape, values: expected}, EXACT);
        }
      }),
    ));
}

testCases(reluCases);
testAdjoint(reluCases);

const anyShape = fc.array(fc.integer({min: 1, max: 6}), {maxLength: 4});

for (const backend of backends) {
  test(`relu: random shapes, exact on integers, ${backend}`, () => {
    fc.assert(
      fc.property(anyShape, shape => exactOnIntegers(reluCase(shape), backend)),
      {numRuns: randomRuns(backend, 50)},
    );
  });
}

test('relu: refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  expectError(() => relu([1, 2] as never), 'relu: expected x to be a float32 tensor, got [1,2]');
  expectError(
    () => relu(tf.ones([2], 'int32')),
    'relu: expected x to be a float32 tensor, got dtype int32',
  );
  expectError(
    () => relu(tf.zeros([0, 3])),
    'relu: expected x with at least one element, got shape [0, 3]',
  );
});

test.run();
