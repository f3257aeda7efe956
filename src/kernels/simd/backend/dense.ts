// dense on `simd` (see ops/dense.ts): calls WebAssembly with the addresses of tensors and sizes. The loops are in ../dense.ts.
import {Dense, DenseInputGradient, DenseWeightsGradient} from '../../../ops/dense.ts';
import {kernel} from './kernel.ts';
import type {SimdKernels} from './module.ts';

/** How the product [rows, n] · [n, columns] is cut into parts, and the space that a part needs. */
export const productOptions = (kernels: SimdKernels, rows: number, n: number, columns: number) => ({
  scratchBytes: kernels.matMulScratch(rows, n, columns),
  units: kernels.matMulUnits(rows, columns),
  work: rows * n * columns,
});

export const denseKernels = {
  // x [B, I], weights [I, O], bias [O] or none -> y [B, O]
  [Dense]: kernel((simd, {x, weights, bias}, {B, I, O, outputShape}) =>
    simd.compute(
      outputShape,
      [x, weights, bias],
      ([x, weights, bias], y, {kernels, scratch, first, count}) =>
        kernels.dense(x, weights, bias, y, scratch, B, I, O, first, count),
      productOptions(simd.kernels, B, I, O),
    ),
  ),
  // dy [B, O], weights [I, O] -> dx [B, I]
  [DenseInputGradient]: kernel((simd, {dy, weights}, {B, I, O, outputShape}) =>
    simd.compute(
      outputShape,
      [dy, weights],
      ([dy, weights], dx, {kernels, scratch, first, count}) =>
        kernels.denseInputGradient(dy, weights, dx, scratch, B, I, O, first, count),
      productOptions(simd.kernels, B, O, I),
    ),
  ),
  // x [B, I], dy [B, O] -> dWeights [I, O]
  [DenseWeightsGradient]: kernel((simd, {x, dy}, {B, I, O, outputShape}) =>
    simd.compute(
      outputShape,
      [x, dy],
      ([x, dy], dWeights, {kernels, scratch, first, count}) =>
        kernels.denseWeightsGradient(x, dy, dWeights, scratch, B, I, O, first, count),
      productOptions(simd.kernels, I, B, O),
    ),
  ),
};
