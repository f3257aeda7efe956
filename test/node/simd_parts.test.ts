// The kernels of `simd` in parts: the same bits, however the work is cut.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
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

test.run();
