// A product of matrices over typed arrays, out += x v: conv2d and dense are made of it.
//   x [rows, n]   v [n, columns]   out [rows, columns]        out[row, column] += Σ over i < n of x[row, i] · v[i, column]
// Plain JavaScript spends its time on loads: each one checks the array's bounds and turns float32 into float64. Two ideas make
// them fewer:
// - A tile of 4 × 2 sums stays in registers while i runs, so that 6 loads feed 8 multiply-adds; one sum at a time would
//   take 2 loads for each multiply-add. More sums than 8 no longer fit into registers.
// - Two columns of v are copied before any tile uses them, without the rows in which both are 0. The dy of a convolution before
//   a 2 × 2 max-pool is at least three quarters zeros, so this leaves out most of the convolution's backward pass.
//   0 · ∞ is NaN, though: where x isn't finite, zeros stay in.
// Sums are float64, also over float32 arrays.
import type {Floats} from './kernel.ts';

/**
 * A matrix inside an array: element [row, column] is at offset + rows[row] + columns[column]. All elements lie among the `span`
 * values from the offset on. Tables in place of strides can describe a matrix of overlapping windows (see windows.ts).
 */
export interface Matrix {
  values: Floats;
  offset: number;
  span: number;
  rows: Int32Array;
  columns: Int32Array;
}

/** The row-major matrix of this many rows and columns at the array's beginning. */
export const matrix = (values: Floats, rows: number, columns: number): Matrix => ({
  values,
  offset: 0,
  span: rows * columns,
  rows: Int32Array.from({length: rows}, (_, row) => row * columns),
  columns: Int32Array.from({length: columns}, (_, column) => column),
});

export const transpose = (x: Matrix): Matrix => ({...x, rows: x.columns, columns: x.rows});

/** out += x v. Rows of out may share elements, as overlapping windows do. */
export function matMul(x: Matrix, v: Matrix, out: Matrix): void {
  const n = x.columns.length;
  const rows = out.rows.length;
  const columns = out.columns.length;
  // Two columns of v as pairs of numbers, and for each pair the offset of the column of x that it is multiplied with.
  const pairs = new Float64Array(2 * n);
  const xColumns = new Int32Array(n);
  let finite: boolean | undefined;
  for (let column = 0; column < columns; column += 2) {
    const v0At = v.offset + v.columns[column];
    const v1At = column + 1 < columns ? v.offset + v.columns[column + 1] : -1;
    let count = 0;
    for (let i = 0; i < n; i++) {
      const v0 = v.values[v0At + v.rows[i]];
      const v1 = v1At < 0 ? 0 : v.values[v1At + v.rows[i]];
      if (v0 === 0 && v1 === 0) {
        finite ??= allFinite(x.values, x.offset, x.offset + x.span);
        if (finite) continue;
      }
      pairs[2 * count] = v0;
      pairs[2 * count + 1] = v1;
      xColumns[count] = x.columns[i];
      count++;
    }
    const tiled = v1At < 0 ? 0 : rows - (rows % 4);
    tiles(x, xColumns, pairs, count, out, tiled, column);
    for (let row = tiled; row < rows; row++) rest(x, xColumns, pairs, count, out, row, column);
  }
}

/** True if the values from index `first` up to, not including, `end` are finite. */
export function allFinite(values: Floats, first = 0, end = values.length): boolean {
  let sum = 0;
  for (let i = first; i < end; i++) sum += values[i] - values[i]; // ∞ − ∞ and NaN − NaN are NaN
  return sum === 0;
}

/** Adds the products of columns `column` and `column` + 1 to the first `rows` rows of out; `rows` is a multiple of 4. */
function tiles(
  x: Matrix,
  xColumns: Int32Array,
  pairs: Float64Array,
  count: number,
  out: Matrix,
  rows: number,
  column: number,
): void {
  const values = x.values;
  const {values: sums, rows: outRows} = out;
  const out0 = out.offset + out.columns[column];
  const out1 = out.offset + out.columns[column + 1];
  for (let row = 0; row < rows; row += 4) {
    // `| 0` keeps the offsets 32-bit integers: without it V8 also checks each addition for overflow.
    const x0At = (x.offset + x.rows[row]) | 0;
    const x1At = (x.offset + x.rows[row + 1]) | 0;
    const x2At = (x.offset + x.rows[row + 2]) | 0;
    const x3At = (x.offset + x.rows[row + 3]) | 0;
    // biome-ignore format: a tile
    let s00 = 0, s01 = 0, s10 = 0, s11 = 0, s20 = 0, s21 = 0, s30 = 0, s31 = 0;
    for (let i = 0; i < count; i++) {
      const xColumn = xColumns[i];
      const v0 = pairs[2 * i];
      const v1 = pairs[2 * i + 1];
      const x0 = values[(x0At + xColumn) | 0];
      s00 += x0 * v0;
      s01 += x0 * v1;
      const x1 = values[(x1At + xColumn) | 0];
      s10 += x1 * v0;
      s11 += x1 * v1;
      const x2 = values[(x2At + xColumn) | 0];
      s20 += x2 * v0;
      s21 += x2 * v1;
      const x3 = values[(x3At + xColumn) | 0];
      s30 += x3 * v0;
      s31 += x3 * v1;
    }
    addPair(sums, (out0 + outRows[row]) | 0, (out1 + outRows[row]) | 0, s00, s01);
    addPair(sums, (out0 + outRows[row + 1]) | 0, (out1 + outRows[row + 1]) | 0, s10, s11);
    addPair(sums, (out0 + outRows[row + 2]) | 0, (out1 + outRows[row + 2]) | 0, s20, s21);
    addPair(sums, (out0 + outRows[row + 3]) | 0, (out1 + outRows[row + 3]) | 0, s30, s31);
  }
}

/** The same for one row, also where `column` is the last. */
function rest(
  x: Matrix,
  xColumns: Int32Array,
  pairs: Float64Array,
  count: number,
  out: Matrix,
  row: number,
  column: number,
): void {
  const xAt = x.offset + x.rows[row];
  let s0 = 0;
  let s1 = 0;
  for (let i = 0; i < count; i++) {
    const value = x.values[(xAt + xColumns[i]) | 0];
    s0 += value * pairs[2 * i];
    s1 += value * pairs[2 * i + 1];
  }
  const outAt = out.offset + out.rows[row];
  out.values[outAt + out.columns[column]] += s0;
  if (column + 1 < out.columns.length) out.values[outAt + out.columns[column + 1]] += s1;
}

function addPair(sums: Floats, out0At: number, out1At: number, s0: number, s1: number): void {
  sums[out0At] += s0;
  sums[out1At] += s1;
}
