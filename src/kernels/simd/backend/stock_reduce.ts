// The stock kernels Sum and Mean on `simd`, over any axes: a pass for each run of neighbouring axes, the last run first.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';
import type {Tensor} from './kernel.ts';
import {type Level, mergeAxes} from './merge_axes.ts';
import {isFloats, type Override, type Overrides} from './stock_override.ts';

export const reduceOverrides: Overrides = {
  [tf.Sum]: reduce(() => 1),
  [tf.Mean]: reduce(count => count),
};

/** What a sum is divided by, for the count of numbers in it. */
type Divisor = (count: number) => number;

function reduce(divisor: Divisor): Override {
  return (simd, {x}, {axis, keepDims}) => {
    if (!isFloats(x)) return undefined;
    const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
    if (new Set(axes).size < axes.length) return undefined;
    const levels = mergeAxes(x.shape, axis => axes.includes(axis));
    if (!levels.some(({kind}) => kind)) return undefined; // nothing to add
    const [shape] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const y = sumLevels(simd, x, levels, divisor);
    return {...y, shape: keepDims ? tf.backend_util.expandShapeToKeepDim(shape, axes) : shape};
  };
}

const sizeOf = (levels: Level<boolean>[]): number =>
  levels.reduce((product, {size}) => product * size, 1);

/** Sums over the levels whose kind is true, at least one. Each pass divides: the sums of a mean stay as small as its numbers. */
function sumLevels(
  simd: SimdBackend,
  x: Tensor,
  levels: Level<boolean>[],
  divisor: Divisor,
): Tensor {
  const last = levels.findLastIndex(({kind}) => kind);
  const [before, {size}, after] = [levels.slice(0, last), levels[last], levels.slice(last + 1)];
  const y = sumAxis(simd, x, sizeOf(before), size, sizeOf(after), divisor(size));
  if (!before.some(({kind}) => kind)) return y;
  try {
    return sumLevels(simd, y, [...before, ...after], divisor);
  } finally {
    simd.disposeData(y.dataId);
  }
}

/** x [planes, n, inner] -> [planes, inner], each a sum of n numbers / divisor */
export function sumAxis(
  simd: SimdBackend,
  x: Tensor,
  planes: number,
  n: number,
  inner: number,
  divisor: number,
): Tensor {
  const work = planes * n * inner;
  if (inner === 1) {
    return simd.compute(
      [planes],
      [x],
      ([x], y, {kernels, first, count}) =>
        kernels.sumRows(x + 4 * first * n, y + 4 * first, count, n, divisor),
      {units: planes, work},
    );
  }
  return simd.compute(
    [planes, inner],
    [x],
    ([x], y, {kernels, first, count, scratch}) => {
      const columns = Math.min(4 * count, inner - 4 * first);
      const [xAt, yAt] = [x + 16 * first, y + 16 * first];
      kernels.sumColumns(xAt, yAt, scratch, planes, n, inner, columns, divisor);
    },
    {scratchBytes: simd.kernels.sumColumnsScratch(inner), units: Math.ceil(inner / 4), work},
  );
}
