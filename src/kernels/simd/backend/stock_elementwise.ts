// Stock kernels on `simd` that take the numbers of a tensor one by one. In Add, Sub, Multiply and RealDiv, TensorFlow.js repeats an
// operand along each axis that the operand lacks or has with size 1. Our kernels know [rows, columns] only, which is enough for
// training.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';
import type {Tensor} from './kernel.ts';
import {relu} from './relu.ts';
import {isFloats, type Overrides} from './stock_override.ts';

export const elementwiseOverrides: Overrides = {
  [tf.Relu]: (simd, {x}) => (isFloats(x) ? relu(simd, {x}) : undefined),

  [tf.Step]: (simd, {x}, {alpha}) => {
    if (!isFloats(x)) return undefined;
    const N = tf.util.sizeFromShape(x.shape);
    return simd.compute(x.shape, [x], ([x], y) => simd.kernels.step(x, y, alpha, N));
  },

  [tf.Add]: (simd, {a, b}) => combine(simd, 'add', a, b),
  [tf.Sub]: (simd, {a, b}) => combine(simd, 'subtract', a, b),
  [tf.Multiply]: (simd, {a, b}) => combine(simd, 'multiply', a, b),
  [tf.RealDiv]: (simd, {a, b}) => combine(simd, 'divide', a, b),
};

/** How a kernel reads an operand as [rows, columns]: the bytes from row to row, and whether it moves along a row. */
interface Layout {
  row: number;
  moves: boolean;
}

const ONE_ROW: Layout = {row: 0, moves: true};
const SCALAR: Layout = {row: 0, moves: false};

/** Undefined for another dtype, an empty result, and a broadcast other than a scalar, a row or a column. */
function combine(
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
  let [rows, aLayout, bLayout] = [1, ONE_ROW, ONE_ROW];
  if (!same) {
    const [aSize, bSize] = [tf.util.sizeFromShape(a.shape), tf.util.sizeFromShape(b.shape)];
    if (aSize < size && bSize < size) return undefined;
    if (aSize < size || bSize < size) {
      const repeated = layOutRepeated(aSize < size ? a.shape : b.shape, shape);
      if (!repeated) return undefined;
      rows = repeated.rows;
      const whole = {row: (4 * size) / rows, moves: true};
      [aLayout, bLayout] = aSize < size ? [repeated.layout, whole] : [whole, repeated.layout];
    }
  }
  const [aRow, bRow] = [aLayout.row, bLayout.row];
  return simd.compute(shape, [a, b], ([a, b], y) =>
    simd.kernels[op](a, aRow, aLayout.moves, b, bRow, bLayout.moves, y, rows, size / rows),
  );
}

/** How a kernel reads the smaller operand, and the number of rows of y for this. */
function layOutRepeated(
  small: number[],
  shape: number[],
): {layout: Layout; rows: number} | undefined {
  const size = tf.util.sizeFromShape(shape);
  const smallSize = tf.util.sizeFromShape(small);
  if (smallSize === 1) return {layout: SCALAR, rows: 1};
  // The operand's shape with as many axes as y has.
  const axes = [...new Array<number>(shape.length - small.length).fill(1), ...small];
  const repeated = axes.map((axis, i) => axis !== shape[i]);
  const [first, last] = [repeated.indexOf(true), repeated.lastIndexOf(true)];
  if (axes.slice(0, last).every(axis => axis === 1)) {
    return {layout: ONE_ROW, rows: size / smallSize};
  }
  if (axes.slice(first).every(axis => axis === 1)) {
    return {layout: {row: 4, moves: false}, rows: smallSize};
  }
  return undefined;
}
