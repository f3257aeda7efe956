// conv2d on `simd` (see ops/conv2d.ts): calls WebAssembly with the addresses of tensors and sizes. The loops are in ../conv2d.ts.
// Threads share the images, and for dFilter, which sums over the images, the channels of y.
import {
  Conv2D,
  Conv2DFilterGradient,
  type Conv2DGeometry,
  Conv2DInputGradient,
} from '../../../ops/conv2d.ts';
import type {Attrs} from '../../../ops/kernel.ts';
import type {SimdBackend} from './backend.ts';
import {filterGradientOfPool, inputGradientOfPool} from './conv2d_of_pool.ts';
import {convolutionWork, partOfImages} from './geometry.ts';
import {type Inputs, kernel, type Tensor} from './kernel.ts';

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or none -> y [B, yH, yW, K] */
export function conv2d(simd: SimdBackend, {x, filter, bias}: Inputs, g: Attrs<Conv2DGeometry>) {
  const scratchBytes = simd.kernels.conv2dScratch(simd.writeGeometry(g));
  return simd.compute(
    g.outputShape,
    [x, filter, bias],
    ([x, filter, bias], y, part) => {
      const {xBytes, yBytes, geometry} = partOfImages(part, g);
      part.kernels.conv2d(x + xBytes, filter, bias, y + yBytes, part.scratch, geometry);
    },
    {scratchBytes, units: g.B, work: convolutionWork(g)},
  );
}

/** dy [B, yH, yW, K], filter [kH, kW, C, K] -> dx [B, H, W, C] */
export function conv2dInputGradient(
  simd: SimdBackend,
  {dy, filter}: Inputs,
  g: Attrs<Conv2DGeometry>,
): Tensor {
  const ofPool = inputGradientOfPool(simd, {dy, filter}, g);
  if (ofPool) return ofPool;
  const {kernels} = simd;
  const whole = simd.writeGeometry(g);
  const sparse = kernels.conv2dInputGradientIsSparse(simd.pointer(dy), simd.pointer(filter), whole);
  return simd.compute(
    g.outputShape,
    [dy, filter],
    ([dy, filter], dx, part) => {
      const {xBytes, yBytes, geometry} = partOfImages(part, g);
      const {kernels, scratch} = part;
      kernels.conv2dInputGradient(dy + yBytes, filter, dx + xBytes, scratch, geometry, sparse);
    },
    {scratchBytes: kernels.conv2dInputGradientScratch(whole), units: g.B, work: convolutionWork(g)},
  );
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K] */
export function conv2dFilterGradient(
  simd: SimdBackend,
  {x, dy}: Inputs,
  g: Attrs<Conv2DGeometry>,
): Tensor {
  const ofPool = filterGradientOfPool(simd, {x, dy}, g);
  if (ofPool) return ofPool;
  const {kernels} = simd;
  const whole = simd.writeGeometry(g);
  const sparse = kernels.conv2dFilterGradientIsSparse(simd.pointer(x), simd.pointer(dy), whole);
  const scratchBytes = kernels.conv2dFilterGradientScratch(whole);
  const channels = sparse ? 4 : 8; // in one list, or in a tile
  const dFilter = simd.compute(
    g.outputShape,
    [x, dy],
    ([x, dy], dFilter, {kernels, scratch, first, count, geometry}) => {
      const [from, to] = [channels * first, Math.min(g.K, channels * (first + count))];
      kernels.conv2dFilterGradient(x, dy, dFilter, scratch, geometry(g), sparse, from, to);
    },
    {scratchBytes, units: Math.ceil(g.K / channels), work: convolutionWork(g)},
  );
  if (!kernels.conv2dFilterGradientIsDoubtful(simd.pointer(dFilter), simd.writeGeometry(g))) {
    return dFilter;
  }
  simd.disposeData(dFilter.dataId);
  return simd.compute(
    g.outputShape,
    [x, dy],
    ([x, dy], dFilter, {kernels, scratch, geometry}) =>
      kernels.conv2dFilterGradientInside(x, dy, dFilter, scratch, geometry(g)),
    {scratchBytes},
  );
}

export const conv2dKernels = {
  [Conv2D]: kernel(conv2d),
  [Conv2DInputGradient]: kernel(conv2dInputGradient),
  [Conv2DFilterGradient]: kernel(conv2dFilterGradient),
};
