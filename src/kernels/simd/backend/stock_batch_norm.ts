// The stock kernel FusedBatchNorm on `simd`.
import * as tf from '@tensorflow/tfjs-core';
import {isFloats, type Overrides} from './stock_override.ts';

const {sizeFromShape, arraysEqual} = tf.util;

export const batchNormOverrides: Overrides = {
  // Declines mean, variance, offset and scale that don't all have one number for each column of x. tf.layers gives no others.
  [tf.FusedBatchNorm]: (simd, {x, mean, variance, offset, scale}, {varianceEpsilon = 0.001}) => {
    const parameters = [mean, variance, offset, scale].filter(parameter => parameter);
    if (![x, ...parameters].every(isFloats)) return undefined;
    if (!parameters.every(({shape}) => arraysEqual(shape, mean.shape))) return undefined;
    const columns = sizeFromShape(mean.shape);
    const rows = sizeFromShape(x.shape) / columns;
    if (!Number.isInteger(rows)) return undefined;
    return simd.compute(
      x.shape,
      [x, mean, variance, offset, scale],
      ([x, mean, variance, offset, scale], y, {kernels, first, count, scratch}) => {
        const [xAt, yAt] = [x, y].map(pointer => pointer + 4 * first * columns);
        kernels.batchNorm(
          xAt,
          mean,
          variance,
          offset,
          scale,
          varianceEpsilon,
          yAt,
          scratch,
          count,
          columns,
        );
      },
      {scratchBytes: simd.kernels.batchNormScratch(columns), units: rows, work: rows * columns},
    );
  },
};
