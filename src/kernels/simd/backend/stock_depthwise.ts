// The stock kernels of the depthwise convolution on `simd`. The loops are in ../depthwise.ts. A filter [kH, kW, C, outputs] with
// several outputs for each channel runs as one of [kH, kW, C · outputs] over an x that has each channel as many times.
import * as tf from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../../ops/conv2d.ts';
import type {Attrs, Untyped} from '../../../ops/kernel.ts';
import type {SimdBackend} from './backend.ts';
import {channelwiseWork, partOfImages, stockGeometry} from './geometry.ts';
import type {Tensor} from './kernel.ts';
import {activate, isKnown, isRow} from './stock_fused.ts';
import {isFloats, type Override, type Overrides} from './stock_override.ts';
import {sumAxis} from './stock_reduce.ts';
import {tile} from './stock_tile.ts';

const {sizeFromShape, arraysEqual} = tf.util;

/** With C = C · outputs. Undefined for channels first, for windows that 32 bits can't count, and for a filter or dy of another shape. */
function depthwiseGeometry(
  xShape: number[],
  filterShape: number[],
  {strides, pad, dataFormat = 'NHWC', dilations, dimRoundingMode}: Untyped,
  dyShape?: number[],
): Attrs<Conv2DGeometry> | undefined {
  if (dataFormat !== 'NHWC' || xShape[3] !== filterShape[2]) return undefined;
  const $dilations = dilations ?? 1;
  if (!tf.backend_util.eitherStridesOrDilationsAreOne(strides, $dilations)) return undefined; // the stock kernel throws
  if (dyShape && !tf.backend_util.tupleValuesAreOne($dilations)) return undefined; // the stock gradients know no dilation
  const info = tf.backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    $dilations,
    pad,
    dimRoundingMode,
    true,
  );
  if (dyShape && !arraysEqual(dyShape, info.outShape)) return undefined;
  return stockGeometry({...info, inChannels: info.outChannels});
}

/** Runs `work` on x [..., C] with each channel `outputs` times: [..., C · outputs]. */
function onRepeated(
  simd: SimdBackend,
  x: Tensor,
  outputs: number,
  work: (x: Tensor) => Tensor,
): Tensor {
  if (outputs === 1) return work(x);
  const repeated = tile(simd, {...x, shape: [sizeFromShape(x.shape), 1]}, [1, outputs]);
  try {
    return work(repeated);
  } finally {
    simd.disposeData(repeated.dataId);
  }
}

const convolution: Override = (simd, {x, filter, bias}, attrs) => {
  if (!isFloats(x) || !isFloats(filter)) return undefined;
  const g = depthwiseGeometry(x.shape, filter.shape, attrs);
  if (!g) return undefined;
  const scratchBytes = simd.kernels.depthwiseScratch(simd.writeGeometry(g));
  return onRepeated(simd, x, filter.shape[3], x =>
    simd.compute(
      g.outputShape,
      [x, filter, bias],
      ([x, filter, bias], y, part) => {
        const {xBytes, yBytes, geometry} = partOfImages(part, g);
        part.kernels.depthwise(x + xBytes, filter, bias, y + yBytes, part.scratch, geometry);
      },
      {scratchBytes, units: g.B, work: channelwiseWork(g)},
    ),
  );
};

export const depthwiseOverrides: Overrides = {
  [tf.DepthwiseConv2dNative]: (simd, {x, filter}, attrs) => convolution(simd, {x, filter}, attrs),

  [tf.FusedDepthwiseConv2D]: (simd, {x, filter, bias, preluActivationWeights}, attrs) => {
    if (!isRow(bias, filter.shape[2] * filter.shape[3]) || !isKnown(attrs.activation)) {
      return undefined;
    }
    const y = convolution(simd, {x, filter, bias}, attrs);
    return y && activate(simd, y, attrs, preluActivationWeights);
  },

  [tf.DepthwiseConv2dNativeBackpropInput]: (simd, {dy, filter}, attrs) => {
    if (!isFloats(dy) || !isFloats(filter)) return undefined;
    const {inputShape} = attrs;
    const g = depthwiseGeometry(inputShape, filter.shape, attrs, dy.shape);
    if (!g) return undefined;
    const scratchBytes = simd.kernels.depthwiseScratch(simd.writeGeometry(g));
    const dx = simd.compute(
      [g.B, g.H, g.W, g.C],
      [dy, filter],
      ([dy, filter], dx, part) => {
        const {xBytes, yBytes, geometry} = partOfImages(part, g);
        const {kernels, scratch} = part;
        kernels.depthwiseInputGradient(dy + yBytes, filter, dx + xBytes, scratch, geometry);
      },
      {scratchBytes, units: g.B, work: channelwiseWork(g)},
    );
    const outputs = filter.shape[3];
    if (outputs === 1) return dx;
    try {
      const sums = sumAxis(simd, dx, sizeFromShape(inputShape), outputs, 1, 1);
      return {...sums, shape: inputShape};
    } finally {
      simd.disposeData(dx.dataId);
    }
  },

  [tf.DepthwiseConv2dNativeBackpropFilter]: (simd, {x, dy}, attrs) => {
    if (!isFloats(x) || !isFloats(dy)) return undefined;
    const {filterShape} = attrs;
    const g = depthwiseGeometry(x.shape, filterShape, attrs, dy.shape);
    if (!g) return undefined;
    return onRepeated(simd, x, filterShape[3], x =>
      simd.compute(
        filterShape,
        [x, dy],
        ([x, dy], dFilter, {kernels, first, count, scratch, geometry}) =>
          kernels.depthwiseFilterGradient(
            x + 16 * first,
            dy + 16 * first,
            dFilter + 16 * first,
            Math.min(4 * count, g.C - 4 * first),
            scratch,
            geometry(g),
          ),
        {
          scratchBytes: simd.kernels.depthwiseFilterGradientScratch(simd.writeGeometry(g)),
          units: Math.ceil(g.C / 4),
          work: channelwiseWork(g),
        },
      ),
    );
  },
};
