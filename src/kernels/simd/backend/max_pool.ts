// maxPool on `simd` (see ops/max_pool.ts). The loops are in ../max_pool.ts.
import type {Attrs} from '../../../ops/kernel.ts';
import {MaxPool, MaxPoolGradient} from '../../../ops/max_pool.ts';
import type {Windows} from '../../../ops/windows.ts';
import type {SimdBackend} from './backend.ts';
import {type Inputs, kernel, type Tensor} from './kernel.ts';

/** x [B, H, W, C] -> y, position [B, yH, yW, C]. A NaN is the maximum; with `nanWins` false it is ignored, as in stock kernels. */
export function maxPool(
  simd: SimdBackend,
  {x}: Inputs,
  g: Attrs<Windows>,
  nanWins = true,
): [Tensor, Tensor] {
  const {kernels} = simd;
  const pool = nanWins ? kernels.maxPool : kernels.maxPoolIgnoringNaN;
  const geometry = simd.writeGeometry(g);
  const position = simd.allocate(g.outputShape, 'int32');
  try {
    const y = simd.compute(
      g.outputShape,
      [x],
      ([x], y, {scratch}) => pool(x, y, simd.int32Pointer(position), scratch, geometry),
      {scratchBytes: kernels.maxPoolScratch(geometry)},
    );
    return [y, position];
  } catch (error) {
    simd.disposeData(position.dataId);
    throw error;
  }
}

/** dy, position [B, yH, yW, C] -> dx [B, H, W, C] */
export function maxPoolGradient(simd: SimdBackend, {dy, position}: Inputs, g: Attrs<Windows>) {
  const {kernels} = simd;
  const geometry = simd.writeGeometry(g);
  const positionAt = simd.int32Pointer(position);
  return simd.compute(
    g.outputShape,
    [dy],
    ([dy], dx, {scratch}) => kernels.maxPoolGradient(dy, positionAt, dx, scratch, geometry),
    {scratchBytes: kernels.maxPoolScratch(geometry)},
  );
}

export const maxPoolKernels = {
  // The tape makes a tensor of zeros as the gradient of `position`. With shape [] it is one number. The gradient kernel finds the
  // positions by dataId.
  [MaxPool]: kernel((simd, inputs, g) => {
    const [y, position] = maxPool(simd, inputs, g);
    return [y, {...position, shape: []}];
  }),
  [MaxPoolGradient]: kernel(maxPoolGradient),
};
