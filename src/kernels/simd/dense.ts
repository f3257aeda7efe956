// dense: every output is a weighted sum of every input, plus a bias
//   x [B, I]   weights [I, O]   bias [O]   ->   y [B, O]
//   forward    y  = x weights + bias
//   backward   dx = dy weightsᵀ     dWeights = xᵀ dy     dBias = sum of dy over B (bias.ts)
//
// Each is a product of matrices, computed by matmul.ts: transposed or not is a matter of the steps from
// one number to its neighbours.

import {matMul} from './matmul';
import {F32} from './vector';

// Units and scratch are those of the product: matMulUnits(rows, columns) and matMulScratch(rows, n, columns).

export function dense(
  x: usize, weights: usize, bias: usize, y: usize, scratch: usize, B: i32, I: i32, O: i32,
  first: i32, count: i32,
): void {
  matMul(x, <usize>I * F32, F32, weights, <usize>O * F32, F32, bias, y, scratch, B, I, O, first, count);
}

export function denseInputGradient(
  dy: usize, weights: usize, dx: usize, scratch: usize, B: i32, I: i32, O: i32,
  first: i32, count: i32,
): void {
  matMul(dy, <usize>O * F32, F32, weights, F32, <usize>O * F32, 0, dx, scratch, B, O, I, first, count);
}

export function denseWeightsGradient(
  x: usize, dy: usize, dWeights: usize, scratch: usize, B: i32, I: i32, O: i32,
  first: i32, count: i32,
): void {
  matMul(x, F32, <usize>I * F32, dy, <usize>O * F32, F32, 0, dWeights, scratch, I, B, O, first, count);
}
