// Hands the typed-array kernels to TensorFlow.js's `cpu` backend: tensors in, arrays and sizes on, tensors out.

import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {BiasGradient} from '../../ops/bias.ts';
import {Conv2D, Conv2DFilterGradient, Conv2DInputGradient} from '../../ops/conv2d.ts';
import {Dense, DenseInputGradient, DenseWeightsGradient} from '../../ops/dense.ts';
import {type Attrs, type Kernel, registerKernels, type Untyped} from '../../ops/kernel.ts';
import {MaxPool, MaxPoolGradient} from '../../ops/max_pool.ts';
import {Relu, ReluGradient} from '../../ops/relu.ts';
import {
  Softmax,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGradient,
  SoftmaxGradient,
} from '../../ops/softmax_cross_entropy.ts';
import type {Windows} from '../../ops/windows.ts';
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

type Arrays = Record<string, Float32Array>;

const arrayOf = (backend: MathBackendCPU, tensor: tf.TensorInfo) =>
  backend.data.get(tensor.dataId).values;

/** A kernel that fills one new array, zeros at first. */
function kernel(compute: (arrays: Arrays, attrs: Untyped, out: Float32Array) => void): Kernel {
  return ({inputs, attrs, backend}) => {
    const cpu = backend as MathBackendCPU;
    const arrays: Arrays = {};
    for (const name in inputs) arrays[name] = arrayOf(cpu, inputs[name]) as Float32Array;
    const shape = attrs.outputShape as number[];
    const out = new Float32Array(tf.util.sizeFromShape(shape));
    compute(arrays, attrs, out);
    return cpu.makeTensorInfo(shape, 'float32', out);
  };
}

const maxPoolKernel: Kernel = ({inputs: {x}, attrs, backend}) => {
  const cpu = backend as MathBackendCPU;
  const g = attrs as unknown as Attrs<Windows>;
  const shape = g.outputShape;
  const y = new Float32Array(tf.util.sizeFromShape(shape));
  const position = new Int32Array(y.length);
  maxPool(arrayOf(cpu, x) as Float32Array, g, y, position);
  return [cpu.makeTensorInfo(shape, 'float32', y), cpu.makeTensorInfo(shape, 'int32', position)];
};

registerKernels('cpu', {
  [Conv2D]: kernel(({x, filter, bias = null}, g, y) => conv2d(x, filter, bias, g, y)),
  [Conv2DInputGradient]: kernel(({dy, filter}, g, dx) => conv2dInputGradient(dy, filter, g, dx)),
  [Conv2DFilterGradient]: kernel(({x, dy}, g, dFilter) => conv2dFilterGradient(x, dy, g, dFilter)),
  [MaxPool]: maxPoolKernel,
  [MaxPoolGradient]: kernel(({dy, position}, g, dx) =>
    maxPoolGradient(dy, position as Float32Array & Int32Array, g, dx),
  ),
  [Dense]: kernel(({x, weights, bias = null}, g, y) => dense(x, weights, bias, g, y)),
  [DenseInputGradient]: kernel(({dy, weights}, g, dx) => denseInputGradient(dy, weights, g, dx)),
  [DenseWeightsGradient]: kernel(({x, dy}, g, dWeights) =>
    denseWeightsGradient(x, dy, g, dWeights),
  ),
  [BiasGradient]: kernel(({dy}, _, db) => biasGradient(dy, db)),
  [Relu]: kernel(({x}, _, y) => relu(x, y)),
  [ReluGradient]: kernel(({dy, y}, _, dx) => reluGradient(dy, y, dx)),
  [Softmax]: kernel(({logits}, {B, N}, p) => softmax(logits, B, N, p)),
  [SoftmaxGradient]: kernel(({dp, p}, {B, N}, dlogits) => softmaxGradient(dp, p, B, N, dlogits)),
  [SoftmaxCrossEntropy]: kernel(({labels, logits}, {B, N}, loss) =>
    loss.fill(softmaxCrossEntropy(labels, logits, B, N)),
  ),
  [SoftmaxCrossEntropyGradient]: kernel(({dloss, labels, logits}, {B, N}, dlogits) =>
    softmaxCrossEntropyGradient(dloss[0], labels, logits, B, N, dlogits),
  ),
});
