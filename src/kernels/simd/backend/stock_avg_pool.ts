// The stock kernels of average pooling on `simd`. The loops are in ../avg_pool.ts.
import * as tf from '@tensorflow/tfjs-core';
import type {Windows} from '../../../ops/windows.ts';
import type {SimdBackend} from './backend.ts';
import type {Tensor} from './kernel.ts';
import {poolGeometry} from './stock_max_pool.ts';
import {isFloats, type Overrides} from './stock_override.ts';

/** The stock kernels sum in float64. In float32, sums of more numbers than these lose digits. */
const MOST_TAPS = 4096;

export const avgPoolOverrides: Overrides = {
  [tf.AvgPool]: (simd, {x}, attrs) => {
    const g = poolGeometry(x, attrs);
    if (!g || g.kH * g.kW > MOST_TAPS) return undefined;
    return byImages(simd, 'avgPool', x, g.outputShape, g);
  },

  [tf.AvgPoolGrad]: (simd, {dy, input}, attrs) => {
    const g = poolGeometry(input, attrs, dy.shape);
    if (!g || !isFloats(dy) || g.kH * g.kW > MOST_TAPS) return undefined;
    return byImages(simd, 'avgPoolGradient', dy, input.shape, g);
  },
};

/** x [B, H, W, C] -> y [B, yH, yW, C], or dy -> dx */
function byImages(
  simd: SimdBackend,
  name: 'avgPool' | 'avgPoolGradient',
  x: Tensor,
  shape: number[],
  g: Windows,
): Tensor {
  const [xImage, yImage] = [x.shape, shape].map(shape => 4 * tf.util.sizeFromShape(shape.slice(1)));
  return simd.compute(
    shape,
    [x],
    ([x], y, {kernels, first, count, scratch, geometry}) =>
      kernels[name](x + first * xImage, y + first * yImage, scratch, geometry({...g, B: count})),
    {
      scratchBytes: simd.kernels.avgPoolScratch(simd.writeGeometry(g)),
      units: g.B,
      work: g.B * g.yH * g.yW * g.C * g.kH * g.kW,
    },
  );
}
