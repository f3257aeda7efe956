// The sizes of windows for the compiled kernels, whose numbers have 32 bits. A size that isn't whole would lose its fraction there,
// and one that is too large would wrap: the kernels would read and write the memory of other tensors.

import type * as tf from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../../ops/conv2d.ts';
import type {Attrs} from '../../../ops/kernel.ts';
import {type Windows, windowsOf} from '../../../ops/windows.ts';
import type {GeometryPointer} from './module.ts';
import type {Part} from './threads.ts';

/** Rows and columns, with padding, strides and dilations, stay below this. So does the number of a window's taps. */
const LIMIT = 2 ** 30;

type Geometry = Windows & {K?: number};

/** The fields of the class Geometry (../geometry.ts) in their order. K is 1 for a pool, which has no K. */
// biome-ignore format: in two lines
const numbersOf = ({
  B, H, W, C, kH, kW, K = 1, yH, yW,
  sH, sW, dilH, dilW, padT, padL,
}: Geometry): number[] => [
  B, H, W, C, kH, kW, K, yH, yW,
  sH, sW, dilH, dilW, padT, padL,
];

/** The smallest that they may be. */
// biome-ignore format: in two lines
const least = [
  1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 0, 0,
];

export const GEOMETRY_LENGTH = least.length;

/** True if all sizes are whole, no padding is negative, the output isn't empty, and 32 bits count every row and column. */
export function isCountable(g: Geometry): boolean {
  const {H, W, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  return (
    numbersOf(g).every((n, i) => Number.isInteger(n) && n >= least[i]) &&
    padT + H + yH * sH + kH * dilH < LIMIT &&
    padL + W + yW * sW + kW * dilW < LIMIT &&
    kH * kW < LIMIT
  );
}

/** The numbers of the class Geometry in their order. */
export function geometryNumbers(g: Geometry): number[] {
  if (!isCountable(g)) {
    throw new Error(
      `simd: expected windows whose rows and columns, with padding and strides, number less than 2^30, found ${JSON.stringify(g)}`,
    );
  }
  return numbersOf(g);
}

/** The geometry of a stock op for our kernels; undefined if 32 bits can't count it. */
export function stockGeometry(info: tf.backend_util.Conv2DInfo): Attrs<Conv2DGeometry> | undefined {
  const g = {K: info.outChannels, outputShape: info.outShape, ...windowsOf(info)};
  return isCountable(g) ? g : undefined;
}

/** Multiply-adds of a pass of a convolution. */
export const convolutionWork = ({B, yH, yW, K, kH, kW, C}: Conv2DGeometry): number =>
  B * yH * yW * K * kH * kW * C;

/** The same for one that keeps the channels apart, and for an average pool. */
export const channelwiseWork = ({B, yH, yW, kH, kW, C}: Windows): number =>
  B * yH * yW * kH * kW * C;

/** Of a part whose units are images: the sizes, and where its first image begins in x and in y, whose channels are K, or else C. */
export function partOfImages(
  {first, count, geometry}: Part,
  g: Geometry,
): {xBytes: number; yBytes: number; geometry: GeometryPointer} {
  const {H, W, C, yH, yW, K = C} = g;
  return {
    xBytes: 4 * first * H * W * C,
    yBytes: 4 * first * yH * yW * K,
    geometry: geometry(count === g.B ? g : {...g, B: count}),
  };
}
