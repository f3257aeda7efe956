// dense on `simd` (see ops/dense.ts). The loops are in ../dense.ts.
import {Dense, DenseInputGradient, DenseWeightsGradient} from '../../../ops/dense.ts';
import {kernel} from './kernel.ts';

export const denseKernels = {
  // x [B, I], weights [I, O], bias [O] or none -> y [B, O]
  [Dense]: kernel((simd, {x, weights, bias}, {B, I, O, outputShape}) =>
    simd.compute(
      outputShape,
      [x, weights, bias],
      ([x, weights, bias], y, {scratch}) =>
        simd.kernels.dense(x, weights, bias, y, scratch, B, I, O),
      {scratchBytes: simd.kernels.matMulScratch(B)},
    ),
  ),
  // dy [B, O], weights [I, O] -> dx [B, I]
  [DenseInputGradient]: kernel((simd, {dy, weights}, {B, I, O, outputShape}) =>
    simd.compute(
      outputShape,
      [dy, weights],
      ([dy, weights], dx, {scratch}) =>
        simd.kernels.denseInputGradient(dy, weights, dx, scratch, B, I, O),
      {scratchBytes: simd.kernels.denseInputGradientScratch(B, I, O)},
    ),
  ),
  // x [B, I], dy [B, O] -> dWeights [I, O]
  [DenseWeightsGradient]: kernel((simd, {x, dy}, {B, I, O, outputShape}) =>
    simd.compute(
      outputShape,
      [x, dy],
      ([x, dy], dWeights, {scratch}) =>
        simd.kernels.denseWeightsGradient(x, dy, dWeights, scratch, B, I, O),
      {scratchBytes: simd.kernels.matMulScratch(I)},
    ),
  ),
};
