import type * as tf from '@tensorflow/tfjs-core';
import type {Kernel, Untyped} from '../../../ops/kernel.ts';
import type {SimdBackend} from './backend.ts';

export type Tensor = tf.TensorInfo;

/** A function of this backend, the tensors by name and the attributes, as a kernel in the registry's form. */
export const kernel =
  (run: (simd: SimdBackend, inputs: Untyped, attrs: Untyped) => Tensor | Tensor[]): Kernel =>
  ({inputs, attrs, backend}) =>
    run(backend, inputs, attrs);
