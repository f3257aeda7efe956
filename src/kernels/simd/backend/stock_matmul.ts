// The stock kernels BatchMatMul and _FusedMatMul on `simd`: one product of matrices after another.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';
import type {Tensor} from './kernel.ts';
import {activate, isKnown, isRow} from './stock_fused.ts';
import {isFloats, type Overrides} from './stock_override.ts';

export const matMulOverrides: Overrides = {
  [tf.BatchMatMul]: (simd, {a, b}, attrs) =>
    isFloats(a) && isFloats(b) ? matMul(simd, a, b, undefined, attrs) : undefined,

  [tf._FusedMatMul]: (simd, {a, b, bias, preluActivationWeights}, attrs) => {
    const columns = b.shape[b.shape.length - (attrs.transposeB ? 2 : 1)];
    if (!isFloats(a) || !isFloats(b) || !isRow(bias, columns) || !isKnown(attrs.activation)) {
      return undefined;
    }
    const y = matMul(simd, a, b, bias, attrs);
    return y && activate(simd, y, attrs, preluActivationWeights);
  },
};

/**
 * a [..., rows, n] · b [..., n, columns] + bias [columns]. a and b may come transposed. One of them may be a single matrix, which
 * serves every product. Undefined for any other broadcast of the axes before the matrices.
 */
function matMul(
  simd: SimdBackend,
  a: Tensor,
  b: Tensor,
  bias: Tensor | undefined,
  {transposeA = false, transposeB = false}: {transposeA?: boolean; transposeB?: boolean},
): Tensor | undefined {
  if (a.shape.length < 2 || b.shape.length < 2) return undefined; // the stock kernel throws
  const [aOuter, bOuter] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  const [rows, n] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, columns] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (inner !== n) return undefined; // the stock kernel throws
  const outer = tf.backend_util.assertAndGetBroadcastShape(aOuter, bOuter);
  const batch = tf.util.sizeFromShape(outer);
  const [aBatch, bBatch] = [aOuter, bOuter].map(tf.util.sizeFromShape);
  if ((aBatch !== batch && aBatch !== 1) || (bBatch !== batch && bBatch !== 1)) return undefined;

  const {kernels} = simd;
  // The kernel reads b along its rows, so a transposed b is copied. It reads a with any strides, so a is never copied.
  const tables = Math.ceil(kernels.matMulScratch(rows) / 16) * 16;
  const transposed = transposeB ? 4 * n * columns : 0;
  const [aRow, aStep] = transposeA ? [4, 4 * aColumns] : [4 * aColumns, 4];
  return simd.compute(
    [...outer, rows, columns],
    [a, b, bias],
    ([a, b, bias], y, {scratch}) => {
      for (let i = 0; i < batch; i++) {
        const oneA = a + (aBatch === 1 ? 0 : 4 * i * rows * n);
        let oneB = b + (bBatch === 1 ? 0 : 4 * i * n * columns);
        if (transposeB) {
          if (i === 0 || bBatch > 1) kernels.transpose(oneB, bRows, bColumns, scratch + tables);
          oneB = scratch + tables;
        }
        const oneY = y + 4 * i * rows * columns;
        kernels.matMul(oneA, aRow, aStep, oneB, bias, oneY, scratch, rows, n, columns);
      }
    },
    {scratchBytes: tables + transposed},
  );
}
