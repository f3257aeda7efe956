// The stock kernels Add, Sub, Multiply and RealDiv on `simd`. TensorFlow.js repeats an operand along each axis that the operand lacks
// or has with size 1. Our kernels know [planes, rows, columns], which is enough unless operands take turns: [2, 1, 3, 1] over
// [2, 4, 3, 5].
import * as tf from '@tensorflow/tfjs-core';
import type {Tensor} from './kernel.ts';
import {type Level, mergeAxes} from './merge_axes.ts';
import {isFloats, type Override, type Overrides} from './stock_override.ts';

export const elementwiseOverrides: Overrides = {
  [tf.Add]: binary('add'),
  [tf.Sub]: binary('subtract'),
  [tf.Multiply]: binary('multiply'),
  [tf.RealDiv]: binary('divide'),
};

function binary(op: 'add' | 'subtract' | 'multiply' | 'divide'): Override {
  return (simd, {a, b}) => {
    if (!isFloats(a) || !isFloats(b)) return undefined;
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const levels = levelsOf(shape, a, b);
    if (levels.length > 3) return undefined;
    const cut = Math.min(3 - levels.length, 2); // the outermost level, along which parts are cut
    while (levels.length < 3) levels.unshift({size: 1, kind: 'ab'});
    const [planes, rows, columns] = levels.map(({size}) => size);
    const [aLayout, bLayout, yLayout] = ['a', 'b', ''].map(tensor => layout(levels, tensor));
    const [aUnit, bUnit, yUnit] = [aLayout, bLayout, yLayout].map(
      ([plane, row, moves]) => [plane, row, moves ? 16 : 0][cut],
    );
    return simd.compute(
      shape,
      [a, b],
      ([a, b], y, {kernels, first, count}) => {
        const sizes = [planes, rows, columns] as [number, number, number];
        sizes[cut] = cut === 2 ? Math.min(4 * count, columns - 4 * first) : count;
        const [aAt, bAt, yAt] = [a + first * aUnit, b + first * bUnit, y + first * yUnit];
        kernels[op](aAt, ...aLayout, bAt, ...bLayout, yAt, ...sizes);
      },
      {
        units: [planes, rows, Math.ceil(columns / 4)][cut],
        work: 2 * planes * rows * columns,
      },
    );
  };
}

/** The operands that have numbers of their own along an axis. The other is repeated. */
type Moves = 'a' | 'b' | 'ab';

const levelsOf = (shape: number[], a: Tensor, b: Tensor): Level<Moves>[] =>
  mergeAxes(shape, axis => {
    const [aSize, bSize] = [a, b].map(({shape: own}) => own.at(axis - shape.length) ?? 1);
    return aSize === bSize ? 'ab' : aSize > bSize ? 'a' : 'b';
  });

type Layout = [plane: number, row: number, moves: boolean];

/** How a kernel reads an operand, or with '' writes y: the bytes from plane to plane and from row to row, and whether it moves along a row. */
function layout(levels: Level<Moves>[], tensor: string): Layout {
  const [planeMoves, rowMoves, moves] = levels.map(({kind}) => kind.includes(tensor));
  const rowBytes = 4 * (moves ? levels[2].size : 1);
  const planeBytes = rowBytes * (rowMoves ? levels[1].size : 1);
  return [planeMoves ? planeBytes : 0, rowMoves ? rowBytes : 0, moves];
}
