// The stock BatchMatMul and _FusedMatMul on `simd`: one product of matrices after the other.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';

type Tensor = tf.TensorInfo;

/**
 * a [..., rows, n] b [..., n, columns] + bias [columns], where a and b may come transposed and one of them may be a
 * single matrix for all. Undefined if what comes before the matrices is repeated in part.
 */
export function matMul(
  simd: SimdBackend,
  a: Tensor,
  b: Tensor,
  bias: Tensor | undefined,
  {transposeA = false, transposeB = false}: {transposeA?: boolean; transposeB?: boolean},
): Tensor | undefined {
  if (a.shape.length < 2 || b.shape.length < 2) return undefined; // it throws
  const [aOuter, bOuter] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  const [rows, n] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, columns] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (inner !== n) return undefined; // it throws
  const outer = tf.backend_util.assertAndGetBroadcastShape(aOuter, bOuter);
  const batch = tf.util.sizeFromShape(outer);
  const [aBatch, bBatch] = [aOuter, bOuter].map(tf.util.sizeFromShape);
  if ((aBatch !== batch && aBatch !== 1) || (bBatch !== batch && bBatch !== 1)) return undefined;

  const shape = [...outer, rows, columns];
  const {kernels} = simd;
  // The product reads b along its rows. a's elements may lie anywhere, so that it is never transposed.
  const tables = Math.ceil(kernels.matMulScratch(rows) / 16) * 16;
  const transposed = transposeB ? 4 * n * columns : 0;
  return simd.withScratch(tables + transposed, shape, scratch => {
    const [aAt, bAt, biasAt] = [simd.pointer(a), simd.pointer(b), bias ? simd.pointer(bias) : 0];
    const y = simd.allocate(shape);
    const yAt = simd.pointer(y);
    const [aRow, aStep] = transposeA ? [4, 4 * aColumns] : [4 * aColumns, 4];
    for (let i = 0; i < batch; i++) {
      const p = aAt + (aBatch === 1 ? 0 : 4 * i * rows * n);
      let q = bAt + (bBatch === 1 ? 0 : 4 * i * n * columns);
      if (transposeB) {
        if (i === 0 || bBatch > 1) kernels.transpose(q, bRows, bColumns, scratch + tables);
        q = scratch + tables;
      }
      const out = yAt + 4 * i * rows * columns;
      kernels.matMul(p, aRow, aStep, q, biasAt, out, scratch, rows, n, columns);
    }
    return y;
  });
}
