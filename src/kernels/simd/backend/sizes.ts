// What the compiled kernels can count. Their numbers have 32 bits: a size that isn't whole loses its fraction on the way
// to them, and one that is too large wraps. Either would send them through memory that isn't theirs.
import type {Conv2DGeometry} from '../../../ops/conv2d.ts';
import type {Windows} from '../../../ops/windows.ts';

/** Rows and columns, with padding, strides and dilations, stay below; so do windows' elements. */
const LIMIT = 2 ** 30;

const isSize = (n: number): boolean => Number.isInteger(n) && n >= 1;

/** True if all is whole, there is no negative padding and no empty output, and no row or column is beyond 32 bits. */
export function isCountable(g: Windows & {K?: number}): boolean {
  const {B, H, W, C, K = 1, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  return (
    [B, H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT + 1, padL + 1].every(isSize) &&
    padT + H + yH * sH + kH * dilH < LIMIT &&
    padL + W + yW * sW + kW * dilW < LIMIT &&
    kH * kW < LIMIT
  );
}

function checkCountable(g: Windows & {K?: number}): void {
  if (isCountable(g)) return;
  throw new Error(
    `simd: expected windows whose rows and columns, with padding and strides, number less than 2^30, found ${JSON.stringify(g)}`,
  );
}

/** The sizes that the convolution's kernels take, in their order (../conv2d.ts). */
export function conv2dSizes(g: Conv2DGeometry): number[] {
  checkCountable(g);
  const {B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  return [B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL];
}

/** Those that the pools' kernels take (../max_pool.ts). */
export function maxPoolSizes(g: Windows): number[] {
  checkCountable(g);
  const {B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL} = g;
  return [B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL];
}
