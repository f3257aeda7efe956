// What the tests of `simd` hold against the stock backend `cpu`.
import * as tf from '@tensorflow/tfjs-core';
import {type Values, valuesOf} from '../bench/cases/compare.ts';
import {Random} from '../src/random.ts';

/** Integers from −4 to 4: sums of their products are exact. */
export function integers(shape: number[], seed = 1): tf.Tensor {
  const random = new Random(seed);
  const draw = () => random.below(9) - 4;
  return tf.tensor(Float32Array.from({length: tf.util.sizeFromShape(shape)}, draw), shape);
}

/** The result on that backend. */
export function valuesOn(backend: string, compute: () => tf.Tensor): Values {
  tf.setBackend(backend);
  const y = tf.tidy(compute);
  const values = valuesOf(y);
  y.dispose();
  return values;
}
