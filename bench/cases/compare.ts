// Compares tensors: the shape first, NaN and infinities exactly, and numbers by |actual − expected| ≤ atol + rtol · |expected|.
import type * as tf from '@tensorflow/tfjs-core';

/** Values in row order, their shape, and their dtype (default float32). */
export interface Values {
  shape: readonly number[];
  values: ArrayLike<number>;
  dtype?: string;
}

export interface Tolerance {
  atol: number;
  rtol: number;
}

/** For inputs on which float32 arithmetic makes no error. */
export const EXACT: Tolerance = {atol: 0, rtol: 0};

/**
 * For sums of this many products of numbers of about 1: two units in the last place for each product, as WebNN's conformance
 * tests allow (matmul 2K, conv2d 2·kH·kW·C).
 */
export const sumTolerance = (terms: number): Tolerance => ({
  atol: 2 * terms * 2 ** -24,
  rtol: 1e-6,
});

/** For the same float64 sums in another order. A float32 number in the computation would make an error of 1e-7. */
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
  tolerance: Tolerance,
): void {
  const problem = compare(actual, expected, tolerance);
  if (problem) throw new Error(`${what}: ${problem}`);
}

/** Expects these values in row order, exactly or within the tolerance. */
export const expectValues = (
  what: string,
  actual: tf.Tensor,
  shape: readonly number[],
  values: ArrayLike<number>,
  tolerance = EXACT,
): void => expectClose(what, valuesOf(actual), {shape, values}, tolerance);

/** Expects exactly the same numbers in both tensors. A NaN equals a NaN, and 0 equals −0. */
export const expectSame = (what: string, actual: tf.Tensor, expected: tf.Tensor): void =>
  expectClose(what, valuesOf(actual), valuesOf(expected), EXACT);

/** Describes the difference; undefined if the two agree. */
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
  for (let index = 0; index < expected.values.length; index++) {
    const [a, e] = [actual.values[index], expected.values[index]];
    if (Object.is(a, e)) continue;
    // NaN − e and ∞ − ∞ are NaN: such a pair is worse than any distance.
    const distance = Math.abs(a - e) - atol - rtol * Math.abs(e);
    const excess = Number.isNaN(distance) ? Infinity : distance;
    if (excess > worst.excess) worst = {excess, index};
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
