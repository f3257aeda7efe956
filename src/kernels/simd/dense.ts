// dense: every output is a weighted sum of every input, plus a bias
//   x [B, I]   weights [I, O]   bias [O]   ->   y [B, O]
//   forward    y  = x weights + bias
//   backward   dx = dy weightsᵀ     dWeights = xᵀ dy     dBias = sum of dy over B (bias.ts)
//
// Each is a product a · b of matrices, computed by product.ts with four rows of a at a time. Neighbours
// in a row of a lie F32 apart for x and dy, and one row of x apart for xᵀ, so x is never transposed. b
// is read along its rows, so weights is transposed for dx: I O copies for B I O multiply-adds.

import {product, setPair, tableSize} from './product';
import {F32, transpose} from './vector';

/** Rows listed at a time. */
const AT_ONCE = 1024;

/**
 * y [rows, columns] = bias [columns] (0: none) + a [rows, n] b [n, columns]. Element (row, i) of a
 * lies at a + row aRow + i aStep, in bytes: so a may be transposed. Scratch: matMulScratch(rows) bytes.
 */
export function matMul(
  a: usize, aRow: usize, aStep: usize, b: usize, bias: usize, y: usize, scratch: usize, rows: i32,
  n: i32, columns: i32,
): void {
  const bRow = <usize>columns * F32; // and y's
  const run = scratch, table = scratch + <usize>tableSize(1);
  setPair(run, 0, 0, 0);
  for (let row = 0; row < min(rows, AT_ONCE); ++row)
    setPair(table, row, <usize>row * aRow, <usize>row * bRow);
  for (let row = 0; row < rows; row += AT_ONCE)
    product(
      table, min(AT_ONCE, rows - row), run, 1, n, a + <usize>row * aRow, aStep, b, bRow, bias, false,
      y + <usize>row * bRow, columns,
    );
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
  x: usize, dy: usize, dWeights: usize, scratch: usize, B: i32, I: i32, O: i32,
): void {
  matMul(x, F32, <usize>I * F32, dy, 0, dWeights, scratch, I, B, O);
}
