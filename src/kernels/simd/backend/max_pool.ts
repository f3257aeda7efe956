// maxPool on `simd` (see ops/max_pool.ts). The loops are in ../max_pool.ts.
import * as tf from '@tensorflow/tfjs-core';
import type {Attrs} from '../../../ops/kernel.ts';
import {MaxPool, MaxPoolGradient} from '../../../ops/max_pool.ts';
import type {Windows} from '../../../ops/windows.ts';
import type {SimdBackend} from './backend.ts';
import {partOfImages} from './geometry.ts';
import {type Inputs, kernel, type Tensor} from './kernel.ts';

/** x [B, H, W, C] -> y, position [B, yH, yW, C]. A NaN is the maximum; with `nanWins` false it is ignored, as in stock kernels. */
export function maxPool(
  simd: SimdBackend,
  {x}: Inputs,
  g: Attrs<Windows>,
  nanWins = true,
): [Tensor, Tensor] {
  const pool = nanWins ? 'maxPool' : 'maxPoolIgnoringNaN';
  const scratchBytes = simd.kernels.maxPoolScratch(simd.writeGeometry(g));
  const position = simd.allocate(g.outputShape, 'int32');
  try {
    const positionAt = simd.int32Pointer(position);
    const y = simd.compute(
      g.outputShape,
      [x],
      ([x], y, part) => {
        const {xBytes, yBytes, geometry} = partOfImages(part, g);
        part.kernels[pool](x + xBytes, y + yBytes, positionAt + yBytes, part.scratch, geometry);
      },
      {scratchBytes, units: g.B, work: workOf(g)},
    );
    return [y, position];
  } catch (error) {
    simd.disposeData(position.dataId);
    throw error;
  }
}

/** dy, position [B, yH, yW, C] -> dx [B, H, W, C] */
export function maxPoolGradient(simd: SimdBackend, {dy, position}: Inputs, g: Attrs<Windows>) {
  const scratchBytes = simd.kernels.maxPoolScratch(simd.writeGeometry(g));
  const positionAt = simd.int32Pointer(position);
  return simd.compute(
    g.outputShape,
    [dy],
    ([dy], dx, part) => {
      const {xBytes, yBytes, geometry} = partOfImages(part, g);
      const {kernels, scratch} = part;
      kernels.maxPoolGradient(dy + yBytes, positionAt + yBytes, dx + xBytes, scratch, geometry);
    },
    {scratchBytes, units: g.B, work: workOf(g)},
  );
}

/** The gradient of a max-pool whose windows lie side by side without padding, before it is written. */
export interface PoolGradient {
  shape: number[];
  dy: Tensor;
  position: Tensor;
  poolH: number;
  poolW: number;
}

const postponed = new WeakMap<object, PoolGradient>();

/**
 * The max-pool whose gradient this tensor is, if it is one of those. Three quarters or more of it are 0, so conv2d's gradients are
 * faster without it, and it may never be written.
 */
export function poolGradientOf(simd: SimdBackend, dx: Tensor): PoolGradient | undefined {
  const pool = postponed.get(dx.dataId);
  return pool && simd.isPostponed(dx) && tf.util.arraysEqual(dx.shape, pool.shape)
    ? pool
    : undefined;
}

function postponedGradient(simd: SimdBackend, inputs: Inputs, g: Attrs<Windows>): Tensor {
  const {kH, kW, sH, sW, padT, padL, yH, yW} = g;
  const sideBySide = sH === kH && sW === kW && padT === 0 && padL === 0;
  const isTimed = tf.engine().state.profiling; // tf.profile asks for each kernel's numbers, and for its own time
  if (isTimed || !sideBySide || yH !== Math.floor(g.H / kH) || yW !== Math.floor(g.W / kW)) {
    return maxPoolGradient(simd, inputs, g);
  }
  const {dy, position} = inputs;
  const dx = simd.postpone(g.outputShape, [dy, position], () => maxPoolGradient(simd, inputs, g));
  postponed.set(dx.dataId, {shape: dx.shape, dy, position, poolH: kH, poolW: kW});
  return dx;
}

const workOf = ({B, H, W, C}: Windows): number => B * H * W * C;

export const maxPoolKernels = {
  // The tape makes a tensor of zeros as the gradient of `position`. With shape [] it is one number. The gradient kernel finds the
  // positions by dataId.
  [MaxPool]: kernel((simd, inputs, g) => {
    const [y, position] = maxPool(simd, inputs, g);
    return [y, {...position, shape: []}];
  }),
  [MaxPoolGradient]: kernel(postponedGradient),
};
