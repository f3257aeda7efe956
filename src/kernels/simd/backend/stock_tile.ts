// The stock kernel Tile on `simd`: a pass for each axis along which x is repeated, the last axis first.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';
import type {Tensor} from './kernel.ts';
import {isFloats, type Overrides} from './stock_override.ts';

export const tileOverrides: Overrides = {
  [tf.Tile]: (simd, {x}, {reps}) => {
    const counts: number[] = reps;
    if (!isFloats(x) || counts.length !== x.shape.length) return undefined;
    if (!counts.every(times => Number.isInteger(times) && times > 0)) return undefined;
    if (counts.every(times => times === 1)) return undefined;
    return tile(simd, x, counts);
  },
};

/** x with each axis repeated as often as `reps` says, one of them at least twice. */
export function tile(simd: SimdBackend, x: Tensor, reps: number[]): Tensor {
  const axis = reps.findLastIndex(times => times > 1);
  const shape = x.shape.with(axis, x.shape[axis] * reps[axis]);
  const outer = tf.util.sizeFromShape(x.shape.slice(0, axis));
  const block = 4 * tf.util.sizeFromShape(x.shape.slice(axis));
  const times = reps[axis];
  // Units are blocks of x, or the copies of its only block.
  const y = simd.compute(
    shape,
    [x],
    ([x], y, {kernels, first, count}) =>
      outer === 1
        ? kernels.repeat(x, y + first * block, 1, block, count)
        : kernels.repeat(x + first * block, y + first * times * block, count, block, times),
    {units: outer === 1 ? times : outer, work: tf.util.sizeFromShape(shape)},
  );
  const rest = reps.with(axis, 1);
  if (rest.every(times => times === 1)) return y;
  try {
    return tile(simd, y, rest);
  } finally {
    simd.disposeData(y.dataId);
  }
}
