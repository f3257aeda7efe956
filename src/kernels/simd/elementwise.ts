// elementwise: TensorFlow.js's own ops between ours, such as biases, learning rates and masks
//   add, subtract, multiply, divide     y = a ∘ b; an operand is repeated along an axis that it lacks
//   step                                y = x > 0 ? 1 : alpha       (step(NaN) = NaN)
//
// y is seen as [rows, columns]. Operand a moves by aRow bytes from row to row, and along a row
// either with y or not at all (b likewise): that covers equal shapes (one row), a scalar, a bias
// repeated in every row, and one number for each row. Memory decides the speed, so there are no blocks.

import {F32, storeFirst} from './vector';

const ADD = 0, SUBTRACT = 1, MULTIPLY = 2, DIVIDE = 3;

@inline
function apply(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return f32x4.add(a, b);
  if (op == SUBTRACT) return f32x4.sub(a, b);
  if (op == MULTIPLY) return f32x4.mul(a, b);
  return f32x4.div(a, b);
}

/** Four columns from `column` on, or the same number four times if the operand doesn't move. */
@inline
function four(row: usize, column: i32, moves: bool): v128 {
  return moves ? v128.load(row + <usize>column * F32) : v128.load32_splat(row);
}

@inline
function row(op: i32, a: usize, aMoves: bool, b: usize, bMoves: bool, y: usize, columns: i32): void {
  let c = 0;
  for (; c <= columns - 4; c += 4)
    v128.store(y + <usize>c * F32, apply(op, four(a, c, aMoves), four(b, c, bMoves)));
  if (c < columns)
    storeFirst(y + <usize>c * F32, apply(op, four(a, c, aMoves), four(b, c, bMoves)), columns - c);
}

// `op` is a constant where this is inlined, and so are aMoves and bMoves in `row`.
@inline
function combine(
  op: i32, a: usize, aRow: i32, aMoves: bool, b: usize, bRow: i32, bMoves: bool, y: usize,
  rows: i32, columns: i32,
): void {
  for (let r = 0; r < rows; ++r) {
    if (aMoves && bMoves) row(op, a, true, b, true, y, columns);
    else if (aMoves) row(op, a, true, b, false, y, columns);
    else if (bMoves) row(op, a, false, b, true, y, columns);
    else row(op, a, false, b, false, y, columns);
    a += <usize>aRow;
    b += <usize>bRow;
    y += <usize>columns * F32;
  }
}

export function add(
  a: usize, aRow: i32, aMoves: bool, b: usize, bRow: i32, bMoves: bool, y: usize, rows: i32, columns: i32,
): void {
  combine(ADD, a, aRow, aMoves, b, bRow, bMoves, y, rows, columns);
}

export function subtract(
  a: usize, aRow: i32, aMoves: bool, b: usize, bRow: i32, bMoves: bool, y: usize, rows: i32, columns: i32,
): void {
  combine(SUBTRACT, a, aRow, aMoves, b, bRow, bMoves, y, rows, columns);
}

export function multiply(
  a: usize, aRow: i32, aMoves: bool, b: usize, bRow: i32, bMoves: bool, y: usize, rows: i32, columns: i32,
): void {
  combine(MULTIPLY, a, aRow, aMoves, b, bRow, bMoves, y, rows, columns);
}

export function divide(
  a: usize, aRow: i32, aMoves: bool, b: usize, bRow: i32, bMoves: bool, y: usize, rows: i32, columns: i32,
): void {
  combine(DIVIDE, a, aRow, aMoves, b, bRow, bMoves, y, rows, columns);
}

export function step(x: usize, y: usize, alpha: f32, N: i32): void {
  const zero = f32x4.splat(0), one = f32x4.splat(1), below = f32x4.splat(alpha);
  for (let i = 0; i < N; i += 4) {
    const xi = v128.load(x + <usize>i * F32);
    const yi = v128.bitselect(one, below, f32x4.gt(xi, zero));
    storeFirst(y + <usize>i * F32, v128.bitselect(yi, xi, f32x4.eq(xi, xi)), N - i);
  }
}
