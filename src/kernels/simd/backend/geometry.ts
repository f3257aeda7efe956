// The sizes of windows as the compiled kernels take them. Their numbers have 32 bits: a size that isn't whole would lose its
// fraction on the way to them, and one that is too large would wrap. Either would send them through memory that isn't theirs.
import type {Windows} from '../../../ops/windows.ts';
import type {Sizes} from './module.ts';

/** Rows and columns, with padding, strides and dilations, stay below this; so do windows' taps. */
const LIMIT = 2 ** 30;

const isSize = (n: number): boolean => Number.isInteger(n) && n >= 1;

type Geometry = Windows & {K?: number};

/** True if all is whole, there is no negative padding and no empty output, and no row or column is beyond 32 bits. */
export function isCountable(g: Geometry): boolean {
  const {B, H, W, C, K = 1, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  return (
    [B, H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT + 1, padL + 1].every(isSize) &&
    padT + H + yH * sH + kH * dilH < LIMIT &&
    padL + W + yW * sW + kW * dilW < LIMIT &&
    kH * kW < LIMIT
  );
}

/** The numbers of the class Geometry in their order (../geometry.ts); a pool has no K. */
export function geometryNumbers(g: Geometry): number[] {
  if (!isCountable(g)) {
    throw new Error(
      `simd: expected windows whose rows and columns, with padding and strides, number less than 2^30, found ${JSON.stringify(g)}`,
    );
  }
  const {B, H, W, C, kH, kW, K = 1, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  const sizes: Sizes = {B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL};
  return Object.values(sizes);
}
