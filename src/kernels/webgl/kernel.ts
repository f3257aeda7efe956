// Turns a function that runs fragment programs into a kernel of TensorFlow.js's `webgl` backend.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Kernel, Untyped} from '../../ops/kernel.ts';

export type Backend = MathBackendWebGL;

/** Tensors by name. One that an op may leave out, a bias, is undefined. */
export type Inputs = Record<string, TensorInfo>;

/** The kernel that calls `run` with the backend, the inputs and the attributes. */
export const kernel =
  (run: (backend: Backend, inputs: Inputs, attrs: Untyped) => TensorInfo | TensorInfo[]): Kernel =>
  ({inputs, attrs, backend}) =>
    run(backend, inputs, attrs);
