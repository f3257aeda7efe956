// The stock backend `cpu` as the witness of `simd`.
import * as tf from '@tensorflow/tfjs-core';
import {EXACT, expectClose, type Values, valuesOf} from '../bench/cases/compare.ts';
import {Random} from '../src/random.ts';

/** Integers from −4 to 4: sums of their products are exact. */
export function integers(shape: number[], seed = 1): tf.Tensor {
  const random = new Random(seed);
  const draw = () => random.below(9) - 4;
  return tf.tensor(Float32Array.from({length: tf.util.sizeFromShape(shape)}, draw), shape);
}

/** What `compute` returns on the backend, or the message of its error. */
function outcome(backend: string, compute: () => tf.Tensor): Values | string {
  tf.setBackend(backend);
  try {
    const y = tf.tidy(compute);
    const values = valuesOf(y);
    y.dispose();
    return values;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Expects the current backend to give exactly the result of `cpu`, or the same error. */
export function expectAsOnCpu(what: string, compute: () => tf.Tensor): void {
  const backends = ['cpu', tf.getBackend()]; // the second is current again afterwards
  if (backends[1] === 'cpu') throw new Error(`${what}: expected another backend than cpu`);
  const [expected, actual] = backends.map(backend => outcome(backend, compute));
  if (typeof expected !== 'string' && typeof actual !== 'string') {
    expectClose(what, actual, expected, EXACT);
  } else if (actual !== expected) {
    const texts = [expected, actual].map(found => (typeof found === 'string' ? found : 'a result'));
    throw new Error(`${what}: expected ${texts[0]}, got ${texts[1]}`);
  }
}
