// The one comparer: shape first, NaN and infinities strictly, then |actual − expected| ≤ atol + rtol · |expected|.
import type * as tf from '@tensorflow/tfjs-core';

/** Values in row order with their shape; the dtype where it isn't float32. */
export interface Values {
  shape: readonly number[];
  values: ArrayLike<number>;
  dtype?: string;
}

export interface Tolerance {
  atol: number;
  rtol: number;
}

/** For inputs on which float32 arithmetic makes no error at all. */
export const EXACT: Tolerance = {atol: 0, rtol: 0};

/**
 * For sums of that many products of numbers of about 1: two units in the last place each, as WebNN's conformance tests
 * allow (matmul 2K, conv2d 2·kH·kW·C).
 */
export const sumTolerance = (terms: number): Tolerance => ({
  atol: 2 * terms * 2 ** -24,
  rtol: 1e-6,
});

/** For the same float64 sums in another order: a float32 number on the way would be 1e-7 off. */
export const FLOAT64: Tolerance = {atol: 1e-11, rtol: 1e-11};

/** For float64 central differences, as in PyTorch's gradcheck. */
export const GRADCHECK: Tolerance = {atol: 1e-5, rtol: 1e-3};

export const valuesOf = (tensor: tf.Tensor): Values => ({
  shape: tensor.shape,
  values: tensor.dataSync(),
  dtype: tensor.dtype,
});

export function expectClose(
  what: string,
  actual: Values,
  expected: Values,
  {atol, rtol}: Tolerance,
): void {
  const problem = compare(actual, expected, {atol, rtol});
  if (problem) throw new Error(`${what}: ${problem}`);
}

/** A small case on one line: exactly these values in row order, or as near as the tolerance says. */
export const expectValues = (
  what: string,
  actual: tf.Tensor,
  shape: readonly number[],
  values: ArrayLike<number>,
  tolerance = EXACT,
): void => expectClose(what, valuesOf(actual), {shape, values}, tolerance);

/** Undefined if the two agree, else what differs. */
export function compare(
  actual: Values,
  expected: Values,
  {atol, rtol}: Tolerance,
): string | undefined {
  if (actual.shape.join() !== expected.shape.join()) {
    return `expected shape [${expected.shape}], got [${actual.shape}]`;
  }
  const [type, expectedType] = [actual.dtype ?? 'float32', expected.dtype ?? 'float32'];
  if (type !== expectedType) return `expected dtype ${expectedType}, got ${type}`;
  if (actual.values.length !== expected.values.length) {
    return `expected ${expected.values.length} values, got ${actual.values.length}`;
  }
  let worst = {excess: 0, index: -1};
  for (let i = 0; i < expected.values.length; i++) {
    const excess =
      Math.abs(actual.values[i] - expected.values[i]) - atol - rtol * Math.abs(expected.values[i]);
    if (Object.is(actual.values[i], expected.values[i]) || excess <= 0) continue;
    // A NaN or an infinity on one side only has no distance: it is worse than anything.
    const severity = Number.isNaN(excess) ? Infinity : excess;
    if (severity > worst.excess) worst = {excess: severity, index: i};
  }
  if (worst.index < 0) return undefined;
  const [a, e] = [actual.values[worst.index], expected.values[worst.index]];
  return `at [${coordinates(worst.index, actual.shape)}] expected ${e}, got ${a} (the largest error: ${Math.abs(a - e)}, allowed ${atol} + ${rtol}·|expected|)`;
}

function coordinates(index: number, shape: readonly number[]): number[] {
  return shape.map((size, axis) => {
    const stride = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
    return Math.floor(index / stride) % size;
  });
}
