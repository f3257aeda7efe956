// The stock kernels of max-pooling on `simd`.
import * as tf from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../../ops/conv2d.ts';
import type {Attrs, Untyped} from '../../../ops/kernel.ts';
import {stockGeometry} from './geometry.ts';
import type {Tensor} from './kernel.ts';
import {maxPool, maxPoolGradient} from './max_pool.ts';
import {isFloats, type Overrides} from './stock_override.ts';

export const maxPoolOverrides: Overrides = {
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
};

/** Undefined for other than images of float32, windows of one element, and a dy of another shape. */
export function poolGeometry(
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
  const asItIs =
    info.filterHeight * info.filterWidth === 1 && tf.util.arraysEqual(x.shape, info.outShape);
  // The stock gradient forgets how sizes were rounded, so dy may be larger than computed here.
  const fits = !dyShape || tf.util.arraysEqual(dyShape, info.outShape);
  return asItIs || !fits ? undefined : stockGeometry(info);
}
