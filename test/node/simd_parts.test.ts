// The kernels of `simd` in parts: the same bits, however the work is cut.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import type {OpCase} from '../../bench/cases/case.ts';
import {sizeOf} from '../../bench/cases/case.ts';
import {conv2dCases} from '../../bench/cases/conv2d.ts';
import {denseCases} from '../../bench/cases/dense.ts';
import {maxPoolCases} from '../../bench/cases/max_pool.ts';
import {reluCases} from '../../bench/cases/relu.ts';
import {softmaxCrossEntropyCases} from '../../bench/cases/softmax_cross_entropy.ts';
import {Random} from '../../src/random.ts';
import '../backends.ts';
import {expectSameInParts} from '../parts.ts';

/** Normally distributed, or zero but for one number in eight. */
function numbers(shape: number[], seed: number, sparse = false): tf.Tensor {
  const random = new Random(seed);
  const draw = () => (sparse && random.below(8) > 0 ? 0 : random.normal());
  return tf.tensor(Float32Array.from({length: sizeOf(shape)}, draw), shape);
}

/** The output and all gradients of a case, with a dy of which most is 0 or nothing. */
function resultsOf(opCase: OpCase, sparse: boolean): tf.Tensor[] {
  const inputs = opCase.inputs.map(({shape}, i) => numbers(shape, 1 + i));
  const constants = (opCase.constants ?? []).map(({shape}, i) => numbers(shape, 7 + i));
  const run = (...inputs: tf.Tensor[]) => opCase.run([...inputs, ...constants]);
  const dy = numbers(opCase.outputShape, 13, sparse);
  return [run(...inputs), ...tf.grads(run)(inputs, dy)];
}

for (const [op, cases] of Object.entries({
  conv2d: conv2dCases,
  maxPool: maxPoolCases,
  dense: denseCases,
  relu: reluCases,
  softmaxCrossEntropy: softmaxCrossEntropyCases,
})) {
  test(`${op}: the same bits in any number of parts`, () => {
    tf.setBackend('simd');
    for (const opCase of cases) {
      for (const sparse of [false, true]) {
        expectSameInParts(opCase.title, () => tf.tidy(() => resultsOf(opCase, sparse)));
      }
    }
  });
}

test.run();
