// What an op of the bench's tables computes from random numbers, for tests that compare bits.
import * as tf from '@tensorflow/tfjs-core';
import {type OpCase, sizeOf} from '../bench/cases/case.ts';
import {conv2dCases} from '../bench/cases/conv2d.ts';
import {denseCases} from '../bench/cases/dense.ts';
import {maxPoolCases} from '../bench/cases/max_pool.ts';
import {reluCases} from '../bench/cases/relu.ts';
import {softmaxCrossEntropyCases} from '../bench/cases/softmax_cross_entropy.ts';
import {Random} from '../src/random.ts';

export const allCases: Record<string, OpCase[]> = {
  conv2d: conv2dCases,
  maxPool: maxPoolCases,
  dense: denseCases,
  relu: reluCases,
  softmaxCrossEntropy: softmaxCrossEntropyCases,
};

/** Normally distributed numbers, or zeros but for one in eight. */
function numbers(shape: number[], seed: number, sparse = false): tf.Tensor {
  const random = new Random(seed);
  const draw = () => (sparse && random.below(8) > 0 ? 0 : random.normal());
  return tf.tensor(Float32Array.from({length: sizeOf(shape)}, draw), shape);
}

/** The output and all gradients of a case. `sparse`: most of dy is 0. */
export const resultsOf = (opCase: OpCase, sparse: boolean): tf.Tensor[] =>
  tf.tidy(() => {
    const inputs = opCase.inputs.map(({shape}, i) => numbers(shape, 1 + i));
    const constants = (opCase.constants ?? []).map(({shape}, i) => numbers(shape, 7 + i));
    const run = (...inputs: tf.Tensor[]) => opCase.run([...inputs, ...constants]);
    const dy = numbers(opCase.outputShape, 13, sparse);
    return [run(...inputs), ...tf.grads(run)(inputs, dy)];
  });
