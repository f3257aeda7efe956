// dense: every output is a weighted sum of every input, plus a bias
//   x [B, I]   weights [I, O]   bias [O]   ->   y [B, O]
//   forward    y  = x W + b
//   backward   dx = dy Wᵀ     dW = xᵀ dy     db = sum of dy over B (bias.ts)
//
// Each is a matrix product P Q, made of the tile in product.ts, with four rows of P as its rows:
// their elements lie F32 apart for x and dy, and one row of x apart for xᵀ, which is so never
// transposed. Q is read along its rows, so that W is transposed for dx: I O copies for B I O
// multiply-adds.

import {product, setPair, tableSize} from './product';
import {F32, transpose} from './vector';

/** Rows that are listed at a time. */
const AT_ONCE = 1024;

/**
 * out [rows, columns] = bias [columns] (0: none) + P [rows, n] Q [n, columns]. Element (r, i) of P
 * lies at p + r pRow + i pStep (bytes): so P may be transposed. Scratch: matMulScratch(rows) bytes.
 */
export function matMul(
  p: usize, pRow: usize, pStep: usize, q: usize, bias: usize, out: usize, scratch: usize,
  rows: i32, n: i32, columns: i32,
): void {
  const qRow = <usize>columns * F32;
  const run = scratch, table = scratch + <usize>tableSize(1);
  setPair(run, 0, 0, 0);
  for (let r = 0; r < min(rows, AT_ONCE); ++r) setPair(table, r, <usize>r * pRow, <usize>r * qRow);
  for (let r = 0; r < rows; r += AT_ONCE) {
    const below = <usize>r * pRow;
    product(
      table, min(AT_ONCE, rows - r), run, 1, n, p + below, pStep, q, qRow, bias, false, out + <usize>r * qRow, columns,
    );
  }
}

export function matMulScratch(rows: i32): f64 {
  return tableSize(1) + tableSize(min(rows, AT_ONCE));
}

/** Bytes of `scratch`; the other two passes need matMulScratch(B) and matMulScratch(I). */
export function denseInputGradientScratch(B: i32, I: i32, O: i32): f64 {
  return matMulScratch(B) + <f64>I * O * F32;
}

export function dense(
  x: usize, weights: usize, bias: usize, y: usize, scratch: usize, B: i32, I: i32, O: i32,
): void {
  matMul(x, <usize>I * F32, F32, weights, bias, y, scratch, B, I, O);
}

export function denseInputGradient(
  dy: usize, weights: usize, dx: usize, scratch: usize, B: i32, I: i32, O: i32,
): void {
  const transposed = scratch + <usize>matMulScratch(B);
  transpose(weights, I, O, transposed);
  matMul(dy, <usize>O * F32, F32, transposed, 0, dx, scratch, B, O, I);
}

export function denseWeightsGradient(
  x: usize, dy: usize, dW: usize, scratch: usize, B: i32, I: i32, O: i32,
): void {
  matMul(x, F32, <usize>I * F32, dy, 0, dW, scratch, I, B, O);
}
