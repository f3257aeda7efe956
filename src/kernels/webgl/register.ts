// Hands the fragment programs to TensorFlow.js's `webgl` backend, which is there where a page has WebGL. Elsewhere the
// import does no harm: there is no such backend to choose.
import '@tensorflow/tfjs-backend-webgl';
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {BiasGradient} from '../../ops/bias.ts';
import {Conv2D, Conv2DFilterGradient, Conv2DInputGradient} from '../../ops/conv2d.ts';
import {Dense, DenseInputGradient, DenseWeightsGradient} from '../../ops/dense.ts';
import {type Kernel, registerKernels, type Untyped} from '../../ops/kernel.ts';
import {MaxPool, MaxPoolGradient} from '../../ops/max_pool.ts';
import {Relu, ReluGradient} from '../../ops/relu.ts';
import {
  Softmax,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGradient,
  SoftmaxGradient,
} from '../../ops/softmax_cross_entropy.ts';
import {biasGradient} from './bias.ts';
import {conv2d, conv2dFilterGradient, conv2dInputGradient} from './conv2d.ts';
import {dense, denseInputGradient, denseWeightsGradient} from './dense.ts';
import {maxPool, maxPoolGradient} from './max_pool.ts';
import {relu, reluGradient} from './relu.ts';
import {
  softmax,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  softmaxGradient,
} from './softmax_cross_entropy.ts';

/** A kernel from a function of the backend, the inputs by name and the attributes. */
const kernel =
  (
    compute: (
      backend: MathBackendWebGL,
      inputs: Record<string, TensorInfo>,
      attrs: Untyped,
    ) => TensorInfo | TensorInfo[],
  ): Kernel =>
  ({inputs, attrs, backend}) =>
    compute(backend as MathBackendWebGL, inputs, attrs);

registerKernels('webgl', {
  [Conv2D]: kernel((backend, {x, filter, bias = null}, g) => conv2d(backend, x, filter, bias, g)),
  [Conv2DInputGradient]: kernel((backend, {dy, filter}, g) =>
    conv2dInputGradient(backend, dy, filter, g),
  ),
  [Conv2DFilterGradient]: kernel((backend, {x, dy}, g) => conv2dFilterGradient(backend, x, dy, g)),
  [MaxPool]: kernel((backend, {x}, g) => maxPool(backend, x, g)),
  [MaxPoolGradient]: kernel((backend, {dy, position}, g) =>
    maxPoolGradient(backend, dy, position, g),
  ),
  [Dense]: kernel((backend, {x, weights, bias = null}, g) => dense(backend, x, weights, bias, g)),
  [DenseInputGradient]: kernel((backend, {dy, weights}, g) =>
    denseInputGradient(backend, dy, weights, g),
  ),
  [DenseWeightsGradient]: kernel((backend, {x, dy}, g) => denseWeightsGradient(backend, x, dy, g)),
  [BiasGradient]: kernel((backend, {dy}, attrs) => biasGradient(backend, dy, attrs)),
  [Relu]: kernel((backend, {x}, attrs) => relu(backend, x, attrs)),
  [ReluGradient]: kernel((backend, {dy, y}, attrs) => reluGradient(backend, dy, y, attrs)),
  [Softmax]: kernel((backend, {logits}, sizes) => softmax(backend, logits, sizes)),
  [SoftmaxGradient]: kernel((backend, {dp, p}, sizes) => softmaxGradient(backend, dp, p, sizes)),
  [SoftmaxCrossEntropy]: kernel((backend, {labels, logits}, sizes) =>
    softmaxCrossEntropy(backend, labels, logits, sizes),
  ),
  [SoftmaxCrossEntropyGradient]: kernel((backend, {dloss, labels, logits}, sizes) =>
    softmaxCrossEntropyGradient(backend, dloss, labels, logits, sizes),
  ),
});
