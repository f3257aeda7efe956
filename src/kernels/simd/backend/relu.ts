// relu on `simd` (see ops/relu.ts). The loops: ../relu.ts.
import * as tf from '@tensorflow/tfjs-core';
import {Relu, ReluGradient} from '../../../ops/relu.ts';
import type {SimdBackend} from './backend.ts';
import {kernel, type Tensor} from './kernel.ts';

/** x -> y, of one shape */
export function relu(simd: SimdBackend, {x}: {x: Tensor}): Tensor {
  const N = tf.util.sizeFromShape(x.shape);
  return simd.compute(x.shape, [x], ([x], y) => simd.kernels.relu(x, y, N));
}

export const reluKernels = {
  [Relu]: kernel(relu),
  // dy, y -> dx, of one shape
  [ReluGradient]: kernel((simd, {dy, y}, {outputShape}) => {
    const N = tf.util.sizeFromShape(outputShape);
    return simd.compute(outputShape, [dy, y], ([dy, y], dx) =>
      simd.kernels.reluGradient(dy, y, dx, N),
    );
  }),
};
