// The stock kernels of the convolution on `simd`.
import * as tf from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../../ops/conv2d.ts';
import type {Attrs, Untyped} from '../../../ops/kernel.ts';
import {conv2d, conv2dFilterGradient, conv2dInputGradient} from './conv2d.ts';
import {stockGeometry} from './geometry.ts';
import {activate, isKnown, isRow} from './stock_fused.ts';
import {isFloats, type Override, type Overrides} from './stock_override.ts';

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
  return !dyShape || tf.util.arraysEqual(dyShape, info.outShape) ? stockGeometry(info) : undefined;
}

const convolution: Override = (simd, {x, filter, bias}, attrs) => {
  if (!isFloats(x) || !isFloats(filter)) return undefined;
  const g = convGeometry(x.shape, filter.shape, attrs, true);
  return g && conv2d(simd, {x, filter, bias}, g);
};

export const conv2dOverrides: Overrides = {
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
};
