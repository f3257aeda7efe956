// Stock kernels on `simd` that take the numbers of a tensor one by one. In Add, Sub, Multiply and RealDiv, TensorFlow.js repeats an
// operand along each axis that the operand lacks or has with size 1. Our kernels know [planes, rows, columns].
import * as tf from '@tensorflow/tfjs-core';
import {type Level, mergeAxes} from './merge_axes.ts';
import {relu} from './relu.ts';
import {isFloats, type Override, type Overrides} from './stock_override.ts';

export const elementwiseOverrides: Overrides = {
  [tf.Relu]: (simd, {x}) => (isFloats(x) ? relu(simd, {x}) : undefined),

  [tf.Step]: (simd, {x}, {alpha}) => {
    if (!isFloats(x)) return undefined;
    const N = tf.util.sizeFromShape(x.shape);
    return simd.compute(x.shape, [x], ([x], y) => simd.kernels.step(x, y, alpha, N));
  },

  [tf.Square]: unary('square'),
  [tf.Sqrt]: unary('sqrt'),
  [tf.Rsqrt]: unary('rsqrt'),
  [tf.Floor]: unary('floor'),

  [tf.Add]: binary('add'),
  [tf.Sub]: binary('subtract'),
  [tf.Multiply]: binary('multiply'),
  [tf.RealDiv]: binary('divide'),
};

function unary(op: 'square' | 'sqrt' | 'rsqrt' | 'floor'): Override {
  return (simd, {x}) => {
    if (!isFloats(x)) return undefined;
    const N = tf.util.sizeFromShape(x.shape);
    return simd.compute(x.shape, [x], ([x], y) => simd.kernels[op](x, y, N));
  };
}

/** The operands that have numbers of their own along an axis. The other is repeated. */
type Moves = 'a' | 'b' | 'ab';

/** Declines a broadcast that has more than planes, rows and columns, such as [2, 1, 3, 1] over [2, 4, 3, 5]. */
function binary(op: 'add' | 'subtract' | 'multiply' | 'divide'): Override {
  return (simd, {a, b}) => {
    if (!isFloats(a) || !isFloats(b)) return undefined;
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const levels = mergeAxes<Moves>(shape, axis => {
      const [aSize, bSize] = [a, b].map(({shape: own}) => own.at(axis - shape.length) ?? 1);
      return aSize === bSize ? 'ab' : aSize > bSize ? 'a' : 'b';
    });
    if (levels.length > 3) return undefined;
    while (levels.length < 3) levels.unshift({size: 1, kind: 'ab'});
    const [planes, rows, columns] = levels.map(({size}) => size);
    const [aLayout, bLayout] = [layout(levels, 'a'), layout(levels, 'b')];
    return simd.compute(shape, [a, b], ([a, b], y) =>
      simd.kernels[op](a, ...aLayout, b, ...bLayout, y, planes, rows, columns),
    );
  };
}

/** How a kernel reads an operand: the bytes from plane to plane and from row to row, and whether it moves along a row. */
function layout(
  levels: Level<Moves>[],
  operand: 'a' | 'b',
): [plane: number, row: number, moves: boolean] {
  const [planeMoves, rowMoves, moves] = levels.map(({kind}) => kind.includes(operand));
  const rowBytes = 4 * (moves ? levels[2].size : 1);
  const planeBytes = rowBytes * (rowMoves ? levels[1].size : 1);
  return [planeMoves ? planeBytes : 0, rowMoves ? rowBytes : 0, moves];
}
