// product: the loop nest in which training spends its time. Every pass of conv2d and of dense is this
// sum, each with its own strides:
//
//   out[row][column]  =  start[column]  +  sum over runs, sum over i < n of
//                                          x[row + run + i xStep] v[run + i vStep][column]
//
//                    a row is              v is                       a run is
//   conv2d forward   an output position    the filter                 the taps of one filter row over the image
//   conv2d dx        a position in dx      the turned filter          the taps of one of its rows over dy
//   conv2d dFilter   a tap                 dy                         one row of dy
//   dense            a row of x, xᵀ, dy    weights, weightsᵀ, dy      everything, or 256 steps of it (matmul.ts)
//
// Blocking. A multiply-add needs two operands, and a core loads only about as many vectors a cycle
// as it multiplies. So eight sums stay in registers, 4 rows by 2 vectors of columns: 4 scalars of
// x, each spread over a vector, and 2 vectors of v feed 8 multiply-adds, 0.75 loads each. Eight
// sums are also just enough independent chains to cover the latency of an addition. The tile moves
// down the rows first: meanwhile its 8 columns of v stay in the cache.
//
// Why not more: V8 moves all loads of a loop body in front of its arithmetic, so a tile of r rows by
// c vectors needs r c + r + c registers, and one for a product, of the 15 that V8 uses: 15 for 4 by
// 2. At 5 by 2 V8 spills sums to the stack and runs at half the speed. So it does if the loop is
// unrolled by hand; V8 unrolls the innermost loop itself.

import {F32, multiplyAdd, storeFirst} from './vector';

/** Rows and columns of out in a tile. */
export const ROWS: i32 = 4;
export const COLUMNS: i32 = 8;

// Rows and runs come in tables of pairs of byte offsets: where a row starts in x and in out; where a
// run starts in the row and in v.
export const PAIR: usize = 8;

/** Bytes of a table of this many pairs. In float64, like all sizes of working space: 32 bits would wrap. */
export function tableSize(pairs: f64): f64 {
  return (pairs + <f64>ROWS) * <f64>PAIR;
}

@inline
export function setPair(table: usize, index: i32, x: usize, other: usize): void {
  const pair = table + <usize>index * PAIR;
  store<usize>(pair, x);
  store<usize>(pair, other, 4);
}

// A float32 sum no longer grows when it is 2^24 times its next term: the sum of twenty million ones would
// be 16,777,216. So a long sum is a sum of sums of at most this many steps.
export const STEPS: i32 = 4096;

/**
 * The sum above for all rows of a table and `columns` columns; all steps are in bytes. `start`
 * points to a vector of `columns`, or is 0 for none. With `add` the sums are added to what out
 * holds. The table of rows is filled up to whole tiles: tableSize leaves room for them, and where only
 * the beginning of a table is in use, the rows after it have to be listed again.
 */
export function product(
  rowTable: usize, rows: i32, runTable: usize, runs: i32, n: i32, x: usize, xStep: usize, v: usize,
  vStep: usize, start: usize, add: bool, out: usize, columns: i32,
): void {
  // Whole runs of together STEPS steps at most, or STEPS steps of a longer run.
  const runsAtOnce = max(1, STEPS / max(1, n));
  for (let run = 0; run == 0 || run < runs; run += runsAtOnce) {
    for (let i = 0; i == 0 || i < n; i += STEPS) {
      sums(
        false, rowTable, rows, runTable + <usize>run * PAIR, min(runsAtOnce, runs - run), min(STEPS, n - i),
        x + <usize>i * xStep, xStep, v + <usize>i * vStep, vStep, start, add, out, columns,
      );
      start = 0;
      add = true;
    }
  }
}

/**
 * The same for rows whose x lie side by side, four and four. Only the first of four is looked up, and a
 * step moves one pointer instead of four. A sum must have at most STEPS steps. Without `add` a row may be
 * listed twice.
 */
export function productOfNeighbours(
  rowTable: usize, rows: i32, runTable: usize, runs: i32, n: i32, x: usize, xStep: usize, v: usize,
  vStep: usize, start: usize, add: bool, out: usize, columns: i32,
): void {
  sums(true, rowTable, rows, runTable, runs, n, x, xStep, v, vStep, start, add, out, columns);
}

// `neighbours` is a constant where this is inlined.
@inline
function sums(
  neighbours: bool, rowTable: usize, rows: i32, runTable: usize, runs: i32, n: i32, x: usize, xStep: usize, v: usize,
  vStep: usize, start: usize, add: bool, out: usize, columns: i32,
): void {
  // The last tile may lack rows: it computes and stores the last row again.
  for (let row = rows; row % ROWS != 0; ++row) {
    const last = rowTable + <usize>(rows - 1) * PAIR;
    setPair(rowTable, row, load<usize>(last), load<usize>(last, 4));
  }
  const rowsEnd = rowTable + <usize>rows * PAIR, runsEnd = runTable + <usize>runs * PAIR;
  const vRun = <usize>n * vStep;

  for (let column = 0; column < columns; column += COLUMNS) {
    let startA = f32x4.splat(0), startB = f32x4.splat(0);
    if (start) {
      startA = v128.load(start + <usize>column * F32);
      startB = v128.load(start + <usize>column * F32, 16);
    }

    for (let row = rowTable; row < rowsEnd; row += <usize>ROWS * PAIR) {
      let a0 = startA, b0 = startB;
      let a1 = startA, b1 = startB;
      let a2 = startA, b2 = startB;
      let a3 = startA, b3 = startB;

      for (let run = runTable; run < runsEnd; run += PAIR) {
        const xRun = x + load<usize>(run);
        let x0 = xRun + load<usize>(row);
        let x1: usize = neighbours ? <usize>0 : xRun + load<usize>(row, 8);
        let x2: usize = neighbours ? <usize>0 : xRun + load<usize>(row, 16);
        let x3: usize = neighbours ? <usize>0 : xRun + load<usize>(row, 24);
        let vi = v + load<usize>(run, 4);
        for (const end = vi + vRun; vi < end; vi += vStep) {
          const va = v128.load(vi), vb = v128.load(vi, 16);
          const s0 = v128.load32_splat(x0);
          const s1 = neighbours ? v128.load32_splat(x0, 4) : v128.load32_splat(x1);
          const s2 = neighbours ? v128.load32_splat(x0, 8) : v128.load32_splat(x2);
          const s3 = neighbours ? v128.load32_splat(x0, 12) : v128.load32_splat(x3);
          a0 = multiplyAdd(s0, va, a0);
          b0 = multiplyAdd(s0, vb, b0);
          a1 = multiplyAdd(s1, va, a1);
          b1 = multiplyAdd(s1, vb, b1);
          a2 = multiplyAdd(s2, va, a2);
          b2 = multiplyAdd(s2, vb, b2);
          a3 = multiplyAdd(s3, va, a3);
          b3 = multiplyAdd(s3, vb, b3);
          x0 += xStep;
          if (!neighbours) {
            x1 += xStep;
            x2 += xStep;
            x3 += xStep;
          }
        }
      }

      const out0 = out + load<usize>(row, 4), out1 = out + load<usize>(row, 12);
      const out2 = out + load<usize>(row, 20), out3 = out + load<usize>(row, 28);
      if (add) {
        // Load all four rows before storing any: the last tile repeats its last row, which must be added once.
        a0 = f32x4.add(a0, v128.load(out0));
        b0 = f32x4.add(b0, v128.load(out0, 16));
        a1 = f32x4.add(a1, v128.load(out1));
        b1 = f32x4.add(b1, v128.load(out1, 16));
        a2 = f32x4.add(a2, v128.load(out2));
        b2 = f32x4.add(b2, v128.load(out2, 16));
        a3 = f32x4.add(a3, v128.load(out3));
        b3 = f32x4.add(b3, v128.load(out3, 16));
      }
      if (columns - column >= COLUMNS) {
        storeRow(out0, a0, b0);
        storeRow(out1, a1, b1);
        storeRow(out2, a2, b2);
        storeRow(out3, a3, b3);
      } else {
        storePartOfRow(out0, a0, b0, columns - column);
        storePartOfRow(out1, a1, b1, columns - column);
        storePartOfRow(out2, a2, b2, columns - column);
        storePartOfRow(out3, a3, b3, columns - column);
      }
    }
    v += <usize>COLUMNS * F32;
    out += <usize>COLUMNS * F32;
  }
}

@inline
function storeRow(out: usize, a: v128, b: v128): void {
  v128.store(out, a);
  v128.store(out, b, 16);
}

@inline
function storePartOfRow(out: usize, a: v128, b: v128, columns: i32): void {
  storeFirst(out, a, columns);
  storeFirst(out + 16, b, columns - 4);
}
