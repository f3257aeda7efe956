// Bias and activation of the stock kernels that fuse them with a product.
import * as tf from '@tensorflow/tfjs-core';
import type {Untyped} from '../../../ops/kernel.ts';
import type {SimdBackend} from './backend.ts';
import type {Tensor} from './kernel.ts';
import {relu} from './relu.ts';
import {isFloats} from './stock_override.ts';

/** True if `bias` is absent or has one number for each column: the kernels start their sums with it. */
export const isRow = (bias: Tensor | undefined, columns: number): boolean =>
  !bias ||
  (isFloats(bias) &&
    tf.util.sizeFromShape(bias.shape) === columns &&
    bias.shape[bias.shape.length - 1] === columns);

const activations: Record<string, string> = {
  relu: tf.Relu,
  relu6: tf.Relu6,
  elu: tf.Elu,
  sigmoid: tf.Sigmoid,
  leakyrelu: tf.LeakyRelu,
  prelu: tf.Prelu,
};

/** Applies the activation of a fused kernel to x, and disposes of x. */
export function activate(
  simd: SimdBackend,
  x: Tensor,
  {activation, leakyreluAlpha}: Untyped,
  alpha: Tensor | undefined,
): Tensor {
  if (!activation || activation === 'linear') return x;
  try {
    if (activation === 'relu') return relu(simd, {x});
    const {kernelFunc} = tf.getKernel(activations[activation], 'cpu');
    const inputs: tf.NamedTensorInfoMap = alpha ? {x, alpha} : {x};
    return kernelFunc({inputs, attrs: {alpha: leakyreluAlpha}, backend: simd}) as Tensor;
  } finally {
    simd.disposeData(x.dataId);
  }
}

/** True if `activate` can apply it. */
export const isKnown = (activation?: string): boolean =>
  !activation || activation === 'linear' || Object.hasOwn(activations, activation);
