// The stock kernels BatchMatMul and _FusedMatMul on `simd`: products of matrices. The loops are in ../matmul.ts.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';
import {productOptions} from './dense.ts';
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

  // One b for all, and a's rows one behind the other: a single product.
  const products = bBatch === 1 && !transposeA ? 1 : batch;
  const allRows = (batch / products) * rows;
  const aRow = transposeA ? 4 : 4 * n;
  const aStep = transposeA ? 4 * rows : 4;
  const aNext = aBatch === 1 ? 0 : 4 * rows * n;
  const bStep = transposeB ? 4 : 4 * columns;
  const bColumn = transposeB ? 4 * n : 4;
  const bNext = bBatch === 1 ? 0 : 4 * n * columns;
  const one = productOptions(simd.kernels, allRows, n, columns);
  return simd.compute(
    [...outer, rows, columns],
    [a, b, bias],
    ([a, b, bias], y, {kernels, scratch, first, count}) => {
      if (products === 1) {
        // biome-ignore format: short
        kernels.matMul(a, aRow, aStep, b, bStep, bColumn, bias, y, scratch, allRows, n, columns, first, count);
      } else {
        // biome-ignore format: short
        kernels.batchMatMul(a, aNext, aRow, aStep, b, bNext, bStep, bColumn, bias, y, scratch, rows, n, columns, first, count);
      }
    },
    products === 1 ? one : {...one, units: products, work: products * one.work},
  );
}
