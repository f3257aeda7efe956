// A product of matrices over typed arrays, C = A B or C += A B, which conv2d and dense are made of.
//   A [M, R]   B [R, N]   C [M, N]        C[m, n] = Σ over r of A[m, r] · B[r, n]
// Two ideas, both against loads, on which plain JavaScript spends its time (each one checks its bounds, and turns
// float32 into float64):
// - A tile of 4 × 2 sums stays in registers while r runs, so that 6 loads feed 8 multiply-adds; one sum at a time would
//   take 2 loads each. More sums than that no longer fit into registers.
// - Two columns of B are gathered before any tile uses them, without the rows in which both are 0. Behind a 2 × 2
//   max-pool at least three quarters of dy are zeros, so that this leaves out most of a convolution's backward pass.
//   0 · ∞ is NaN, though: where A isn't finite, zeros stay in.
// Sums are float64, whatever the arrays hold.

/** Also Float64Array, so that the gradient checks can run on the same code. */
export type Floats = Float32Array | Float64Array;

/**
 * A matrix inside an array: element [i, j] is at offset + rows[i] + columns[j], and all of them lie among the `span`
 * values from the offset on. With tables in place of strides a matrix of overlapping windows is as good as any, without
 * being copied together (see windows.ts).
 */
export interface Matrix {
  values: Floats;
  offset: number;
  span: number;
  rows: Int32Array;
  columns: Int32Array;
}

/** The row-major matrix of that many rows and columns at the array's beginning. */
export const matrix = (values: Floats, rows: number, columns: number): Matrix => ({
  values,
  offset: 0,
  span: rows * columns,
  rows: Int32Array.from({length: rows}, (_, i) => i * columns),
  columns: Int32Array.from({length: columns}, (_, j) => j),
});

export const transpose = (A: Matrix): Matrix => ({...A, rows: A.columns, columns: A.rows});

/** C = A B, or C += A B with `add`, in which case elements in different rows of C may coincide, as windows do. */
export function matMul(A: Matrix, B: Matrix, C: Matrix, add = false): void {
  const M = C.rows.length;
  const N = C.columns.length;
  const R = A.columns.length;
  const pairs = new Float64Array(2 * R);
  const aColumns = new Int32Array(R);
  let finite: boolean | undefined;
  for (let n = 0; n < N; n += 2) {
    const b0 = B.offset + B.columns[n];
    const b1 = n + 1 < N ? B.offset + B.columns[n + 1] : -1;
    let count = 0;
    for (let r = 0; r < R; r++) {
      const B0 = B.values[b0 + B.rows[r]];
      const B1 = b1 < 0 ? 0 : B.values[b1 + B.rows[r]];
      if (B0 === 0 && B1 === 0) {
        finite ??= allFinite(A);
        if (finite) continue;
      }
      pairs[2 * count] = B0;
      pairs[2 * count + 1] = B1;
      aColumns[count] = A.columns[r];
      count++;
    }
    const M4 = b1 < 0 ? 0 : M - (M % 4);
    tiles(A, aColumns, pairs, count, C, M4, n, add);
    for (let m = M4; m < M; m++) rest(A, aColumns, pairs, count, C, m, n, add);
  }
}

function allFinite({values, offset, span}: Matrix): boolean {
  let sum = 0;
  for (let i = offset; i < offset + span; i++) sum += values[i] - values[i]; // ∞ − ∞ and NaN − NaN are NaN
  return sum === 0;
}

/** Columns n and n + 1 of the rows up to M4, a multiple of 4. */
function tiles(
  A: Matrix,
  aColumns: Int32Array,
  pairs: Float64Array,
  count: number,
  C: Matrix,
  M4: number,
  n: number,
  add: boolean,
): void {
  const a = A.values;
  const {values: c, rows: cRows} = C;
  const n0 = C.offset + C.columns[n];
  const n1 = C.offset + C.columns[n + 1];
  for (let m = 0; m < M4; m += 4) {
    // `| 0` keeps the offsets 32-bit integers: without it each addition is also checked for overflow.
    const a0 = (A.offset + A.rows[m]) | 0;
    const a1 = (A.offset + A.rows[m + 1]) | 0;
    const a2 = (A.offset + A.rows[m + 2]) | 0;
    const a3 = (A.offset + A.rows[m + 3]) | 0;
    // biome-ignore format: a tile
    let c00 = 0, c01 = 0, c10 = 0, c11 = 0, c20 = 0, c21 = 0, c30 = 0, c31 = 0;
    for (let r = 0; r < count; r++) {
      const column = aColumns[r];
      const B0 = pairs[2 * r];
      const B1 = pairs[2 * r + 1];
      const A0 = a[(a0 + column) | 0];
      c00 += A0 * B0;
      c01 += A0 * B1;
      const A1 = a[(a1 + column) | 0];
      c10 += A1 * B0;
      c11 += A1 * B1;
      const A2 = a[(a2 + column) | 0];
      c20 += A2 * B0;
      c21 += A2 * B1;
      const A3 = a[(a3 + column) | 0];
      c30 += A3 * B0;
      c31 += A3 * B1;
    }
    storePair(c, (n0 + cRows[m]) | 0, (n1 + cRows[m]) | 0, c00, c01, add);
    storePair(c, (n0 + cRows[m + 1]) | 0, (n1 + cRows[m + 1]) | 0, c10, c11, add);
    storePair(c, (n0 + cRows[m + 2]) | 0, (n1 + cRows[m + 2]) | 0, c20, c21, add);
    storePair(c, (n0 + cRows[m + 3]) | 0, (n1 + cRows[m + 3]) | 0, c30, c31, add);
  }
}

/** Columns n and, if there is one, n + 1 of row m. */
function rest(
  A: Matrix,
  aColumns: Int32Array,
  pairs: Float64Array,
  count: number,
  C: Matrix,
  m: number,
  n: number,
  add: boolean,
): void {
  const row = A.offset + A.rows[m];
  let c0 = 0;
  let c1 = 0;
  for (let r = 0; r < count; r++) {
    const value = A.values[(row + aColumns[r]) | 0];
    c0 += value * pairs[2 * r];
    c1 += value * pairs[2 * r + 1];
  }
  const c = C.values;
  const at = C.offset + C.rows[m];
  if (n + 1 < C.columns.length) {
    storePair(c, at + C.columns[n], at + C.columns[n + 1], c0, c1, add);
  } else {
    c[at + C.columns[n]] = add ? c[at + C.columns[n]] + c0 : c0;
  }
}

function storePair(c: Floats, at0: number, at1: number, c0: number, c1: number, add: boolean) {
  c[at0] = add ? c[at0] + c0 : c0;
  c[at1] = add ? c[at1] + c1 : c1;
}
