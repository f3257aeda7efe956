// conv2d's gradients where dy is the gradient of a max-pool that isn't written (see max_pool.ts): they find its numbers in the pool's
// own dy, a quarter as many, and in its positions. The loops are in ../sparse.ts.
import * as tf from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../../ops/conv2d.ts';
import type {Attrs} from '../../../ops/kernel.ts';
import type {SimdBackend} from './backend.ts';
import {convolutionWork, partOfImages} from './geometry.ts';
import type {Inputs, Tensor} from './kernel.ts';
import {type PoolGradient, poolGradientOf} from './max_pool.ts';

const {sizeFromShape} = tf.util;

/** Undefined if dy has to be written, or is something else. `other` is what dy is multiplied with. */
function poolOf(
  simd: SimdBackend,
  dy: Tensor,
  other: Tensor,
  g: Conv2DGeometry,
): PoolGradient | undefined {
  const pool = poolGradientOf(simd, dy);
  if (!pool) return undefined;
  const [dyAt, otherAt] = [simd.pointer(pool.dy), simd.pointer(other)];
  const size = sizeFromShape(other.shape);
  const {poolH, poolW} = pool;
  const geometry = simd.writeGeometry(g);
  const isSparse = simd.kernels.conv2dOfPoolIsSparse(dyAt, otherAt, size, poolH, poolW, geometry);
  return isSparse ? pool : undefined;
}

/** dy [B, yH, yW, K], filter [kH, kW, C, K] -> dx [B, H, W, C] */
export function inputGradientOfPool(
  simd: SimdBackend,
  {dy, filter}: Inputs,
  g: Attrs<Conv2DGeometry>,
): Tensor | undefined {
  const pool = poolOf(simd, dy, filter, g);
  if (!pool) return undefined;
  const {poolH, poolW} = pool;
  const position = simd.int32Pointer(pool.position);
  const imageBytes = (4 * sizeFromShape(pool.dy.shape)) / g.B;
  return simd.compute(
    g.outputShape,
    [pool.dy, filter],
    ([dy, filter], dx, part) => {
      const {xBytes, geometry} = partOfImages(part, g);
      const bytes = part.first * imageBytes;
      // biome-ignore format: short
      part.kernels.conv2dInputGradientOfPool(
        dy + bytes, position + bytes, filter, dx + xBytes, part.scratch, geometry, poolH, poolW,
      );
    },
    {
      scratchBytes: simd.kernels.conv2dInputGradientScratch(simd.writeGeometry(g)),
      units: g.B,
      work: convolutionWork(g),
    },
  );
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K] */
export function filterGradientOfPool(
  simd: SimdBackend,
  {x, dy}: Inputs,
  g: Attrs<Conv2DGeometry>,
): Tensor | undefined {
  const pool = poolOf(simd, dy, x, g);
  if (!pool) return undefined;
  const {poolH, poolW} = pool;
  const position = simd.int32Pointer(pool.position);
  return simd.compute(
    g.outputShape,
    [x, pool.dy],
    ([x, dy], dFilter, {kernels, scratch, first, count, geometry}) => {
      const [from, to] = [4 * first, Math.min(g.K, 4 * (first + count))];
      // biome-ignore format: short
      kernels.conv2dFilterGradientOfPool(
        x, dy, position, dFilter, scratch, geometry(g), poolH, poolW, from, to,
      );
    },
    {
      scratchBytes: simd.kernels.conv2dFilterGradientScratch(simd.writeGeometry(g)),
      units: Math.ceil(g.K / 4),
      work: convolutionWork(g),
    },
  );
}
