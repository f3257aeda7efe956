// The kernels of `simd` in parts: the same bits, however the work is cut.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import {sizeOf} from '../../bench/cases/case.ts';
import {conv2d, maxPool} from '../../src/index.ts';
import type {Untyped} from '../../src/ops/kernel.ts';
import {Random} from '../../src/random.ts';
import '../backends.ts';
import {allCases, resultsOf} from '../op_results.ts';
import {expectSameInParts} from '../parts.ts';

for (const [op, cases] of Object.entries(allCases)) {
  test(`${op}: the same bits in any number of parts`, () => {
    tf.setBackend('simd');
    for (const opCase of cases) {
      for (const sparse of [false, true]) {
        expectSameInParts(opCase.title, () => resultsOf(opCase, sparse));
      }
    }
  });
}

test('conv2d under maxPool: the same bits in any number of parts', () => {
  tf.setBackend('simd');
  const random = new Random(18);
  const draw = (shape: number[]) =>
    tf.tensor(
      Float32Array.from({length: sizeOf(shape)}, () => random.normal()),
      shape,
    );
  const inputs = [draw([7, 12, 11, 3]), draw([3, 4, 3, 11]), draw([11])];
  const dy = draw([7, 5, 4, 11]);
  const layer = (x: Untyped, filter: Untyped, bias: Untyped) => maxPool(conv2d(x, filter, bias), 2);
  expectSameInParts('conv2d under maxPool', () => tf.tidy(() => tf.grads(layer)(inputs, dy)));
  tf.dispose([inputs, dy]);
});

test.run();
