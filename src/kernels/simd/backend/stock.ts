// The kernels of `simd` under TensorFlow.js's own names: all those of the stock CPU backend. Kernels of ours come before the stock
// kernels that take the most time in tf.layers' `model.fit`. Ours decline what they can't do: another dtype, channels first, an
// unusual broadcast, windows at fractions of a pixel or cut by negative padding, more than the memory holds. The stock kernel then
// computes it, or says why it can't.
import * as tf from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../../ops/conv2d.ts';
import type {Attrs, Untyped} from '../../../ops/kernel.ts';
import {windowsOf} from '../../../ops/windows.ts';
import type {SimdBackend} from './backend.ts';
import {biasGradient} from './bias.ts';
import {conv2d, conv2dFilterGradient, conv2dInputGradient} from './conv2d.ts';
import {isCountable} from './geometry.ts';
import type {Inputs, Tensor} from './kernel.ts';
import {maxPool, maxPoolGradient} from './max_pool.ts';
import {OutOfMemoryError} from './memory.ts';
import {relu} from './relu.ts';
import {combine} from './stock_elementwise.ts';
import {matMul} from './stock_matmul.ts';

type Call = Parameters<tf.KernelFunc>[0];
/** Gives undefined if it declines. */
type Override = (simd: SimdBackend, inputs: Inputs, attrs: Untyped) => Tensor | undefined;

const {sizeFromShape, arraysEqual} = tf.util;

const isFloats = ({dtype, shape}: Tensor): boolean =>
  dtype === 'float32' && sizeFromShape(shape) > 0;

/** The geometry for our kernels; undefined if 32 bits can't count it. */
function geometry(info: tf.backend_util.Conv2DInfo): Attrs<Conv2DGeometry> | undefined {
  const g = {K: info.outChannels, outputShape: info.outShape, ...windowsOf(info)};
  return isCountable(g) ? g : undefined;
}

/** Undefined for channels first, for windows that 32 bits can't count, and for a filter or dy of another shape. */
function convGeometry(
  xShape: number[],
  filterShape: number[],
  {strides, pad, dataFormat, dilations = 1, dimRoundingMode}: Untyped,
  dilated: boolean,
  dyShape?: number[],
): Attrs<Conv2DGeometry> | undefined {
  if (dataFormat !== 'NHWC' || xShape[3] !== filterShape[2]) return undefined;
  const info = tf.backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilated ? dilations : 1, // the stock gradients know no dilation
    pad,
    dimRoundingMode,
  );
  return !dyShape || arraysEqual(dyShape, info.outShape) ? geometry(info) : undefined;
}

const convolution: Override = (simd, {x, filter, bias}, attrs) => {
  if (!isFloats(x) || !isFloats(filter)) return undefined;
  const g = convGeometry(x.shape, filter.shape, attrs, true);
  return g && conv2d(simd, {x, filter, bias}, g);
};

/** True if `bias` is absent or has one number for each column: the kernels start their sums with it. */
const isRow = (bias: Tensor | undefined, columns: number): boolean =>
  !bias ||
  (isFloats(bias) &&
    sizeFromShape(bias.shape) === columns &&
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
function activate(
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

const isKnown = (activation?: string): boolean =>
  !activation || activation === 'linear' || activation in activations;

const overrides: Record<string, Override> = {
  [tf.Conv2D]: (simd, {x, filter}, attrs) => convolution(simd, {x, filter}, attrs),

  [tf.FusedConv2D]: (simd, {x, filter, bias, preluActivationWeights}, attrs) => {
    if (!isRow(bias, filter.shape[3]) || !isKnown(attrs.activation)) return undefined;
    const y = convolution(simd, {x, filter, bias}, attrs);
    return y && activate(simd, y, attrs, preluActivationWeights);
  },

  [tf.Conv2DBackpropInput]: (simd, {dy, filter}, attrs) => {
    if (!isFloats(dy) || !isFloats(filter)) return undefined;
    const g = convGeometry(attrs.inputShape, filter.shape, attrs, false, dy.shape);
    return g && conv2dInputGradient(simd, {dy, filter}, {...g, outputShape: attrs.inputShape});
  },

  [tf.Conv2DBackpropFilter]: (simd, {x, dy}, attrs) => {
    if (!isFloats(x) || !isFloats(dy)) return undefined;
    const g = convGeometry(x.shape, attrs.filterShape, attrs, false, dy.shape);
    return g && conv2dFilterGradient(simd, {x, dy}, {...g, outputShape: attrs.filterShape});
  },

  [tf.MaxPool]: (simd, {x}, attrs) => {
    const g = poolGeometry(x, attrs);
    if (!g) return undefined;
    const [y, position] = maxPool(simd, {x}, g, false);
    simd.disposeData(position.dataId);
    return y;
  },

  // The stock op saves x but not the positions of its maxima: this finds them again.
  [tf.MaxPoolGrad]: (simd, {dy, input}, attrs) => {
    const g = poolGeometry(input, attrs, dy.shape);
    if (!g || !isFloats(dy)) return undefined;
    const [y, position] = maxPool(simd, {x: input}, g, false);
    simd.disposeData(y.dataId);
    try {
      return maxPoolGradient(simd, {dy, position}, {...g, outputShape: input.shape});
    } finally {
      simd.disposeData(position.dataId);
    }
  },

  [tf.BatchMatMul]: (simd, {a, b}, attrs) =>
    isFloats(a) && isFloats(b) ? matMul(simd, a, b, undefined, attrs) : undefined,

  [tf._FusedMatMul]: (simd, {a, b, bias, preluActivationWeights}, attrs) => {
    const columns = b.shape[b.shape.length - (attrs.transposeB ? 2 : 1)];
    if (!isFloats(a) || !isFloats(b) || !isRow(bias, columns) || !isKnown(attrs.activation)) {
      return undefined;
    }
    const y = matMul(simd, a, b, bias, attrs);
    return y && activate(simd, y, attrs, preluActivationWeights);
  },

  [tf.Relu]: (simd, {x}) => (isFloats(x) ? relu(simd, {x}) : undefined),

  [tf.Step]: (simd, {x}, {alpha}) => {
    if (!isFloats(x)) return undefined;
    const N = sizeFromShape(x.shape);
    return simd.compute(x.shape, [x], ([x], y) => simd.kernels.step(x, y, alpha, N));
  },

  [tf.Add]: (simd, {a, b}) => combine(simd, 'add', a, b),
  [tf.Sub]: (simd, {a, b}) => combine(simd, 'subtract', a, b),
  [tf.Multiply]: (simd, {a, b}) => combine(simd, 'multiply', a, b),
  [tf.RealDiv]: (simd, {a, b}) => combine(simd, 'divide', a, b),

  [tf.Sum]: (simd, {x}, {axis, keepDims}) => {
    if (!isFloats(x)) return undefined;
    const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
    const rank = x.shape.length;
    const first = axes.every((axis, i) => axis === i);
    const last = axes.every((axis, i) => axis === rank - axes.length + i);
    if (!first && !last) return undefined;
    const [shape, summed] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const y = last
      ? sumRows(simd, x, sizeFromShape(summed))
      : biasGradient(simd, {dy: {...x, shape: [sizeFromShape(summed), sizeFromShape(shape)]}});
    return {...y, shape: keepDims ? tf.backend_util.expandShapeToKeepDim(shape, axes) : shape};
  },

  // Copies whole slices, where the stock kernel works out the index of each number. x is often a whole training set, so it isn't
  // copied to WebAssembly memory.
  [tf.GatherV2]: (simd, {x, indices}, {axis, batchDims = 0}) => {
    if (!isFloats(x) || !isFloats({...indices, dtype: 'float32'})) return undefined;
    const [parsed] = tf.util.parseAxisParam(axis, x.shape);
    const shapes = tf.backend_util.segment_util.collectGatherOpShapeInfo(
      x as tf.Tensor,
      indices as tf.Tensor,
      parsed,
      batchDims,
    );
    const {batchSize, outerSize, dimSize, sliceSize, outputShape} = shapes;
    const wanted = simd.readSync(indices.dataId) as Int32Array;
    if (wanted.some(index => index < 0 || index >= dimSize)) return undefined; // the stock kernel throws
    const y = simd.allocate(outputShape);
    const from = simd.data.get(x.dataId).values as Float32Array;
    const to = simd.data.get(y.dataId).values as Float32Array;
    const perBatch = wanted.length / batchSize;
    let done = 0;
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = 0; outer < outerSize; outer++) {
        const first = (batch * outerSize + outer) * dimSize;
        for (let i = 0; i < perBatch; i++) {
          const slice = (first + wanted[batch * perBatch + i]) * sliceSize;
          to.set(from.subarray(slice, slice + sliceSize), done);
          done += sliceSize;
        }
      }
    }
    return y;
  },
};

function poolGeometry(
  x: Tensor,
  attrs: Untyped,
  dyShape?: number[],
): Attrs<Conv2DGeometry> | undefined {
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  if (!isFloats(x) || x.shape.length !== 4) return undefined;
  const info = tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const asItIs = info.filterHeight * info.filterWidth === 1 && arraysEqual(x.shape, info.outShape);
  // The stock gradient forgets how sizes were rounded, so dy may be larger than computed here.
  const fits = !dyShape || arraysEqual(dyShape, info.outShape);
  return asItIs || !fits ? undefined : geometry(info);
}

/** x [rows · n] -> [rows], each the sum of n neighbours */
function sumRows(simd: SimdBackend, x: Tensor, n: number): Tensor {
  const rows = sizeFromShape(x.shape) / n;
  return simd.compute([rows], [x], ([x], y) => simd.kernels.sumRows(x, y, rows, n));
}

/** Calls a kernel of ours. Undefined if it declines or the memory has no room. */
function tried(ours: Override, {backend, inputs, attrs}: Call): Tensor | undefined {
  try {
    return ours(backend as SimdBackend, inputs as Inputs, attrs ?? {});
  } catch (error) {
    if (error instanceof OutOfMemoryError) return undefined;
    throw error;
  }
}

/** The stock kernels for a backend of this name, with ours before the stock ones. */
export function stockKernels(backendName: string): tf.KernelConfig[] {
  return tf
    .getKernelsForBackend('cpu')
    .filter(({kernelName}) => !kernelName.startsWith('mnist.'))
    .map(stock => {
      if (!Object.hasOwn(overrides, stock.kernelName)) return {...stock, backendName};
      const ours = overrides[stock.kernelName];
      const kernelFunc: tf.KernelFunc = call => tried(ours, call) ?? stock.kernelFunc(call);
      return {...stock, backendName, kernelFunc};
    });
}
