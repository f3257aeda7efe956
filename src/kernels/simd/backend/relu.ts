// relu on `simd` (see ops/relu.ts). The loops are in ../relu.ts.
import * as tf from '@tensorflow/tfjs-core';
import {Relu, ReluGradient} from '../../../ops/relu.ts';
import type {SimdBackend} from './backend.ts';
import {type Inputs, kernel, type Tensor} from './kernel.ts';

/** x -> y, of x's shape */
export function relu(simd: SimdBackend, {x}: Inputs): Tensor {
  const N = tf.util.sizeFromShape(x.shape);
  return simd.compute(x.shape, [x], ([x], y) => simd.kernels.relu(x, y, N));
}

export const reluKernels = {
  [Relu]: kernel(relu),
  // dy, y -> dx, all of the same shape
  [ReluGradient]: kernel((simd, {dy, y}, {outputShape}) => {
    const N = tf.util.sizeFromShape(outputShape);
    return simd.compute(outputShape, [dy, y], ([dy, y], dx) =>
      simd.kernels.reluGradient(dy, y, dx, N),
    );
  }),
};
