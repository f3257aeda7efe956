// The stock Add, Sub, Multiply and RealDiv on `simd`. TensorFlow.js repeats an operand along each axis that it lacks or
// where it has size 1; the kernels see [rows, columns] only, which is enough for what occurs in training.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';

type Tensor = tf.TensorInfo;

/** How an operand lies in [rows, columns]: bytes from row to row, and whether it moves along a row. */
interface Place {
  row: number;
  moves: 0 | 1;
}

const WHOLE: Place = {row: 0, moves: 1}; // there is but one row
const SCALAR: Place = {row: 0, moves: 0};

/** Undefined for another dtype, nothing to do, and a broadcast that is no scalar, row or column. */
export function combine(
  simd: SimdBackend,
  op: 'add' | 'subtract' | 'multiply' | 'divide',
  a: Tensor,
  b: Tensor,
): Tensor | undefined {
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const same = tf.util.arraysEqual(a.shape, b.shape);
  const shape = same ? a.shape : tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const size = tf.util.sizeFromShape(shape);
  if (size === 0) return undefined;
  let [rows, aPlace, bPlace] = [1, WHOLE, WHOLE];
  if (!same) {
    const [aSize, bSize] = [tf.util.sizeFromShape(a.shape), tf.util.sizeFromShape(b.shape)];
    if (aSize < size && bSize < size) return undefined;
    if (aSize < size || bSize < size) {
      const found = placeRepeated(aSize < size ? a.shape : b.shape, shape);
      if (!found) return undefined;
      rows = found.rows;
      const whole = {row: (4 * size) / rows, moves: 1 as const};
      [aPlace, bPlace] = aSize < size ? [found.place, whole] : [whole, found.place];
    }
  }
  const [aAt, bAt] = [simd.pointer(a), simd.pointer(b)];
  const y = simd.allocate(shape);
  const [aRow, bRow] = [aPlace.row, bPlace.row];
  const yAt = simd.pointer(y);
  const columns = size / rows;
  simd.kernels[op](aAt, aRow, aPlace.moves, bAt, bRow, bPlace.moves, yAt, rows, columns);
  return y;
}

/** Where the smaller operand lies in y, and into how many rows that divides y. */
function placeRepeated(small: number[], shape: number[]): {place: Place; rows: number} | undefined {
  const size = tf.util.sizeFromShape(shape);
  const smallSize = tf.util.sizeFromShape(small);
  if (smallSize === 1) return {place: SCALAR, rows: 1};
  // As many axes as y has, 1 where the number is repeated.
  const axes = [...new Array<number>(shape.length - small.length).fill(1), ...small];
  const repeated = axes.map((axis, i) => axis !== shape[i]);
  const [first, last] = [repeated.indexOf(true), repeated.lastIndexOf(true)];
  if (axes.slice(0, last).every(axis => axis === 1)) {
    return {place: {row: 0, moves: 1}, rows: size / smallSize};
  }
  if (axes.slice(first).every(axis => axis === 1)) {
    return {place: {row: 4, moves: 0}, rows: smallSize};
  }
  return undefined;
}
