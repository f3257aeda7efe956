// dense over typed arrays (see ops/dense.ts): one product of matrices each, added to an array of zeros.
import type {DenseGeometry} from '../../ops/dense.ts';
import {Dense, DenseInputGradient, DenseWeightsGradient} from '../../ops/dense.ts';
import {repeatRow} from './bias.ts';
import {type Floats, kernel} from './kernel.ts';
import {matMul, matrix, transpose} from './matmul.ts';

/** x [B, I], weights [I, O], bias [O] or none -> y [B, O] */
export function dense(
  {x, weights, bias}: {x: Floats; weights: Floats; bias?: Floats},
  {B, I, O}: DenseGeometry,
  y: Floats,
): void {
  if (bias) repeatRow(bias, y);
  matMul(matrix(x, B, I), matrix(weights, I, O), matrix(y, B, O)); // y += x W
}

/** dy [B, O], weights [I, O] -> dx [B, I] */
export function denseInputGradient(
  {dy, weights}: {dy: Floats; weights: Floats},
  {B, I, O}: DenseGeometry,
  dx: Floats,
): void {
  matMul(matrix(dy, B, O), transpose(matrix(weights, I, O)), matrix(dx, B, I)); // dx += dy Wᵀ
}

/** x [B, I], dy [B, O] -> dWeights [I, O] */
export function denseWeightsGradient(
  {x, dy}: {x: Floats; dy: Floats},
  {B, I, O}: DenseGeometry,
  dWeights: Floats,
): void {
  matMul(transpose(matrix(x, B, I)), matrix(dy, B, O), matrix(dWeights, I, O)); // dWeights += xᵀ dy
}

export const denseKernels = {
  [Dense]: kernel(dense),
  [DenseInputGradient]: kernel(denseInputGradient),
  [DenseWeightsGradient]: kernel(denseWeightsGradient),
};
