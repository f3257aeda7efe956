// How a function that runs fragment programs becomes a kernel of TensorFlow.js's `webgl` backend.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Kernel, Untyped} from '../../ops/kernel.ts';

/** Tensors by name. One that an op may leave out, a bias, is undefined. */
export type Inputs = Record<string, TensorInfo>;

/** The kernel that gives `compute` its inputs, its attributes and the backend. */
export const kernel =
  (
    compute: (
      inputs: Inputs,
      attrs: Untyped,
      backend: MathBackendWebGL,
    ) => TensorInfo | TensorInfo[],
  ): Kernel =>
  ({inputs, attrs, backend}) =>
    compute(inputs, attrs, backend);
