// The stock kernel Sum on `simd`.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';
import {biasGradient} from './bias.ts';
import type {Tensor} from './kernel.ts';
import {isFloats, type Overrides} from './stock_override.ts';

const {sizeFromShape} = tf.util;

export const reduceOverrides: Overrides = {
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
};

/** x [rows · n] -> [rows], each the sum of n neighbours */
function sumRows(simd: SimdBackend, x: Tensor, n: number): Tensor {
  const rows = sizeFromShape(x.shape) / n;
  return simd.compute([rows], [x], ([x], y) => simd.kernels.sumRows(x, y, rows, n));
}
