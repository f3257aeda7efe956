// Turns a function that calls the compiled code into a kernel of the backend `simd`.
import type * as tf from '@tensorflow/tfjs-core';
import type {Kernel, Untyped} from '../../../ops/kernel.ts';
import type {SimdBackend} from './backend.ts';

export type Tensor = tf.TensorInfo;

/** Tensors by name. One that an op may leave out, a bias, is undefined. */
export type Inputs = Record<string, Tensor>;

/** The kernel that calls `run` with the backend, the inputs and the attributes. */
export const kernel =
  (run: (simd: SimdBackend, inputs: Inputs, attrs: Untyped) => Tensor | Tensor[]): Kernel =>
  ({inputs, attrs, backend}) =>
    run(backend, inputs, attrs);
