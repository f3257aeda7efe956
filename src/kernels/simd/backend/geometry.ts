// The sizes of windows as the compiled kernels take them. Their numbers have 32 bits: a size that isn't whole would lose its
// fraction on the way to them, and one that is too large would wrap. Either would send them through memory that isn't theirs.
import type {Windows} from '../../../ops/windows.ts';
import type {Sizes} from './module.ts';

/** Rows and columns, with padding, strides and dilations, stay below this; so do windows' taps. */
const LIMIT = 2 ** 30;

/** The fields of the class Geometry in their order (../geometry.ts), each with its least number. */
// biome-ignore format: in two lines
const least: Sizes = {
  B: 1, H: 1, W: 1, C: 1, kH: 1, kW: 1, K: 1, yH: 1, yW: 1,
  sH: 1, sW: 1, dilH: 1, dilW: 1, padT: 0, padL: 0,
};
const fields = Object.entries(least) as [keyof Sizes, number][];

type Geometry = Windows & {K?: number};

const isWhole = (n: number, least: number): boolean => Number.isInteger(n) && n >= least;

/** True if all is whole, there is no negative padding and no empty output, and no row or column is beyond 32 bits. */
export function isCountable(g: Geometry): boolean {
  const {H, W, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  return (
    fields.every(([name, least]) => isWhole(g[name] ?? 1, least)) &&
    padT + H + yH * sH + kH * dilH < LIMIT &&
    padL + W + yW * sW + kW * dilW < LIMIT &&
    kH * kW < LIMIT
  );
}

/** The numbers of the class Geometry in their order; K = 1 for a pool, which has none. */
export function geometryNumbers(g: Geometry): number[] {
  if (!isCountable(g)) {
    throw new Error(
      `simd: expected windows whose rows and columns, with padding and strides, number less than 2^30, found ${JSON.stringify(g)}`,
    );
  }
  return fields.map(([name]) => g[name] ?? 1);
}
