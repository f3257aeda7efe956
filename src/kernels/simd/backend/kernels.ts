// Our ops' kernels on `simd`: where the tensors lie and how large they are goes to WebAssembly, and nothing else.
// Scratch and inputs come first and outputs last: what fails for lack of memory then leaves no tensor behind.
import type * as tf from '@tensorflow/tfjs-core';
import {BiasGradient} from '../../../ops/bias.ts';
import {
  Conv2D,
  Conv2DFilterGradient,
  type Conv2DGeometry,
  Conv2DInputGradient,
} from '../../../ops/conv2d.ts';
import {
  Dense,
  type DenseGeometry,
  DenseInputGradient,
  DenseWeightsGradient,
} from '../../../ops/dense.ts';
import type {Attrs, Kernel, Untyped} from '../../../ops/kernel.ts';
import {MaxPool, MaxPoolGradient} from '../../../ops/max_pool.ts';
import {Relu, ReluGradient} from '../../../ops/relu.ts';
import {
  Softmax,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGradient,
  type SoftmaxGeometry,
  SoftmaxGradient,
} from '../../../ops/softmax_cross_entropy.ts';
import type {Windows} from '../../../ops/windows.ts';
import type {SimdBackend} from './backend.ts';
import {conv2dSizes, maxPoolSizes} from './sizes.ts';

type Tensor = tf.TensorInfo;

const sizeOf = (shape: number[]): number => shape.reduce((product, size) => product * size, 1);

// The stock names call these as well.

export function conv2d(
  simd: SimdBackend,
  x: Tensor,
  filter: Tensor,
  bias: Tensor | undefined,
  g: Attrs<Conv2DGeometry>,
): Tensor {
  const {kernels} = simd;
  const sizes = conv2dSizes(g);
  const shape = g.outputShape;
  return simd.withScratch(kernels.conv2dScratch(...sizes), shape, scratch => {
    const [xAt, filterAt] = [simd.pointer(x), simd.pointer(filter)];
    const biasAt = bias ? simd.pointer(bias) : 0;
    const y = simd.allocate(shape);
    kernels.conv2d(xAt, filterAt, biasAt, simd.pointer(y), scratch, ...sizes);
    return y;
  });
}

export function conv2dInputGradient(
  simd: SimdBackend,
  dy: Tensor,
  filter: Tensor,
  g: Attrs<Conv2DGeometry>,
): Tensor {
  const {kernels} = simd;
  const sizes = conv2dSizes(g);
  const shape = g.outputShape;
  return simd.withScratch(kernels.conv2dInputGradientScratch(...sizes), shape, scratch => {
    const [dyAt, filterAt] = [simd.pointer(dy), simd.pointer(filter)];
    const dx = simd.allocate(shape);
    kernels.conv2dInputGradient(dyAt, filterAt, simd.pointer(dx), scratch, ...sizes);
    return dx;
  });
}

export function conv2dFilterGradient(
  simd: SimdBackend,
  x: Tensor,
  dy: Tensor,
  g: Attrs<Conv2DGeometry>,
): Tensor {
  const {kernels} = simd;
  const sizes = conv2dSizes(g);
  const shape = g.outputShape;
  return simd.withScratch(kernels.conv2dFilterGradientScratch(...sizes), shape, scratch => {
    const [xAt, dyAt] = [simd.pointer(x), simd.pointer(dy)];
    const dFilter = simd.allocate(shape);
    kernels.conv2dFilterGradient(xAt, dyAt, simd.pointer(dFilter), scratch, ...sizes);
    return dFilter;
  });
}

/** y, and in which element of its window each maximum was found. A NaN wins, or is ignored as stock kernels do. */
export function maxPool(
  simd: SimdBackend,
  x: Tensor,
  g: Attrs<Windows>,
  nanWins = true,
): [Tensor, Tensor] {
  const {kernels} = simd;
  const sizes = maxPoolSizes(g);
  const shape = g.outputShape;
  return simd.withScratch(kernels.maxPoolScratch(g.H, g.W, g.kH, g.kW), shape, scratch => {
    const xAt = simd.pointer(x);
    const y = simd.allocate(shape);
    let position: Tensor;
    try {
      position = simd.allocate(shape, 'int32');
    } catch (error) {
      simd.disposeData(y.dataId);
      throw error;
    }
    const pool = nanWins ? kernels.maxPool : kernels.maxPoolIgnoringNaN;
    pool(xAt, simd.pointer(y), simd.int32Pointer(position), scratch, ...sizes);
    return [y, position];
  });
}

export function maxPoolGradient(
  simd: SimdBackend,
  dy: Tensor,
  position: Tensor,
  g: Attrs<Windows>,
): Tensor {
  const {kernels} = simd;
  const sizes = maxPoolSizes(g);
  const shape = g.outputShape;
  return simd.withScratch(kernels.maxPoolScratch(g.H, g.W, g.kH, g.kW), shape, scratch => {
    const [dyAt, positionAt] = [simd.pointer(dy), simd.int32Pointer(position)];
    const dx = simd.allocate(shape);
    kernels.maxPoolGradient(dyAt, positionAt, simd.pointer(dx), scratch, ...sizes);
    return dx;
  });
}

/** dy [..., K] -> db [K] */
export function biasGradient(simd: SimdBackend, dy: Tensor): Tensor {
  const K = dy.shape[dy.shape.length - 1];
  const dyAt = simd.pointer(dy);
  const db = simd.allocate([K]);
  simd.kernels.biasGradient(dyAt, simd.pointer(db), sizeOf(dy.shape) / K, K);
  return db;
}

export function relu(simd: SimdBackend, x: Tensor): Tensor {
  const xAt = simd.pointer(x);
  const y = simd.allocate(x.shape);
  simd.kernels.relu(xAt, simd.pointer(y), sizeOf(x.shape));
  return y;
}

function reluGradient(simd: SimdBackend, dy: Tensor, y: Tensor): Tensor {
  const [dyAt, yAt] = [simd.pointer(dy), simd.pointer(y)];
  const dx = simd.allocate(y.shape);
  simd.kernels.reluGradient(dyAt, yAt, simd.pointer(dx), sizeOf(y.shape));
  return dx;
}

function dense(
  simd: SimdBackend,
  x: Tensor,
  weights: Tensor,
  bias: Tensor | undefined,
  {B, I, O, outputShape: shape}: Attrs<DenseGeometry>,
): Tensor {
  const {kernels} = simd;
  return simd.withScratch(kernels.matMulScratch(B), shape, scratch => {
    const [xAt, weightsAt] = [simd.pointer(x), simd.pointer(weights)];
    const biasAt = bias ? simd.pointer(bias) : 0;
    const y = simd.allocate(shape);
    kernels.dense(xAt, weightsAt, biasAt, simd.pointer(y), scratch, B, I, O);
    return y;
  });
}

function denseInputGradient(
  simd: SimdBackend,
  dy: Tensor,
  weights: Tensor,
  {B, I, O, outputShape: shape}: Attrs<DenseGeometry>,
): Tensor {
  const {kernels} = simd;
  return simd.withScratch(kernels.denseInputGradientScratch(B, I, O), shape, scratch => {
    const [dyAt, weightsAt] = [simd.pointer(dy), simd.pointer(weights)];
    const dx = simd.allocate(shape);
    kernels.denseInputGradient(dyAt, weightsAt, simd.pointer(dx), scratch, B, I, O);
    return dx;
  });
}

function denseWeightsGradient(
  simd: SimdBackend,
  x: Tensor,
  dy: Tensor,
  {B, I, O, outputShape: shape}: Attrs<DenseGeometry>,
): Tensor {
  const {kernels} = simd;
  return simd.withScratch(kernels.matMulScratch(I), shape, scratch => {
    const [xAt, dyAt] = [simd.pointer(x), simd.pointer(dy)];
    const dWeights = simd.allocate(shape);
    kernels.denseWeightsGradient(xAt, dyAt, simd.pointer(dWeights), scratch, B, I, O);
    return dWeights;
  });
}

function softmax(
  simd: SimdBackend,
  logits: Tensor,
  {B, N, outputShape}: Attrs<SoftmaxGeometry>,
): Tensor {
  const logitsAt = simd.pointer(logits);
  const p = simd.allocate(outputShape);
  simd.kernels.softmax(logitsAt, simd.pointer(p), B, N);
  return p;
}

function softmaxGradient(
  simd: SimdBackend,
  dp: Tensor,
  p: Tensor,
  {B, N, outputShape}: Attrs<SoftmaxGeometry>,
): Tensor {
  const [dpAt, pAt] = [simd.pointer(dp), simd.pointer(p)];
  const dlogits = simd.allocate(outputShape);
  simd.kernels.softmaxGradient(dpAt, pAt, simd.pointer(dlogits), B, N);
  return dlogits;
}

function softmaxCrossEntropy(
  simd: SimdBackend,
  labels: Tensor,
  logits: Tensor,
  {B, N, outputShape}: Attrs<SoftmaxGeometry>,
): Tensor {
  const [labelsAt, logitsAt] = [simd.pointer(labels), simd.pointer(logits)];
  const loss = simd.allocate(outputShape);
  simd.kernels.softmaxCrossEntropy(labelsAt, logitsAt, simd.pointer(loss), B, N);
  return loss;
}

function softmaxCrossEntropyGradient(
  simd: SimdBackend,
  dloss: Tensor,
  labels: Tensor,
  logits: Tensor,
  {B, N, outputShape}: Attrs<SoftmaxGeometry>,
): Tensor {
  const dlossAt = simd.pointer(dloss);
  const [labelsAt, logitsAt] = [simd.pointer(labels), simd.pointer(logits)];
  const dlogits = simd.allocate(outputShape);
  const dlogitsAt = simd.pointer(dlogits);
  simd.kernels.softmaxCrossEntropyGradient(dlossAt, labelsAt, logitsAt, dlogitsAt, B, N);
  return dlogits;
}

/** Gives the registry's call the form that the functions above have. */
const kernel =
  (
    call: (simd: SimdBackend, inputs: Record<string, Tensor>, attrs: Untyped) => Tensor | Tensor[],
  ): Kernel =>
  ({inputs, attrs, backend}) =>
    call(backend as SimdBackend, inputs, attrs);

export const kernels: Record<string, Kernel> = {
  [Conv2D]: kernel((simd, {x, filter, bias}, g) => conv2d(simd, x, filter, bias, g)),
  [Conv2DInputGradient]: kernel((simd, {dy, filter}, g) =>
    conv2dInputGradient(simd, dy, filter, g),
  ),
  [Conv2DFilterGradient]: kernel((simd, {x, dy}, g) => conv2dFilterGradient(simd, x, dy, g)),
  // The tape makes zeros of this output's shape, as the gradient that it hasn't got: for a shape without axes that is
  // one zero. Nobody but the gradient kernel looks at the positions, and it finds them by the dataId.
  [MaxPool]: kernel((simd, {x}, g) => {
    const [y, position] = maxPool(simd, x, g);
    return [y, {...position, shape: []}];
  }),
  [MaxPoolGradient]: kernel((simd, {dy, position}, g) => maxPoolGradient(simd, dy, position, g)),
  [Dense]: kernel((simd, {x, weights, bias}, g) => dense(simd, x, weights, bias, g)),
  [DenseInputGradient]: kernel((simd, {dy, weights}, g) =>
    denseInputGradient(simd, dy, weights, g),
  ),
  [DenseWeightsGradient]: kernel((simd, {x, dy}, g) => denseWeightsGradient(simd, x, dy, g)),
  [BiasGradient]: kernel((simd, {dy}) => biasGradient(simd, dy)),
  [Relu]: kernel((simd, {x}) => relu(simd, x)),
  [ReluGradient]: kernel((simd, {dy, y}) => reluGradient(simd, dy, y)),
  [Softmax]: kernel((simd, {logits}, g) => softmax(simd, logits, g)),
  [SoftmaxGradient]: kernel((simd, {dp, p}, g) => softmaxGradient(simd, dp, p, g)),
  [SoftmaxCrossEntropy]: kernel((simd, {labels, logits}, g) =>
    softmaxCrossEntropy(simd, labels, logits, g),
  ),
  [SoftmaxCrossEntropyGradient]: kernel((simd, {dloss, labels, logits}, g) =>
    softmaxCrossEntropyGradient(simd, dloss, labels, logits, g),
  ),
};
