// A product of matrices over typed arrays, C = A B or C += A B, which conv2d and dense are made of.
//   A [M, R]   B [R, N]   C [M, N]        C[m, n] = Σ over r of A[m, r] · B[r, n]
// The one idea: a tile of 4 × 2 sums stays in registers while r runs, so that 6 loads feed 8 multiply-adds; one sum at
// a time would take 2 loads each. Loading is what plain JavaScript spends its time on: every load checks its bounds and
// turns float32 into float64. For the same reason a larger tile doesn't pay: its sums no longer fit into registers.
// Sums are float64, whatever the arrays hold.

/** Also Float64Array, so that the gradient checks can run on the same code. */
export type Floats = Float32Array | Float64Array;

/** A matrix inside an array: element [i, j] is at offset + i·rowStride + j·columnStride. Strides swapped, it is the transpose. */
export interface Matrix {
  values: Floats;
  offset: number;
  rowStride: number;
  columnStride: number;
}

/** The row-major matrix with that many columns which begins at `offset`. */
export const matrix = (values: Floats, columns: number, offset = 0): Matrix => ({
  values,
  offset,
  rowStride: columns,
  columnStride: 1,
});

export const transpose = ({values, offset, rowStride, columnStride}: Matrix): Matrix => ({
  values,
  offset,
  rowStride: columnStride,
  columnStride: rowStride,
});

/** C = A B, or C += A B, for A [M, R], B [R, N] and C [M, N]. */
export function matMul(
  M: number,
  N: number,
  R: number,
  A: Matrix,
  B: Matrix,
  C: Matrix,
  add = false,
): void {
  const a = A.values;
  const b = B.values;
  const c = C.values;
  const [aM, aR] = [A.rowStride, A.columnStride];
  const [bR, bN] = [B.rowStride, B.columnStride];
  const M4 = M - (M % 4);
  const N2 = N - (N % 2);
  for (let m = 0; m < M4; m += 4) {
    for (let n = 0; n < N2; n += 2) {
      // `| 0` keeps the offsets 32-bit integers: without it each addition is also checked for overflow.
      let a0 = (A.offset + m * aM) | 0;
      let a1 = (a0 + aM) | 0;
      let a2 = (a1 + aM) | 0;
      let a3 = (a2 + aM) | 0;
      let b0 = (B.offset + n * bN) | 0;
      let b1 = (b0 + bN) | 0;
      let c00 = 0, c01 = 0, c10 = 0, c11 = 0, c20 = 0, c21 = 0, c30 = 0, c31 = 0; // biome-ignore format: a tile
      for (let r = 0; r < R; r++) {
        const B0 = b[b0];
        const B1 = b[b1];
        const A0 = a[a0];
        c00 += A0 * B0;
        c01 += A0 * B1;
        const A1 = a[a1];
        c10 += A1 * B0;
        c11 += A1 * B1;
        const A2 = a[a2];
        c20 += A2 * B0;
        c21 += A2 * B1;
        const A3 = a[a3];
        c30 += A3 * B0;
        c31 += A3 * B1;
        a0 = (a0 + aR) | 0;
        a1 = (a1 + aR) | 0;
        a2 = (a2 + aR) | 0;
        a3 = (a3 + aR) | 0;
        b0 = (b0 + bR) | 0;
        b1 = (b1 + bR) | 0;
      }
      storeRow(C, m, n, c00, c01, add);
      storeRow(C, m + 1, n, c10, c11, add);
      storeRow(C, m + 2, n, c20, c21, add);
      storeRow(C, m + 3, n, c30, c31, add);
    }
  }
  // What the tiles leave: the last columns of the upper rows, then the last rows.
  for (let m = 0; m < M; m++) {
    for (let n = m < M4 ? N2 : 0; n < N; n++) {
      let sum = 0;
      let aOffset = (A.offset + m * aM) | 0;
      let bOffset = (B.offset + n * bN) | 0;
      for (let r = 0; r < R; r++) {
        sum += a[aOffset] * b[bOffset];
        aOffset = (aOffset + aR) | 0;
        bOffset = (bOffset + bR) | 0;
      }
      const at = C.offset + m * C.rowStride + n * C.columnStride;
      c[at] = add ? c[at] + sum : sum;
    }
  }
}

function storeRow(C: Matrix, m: number, n: number, sum0: number, sum1: number, add: boolean): void {
  const c = C.values;
  const at0 = C.offset + m * C.rowStride + n * C.columnStride;
  const at1 = at0 + C.columnStride;
  c[at0] = add ? c[at0] + sum0 : sum0;
  c[at1] = add ? c[at1] + sum1 : sum1;
}
