// The stock kernels of average pooling on `simd`. The loops are in ../avg_pool.ts.
import * as tf from '@tensorflow/tfjs-core';
import type {Windows} from '../../../ops/windows.ts';
import type {SimdBackend} from './backend.ts';
import {channelwiseWork, partOfImages} from './geometry.ts';
import {poolGeometry} from './stock_max_pool.ts';
import {isFloats, type Overrides} from './stock_override.ts';

/** The stock kernels sum in float64. In float32, sums of more numbers than these lose digits. */
const MOST_TAPS = 4096;

export const avgPoolOverrides: Overrides = {
  [tf.AvgPool]: (simd, {x}, attrs) => {
    const g = poolGeometry(x, attrs);
    if (!g || g.kH * g.kW > MOST_TAPS) return undefined;
    return simd.compute(
      g.outputShape,
      [x],
      ([x], y, part) => {
        const {xBytes, yBytes, geometry} = partOfImages(part, g);
        part.kernels.avgPool(x + xBytes, y + yBytes, part.scratch, geometry);
      },
      optionsOf(simd, g),
    );
  },

  [tf.AvgPoolGrad]: (simd, {dy, input}, attrs) => {
    const g = poolGeometry(input, attrs, dy.shape);
    if (!g || !isFloats(dy) || g.kH * g.kW > MOST_TAPS) return undefined;
    return simd.compute(
      input.shape,
      [dy],
      ([dy], dx, part) => {
        const {xBytes, yBytes, geometry} = partOfImages(part, g);
        part.kernels.avgPoolGradient(dy + yBytes, dx + xBytes, part.scratch, geometry);
      },
      optionsOf(simd, g),
    );
  },
};

const optionsOf = (simd: SimdBackend, g: Windows) => ({
  scratchBytes: simd.kernels.avgPoolScratch(simd.writeGeometry(g)),
  units: g.B,
  work: channelwiseWork(g),
});
