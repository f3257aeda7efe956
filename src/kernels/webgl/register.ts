// Hands the fragment programs to TensorFlow.js's `webgl` backend, which is there where a page has WebGL. Elsewhere the
// import does no harm: there is no such backend to choose.
import '@tensorflow/tfjs-backend-webgl';
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {Conv2D, Conv2DFilterGradient, Conv2DInputGradient} from '../../ops/conv2d.ts';
import {type Kernel, registerKernels, type Untyped} from '../../ops/kernel.ts';
import {conv2d, conv2dFilterGradient, conv2dInputGradient} from './conv2d.ts';

/** A kernel from a function of the backend, the inputs by name and the attributes. */
const kernel =
  (
    compute: (
      backend: MathBackendWebGL,
      inputs: Record<string, TensorInfo>,
      attrs: Untyped,
    ) => TensorInfo,
  ): Kernel =>
  ({inputs, attrs, backend}) =>
    compute(backend as MathBackendWebGL, inputs, attrs);

registerKernels('webgl', {
  [Conv2D]: kernel((backend, {x, filter, bias = null}, g) => conv2d(backend, x, filter, bias, g)),
  [Conv2DInputGradient]: kernel((backend, {dy, filter}, g) =>
    conv2dInputGradient(backend, dy, filter, g),
  ),
  [Conv2DFilterGradient]: kernel((backend, {x, dy}, g) => conv2dFilterGradient(backend, x, dy, g)),
});
