// relu on `simd` (see ops/relu.ts). The loops are in ../relu.ts.
import * as tf from '@tensorflow/tfjs-core';
import {Relu, ReluGradient} from '../../../ops/relu.ts';
import type {SimdBackend} from './backend.ts';
import {type Inputs, kernel, type Tensor} from './kernel.ts';

/** x -> y, of x's shape */
export function relu(simd: SimdBackend, {x}: Inputs): Tensor {
  const N = tf.util.sizeFromShape(x.shape);
  return simd.compute(
    x.shape,
    [x],
    ([x], y, {kernels, first, count}) =>
      kernels.relu(x + 16 * first, y + 16 * first, Math.min(4 * count, N - 4 * first)),
    {units: Math.ceil(N / 4), work: N},
  );
}

export const reluKernels = {
  [Relu]: kernel(relu),
  // dy, y -> dx, all of the same shape
  [ReluGradient]: kernel((simd, {dy, y}, {outputShape}) => {
    const N = tf.util.sizeFromShape(outputShape);
    return simd.compute(
      outputShape,
      [dy, y],
      ([dy, y], dx, {kernels, first, count}) =>
        kernels.reluGradient(
          dy + 16 * first,
          y + 16 * first,
          dx + 16 * first,
          Math.min(4 * count, N - 4 * first),
        ),
      {units: Math.ceil(N / 4), work: 2 * N},
    );
  }),
};
