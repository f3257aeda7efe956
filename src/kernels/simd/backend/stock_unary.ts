// Stock kernels on `simd` that take the numbers of one tensor one by one.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';
import type {Tensor} from './kernel.ts';
import type {Pointer, SimdKernels} from './module.ts';
import {relu} from './relu.ts';
import {isFloats, type Override, type Overrides} from './stock_override.ts';

export const unaryOverrides: Overrides = {
  [tf.Relu]: (simd, {x}) => (isFloats(x) ? relu(simd, {x}) : undefined),

  [tf.Step]: (simd, {x}, {alpha}) =>
    isFloats(x) ? eachOf(simd, x, (kernels, x, y, N) => kernels.step(x, y, alpha, N)) : undefined,
  [tf.Square]: unary('square'),
  [tf.Sqrt]: unary('sqrt'),
  [tf.Rsqrt]: unary('rsqrt'),
  [tf.Floor]: unary('floor'),
};

function unary(op: 'square' | 'sqrt' | 'rsqrt' | 'floor'): Override {
  return (simd, {x}) =>
    isFloats(x) ? eachOf(simd, x, (kernels, x, y, N) => kernels[op](x, y, N)) : undefined;
}

/** x -> y, of x's shape. `run` fills y from N numbers of x on. */
function eachOf(
  simd: SimdBackend,
  x: Tensor,
  run: (kernels: SimdKernels, x: Pointer, y: Pointer, N: number) => void,
): Tensor {
  const N = tf.util.sizeFromShape(x.shape);
  return simd.compute(
    x.shape,
    [x],
    ([x], y, {kernels, first, count}) =>
      run(kernels, x + 16 * first, y + 16 * first, Math.min(4 * count, N - 4 * first)),
    {units: Math.ceil(N / 4), work: N},
  );
}
