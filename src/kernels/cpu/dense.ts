// dense over typed arrays (see ops/dense.ts): each kernel is one product of matrices, added to an array of zeros.
import type {DenseGeometry} from '../../ops/dense.ts';
import {Dense, DenseInputGradient, DenseWeightsGradient} from '../../ops/dense.ts';
import {repeatRow} from './bias.ts';
import {type Floats, type Inputs, kernel} from './kernel.ts';
import {matMul, matrix, transpose} from './matmul.ts';

/** x [B, I], weights [I, O], bias [O] or none -> y [B, O] */
export function dense({x, weights, bias}: Inputs, {B, I, O}: DenseGeometry, y: Floats): void {
  if (bias) repeatRow(bias, y);
  matMul(matrix(x, B, I), matrix(weights, I, O), matrix(y, B, O)); // y += x weights
}

/** dy [B, O], weights [I, O] -> dx [B, I] */
export function denseInputGradient({dy, weights}: Inputs, g: DenseGeometry, dx: Floats): void {
  const {B, I, O} = g;
  matMul(matrix(dy, B, O), transpose(matrix(weights, I, O)), matrix(dx, B, I)); // dx += dy weightsᵀ
}

/** x [B, I], dy [B, O] -> dWeights [I, O] */
export function denseWeightsGradient({x, dy}: Inputs, g: DenseGeometry, dWeights: Floats): void {
  const {B, I, O} = g;
  matMul(transpose(matrix(x, B, I)), matrix(dy, B, O), matrix(dWeights, I, O)); // dWeights += xᵀ dy
}

export const denseKernels = {
  [Dense]: kernel(dense),
  [DenseInputGradient]: kernel(denseInputGradient),
  [DenseWeightsGradient]: kernel(denseWeightsGradient),
};
