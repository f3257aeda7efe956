// The sizes of windows as the compiled kernels take them. Their numbers have 32 bits: a size that isn't whole would lose its
// fraction on the way to them, and one that is too large would wrap. Either would send them through memory that isn't theirs.
import type {Windows} from '../../../ops/windows.ts';
import type {Sizes} from './module.ts';

/** Rows and columns, with padding, strides and dilations, stay below this; so do windows' taps. */
const LIMIT = 2 ** 30;

/**
 * The numbers of the class Geometry in their order (../geometry.ts); a pool has no K. Undefined unless all are whole, no
 * padding is negative, no output is empty, and no row or column is beyond 32 bits.
 */
export function geometryNumbers(g: Windows & {K?: number}): number[] | undefined {
  const {B, H, W, C, kH, kW, K = 1, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  const sizes: Sizes = {B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL};
  const numbers = Object.values<number>(sizes);
  const isCountable =
    numbers.every(Number.isInteger) &&
    Math.min(B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT + 1, padL + 1) >= 1 &&
    padT + H + yH * sH + kH * dilH < LIMIT &&
    padL + W + yW * sW + kW * dilW < LIMIT &&
    kH * kW < LIMIT;
  return isCountable ? numbers : undefined;
}
