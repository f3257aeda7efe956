// conv2d on `simd` (see ops/conv2d.ts): calls WebAssembly with the addresses of tensors and sizes. The loops are in ../conv2d.ts.
import {
  Conv2D,
  Conv2DFilterGradient,
  type Conv2DGeometry,
  Conv2DInputGradient,
} from '../../../ops/conv2d.ts';
import type {Attrs} from '../../../ops/kernel.ts';
import type {SimdBackend} from './backend.ts';
import {type Inputs, kernel} from './kernel.ts';

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or none -> y [B, yH, yW, K] */
export function conv2d(simd: SimdBackend, {x, filter, bias}: Inputs, g: Attrs<Conv2DGeometry>) {
  const {kernels} = simd;
  const geometry = simd.writeGeometry(g);
  return simd.compute(
    g.outputShape,
    [x, filter, bias],
    ([x, filter, bias], y, {scratch}) => kernels.conv2d(x, filter, bias, y, scratch, geometry),
    {scratchBytes: kernels.conv2dScratch(geometry)},
  );
}

/** dy [B, yH, yW, K], filter [kH, kW, C, K] -> dx [B, H, W, C] */
export function conv2dInputGradient(
  simd: SimdBackend,
  {dy, filter}: Inputs,
  g: Attrs<Conv2DGeometry>,
) {
  const {kernels} = simd;
  const geometry = simd.writeGeometry(g);
  return simd.compute(
    g.outputShape,
    [dy, filter],
    ([dy, filter], dx, {scratch}) => kernels.conv2dInputGradient(dy, filter, dx, scratch, geometry),
    {scratchBytes: kernels.conv2dInputGradientScratch(geometry)},
  );
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K] */
export function conv2dFilterGradient(simd: SimdBackend, {x, dy}: Inputs, g: Attrs<Conv2DGeometry>) {
  const {kernels} = simd;
  const geometry = simd.writeGeometry(g);
  return simd.compute(
    g.outputShape,
    [x, dy],
    ([x, dy], dFilter, {scratch}) =>
      kernels.conv2dFilterGradient(x, dy, dFilter, scratch, geometry),
    {scratchBytes: kernels.conv2dFilterGradientScratch(geometry)},
  );
}

export const conv2dKernels = {
  [Conv2D]: kernel(conv2d),
  [Conv2DInputGradient]: kernel(conv2dInputGradient),
  [Conv2DFilterGradient]: kernel(conv2dFilterGradient),
};
