// elementwise: TensorFlow.js's own ops of two tensors, such as biases, learning rates and masks
//   add, subtract, multiply, divide     y = a ∘ b; an operand is repeated along an axis that it lacks
//
// y is seen as [planes, rows, columns]. Operand a moves by aPlane bytes from plane to plane and by aRow
// bytes from row to row, and along a row either with y or not at all (b likewise): that covers equal
// shapes (one row), a scalar, a bias repeated in every row, one number for each row, and an operand that
// lacks an axis in the middle. Memory decides the speed, so there are no blocks.

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
  op: i32,
  a: usize, aPlane: i32, aRow: i32, aMoves: bool, b: usize, bPlane: i32, bRow: i32, bMoves: bool, y: usize,
  planes: i32, rows: i32, columns: i32,
): void {
  for (let plane = 0; plane < planes; ++plane) {
    let aAt = a, bAt = b;
    for (let r = 0; r < rows; ++r) {
      if (aMoves && bMoves) row(op, aAt, true, bAt, true, y, columns);
      else if (aMoves) row(op, aAt, true, bAt, false, y, columns);
      else if (bMoves) row(op, aAt, false, bAt, true, y, columns);
      else row(op, aAt, false, bAt, false, y, columns);
      aAt += <usize>aRow;
      bAt += <usize>bRow;
      y += <usize>columns * F32;
    }
    a += <usize>aPlane;
    b += <usize>bPlane;
  }
}

export function add(
  a: usize, aPlane: i32, aRow: i32, aMoves: bool, b: usize, bPlane: i32, bRow: i32, bMoves: bool, y: usize,
  planes: i32, rows: i32, columns: i32,
): void {
  combine(ADD, a, aPlane, aRow, aMoves, b, bPlane, bRow, bMoves, y, planes, rows, columns);
}

export function subtract(
  a: usize, aPlane: i32, aRow: i32, aMoves: bool, b: usize, bPlane: i32, bRow: i32, bMoves: bool, y: usize,
  planes: i32, rows: i32, columns: i32,
): void {
  combine(SUBTRACT, a, aPlane, aRow, aMoves, b, bPlane, bRow, bMoves, y, planes, rows, columns);
}

export function multiply(
  a: usize, aPlane: i32, aRow: i32, aMoves: bool, b: usize, bPlane: i32, bRow: i32, bMoves: bool, y: usize,
  planes: i32, rows: i32, columns: i32,
): void {
  combine(MULTIPLY, a, aPlane, aRow, aMoves, b, bPlane, bRow, bMoves, y, planes, rows, columns);
}

export function divide(
  a: usize, aPlane: i32, aRow: i32, aMoves: bool, b: usize, bPlane: i32, bRow: i32, bMoves: bool, y: usize,
  planes: i32, rows: i32, columns: i32,
): void {
  combine(DIVIDE, a, aPlane, aRow, aMoves, b, bPlane, bRow, bMoves, y, planes, rows, columns);
}
