// How any number of the network came about: each op's arithmetic is in the file of its name.
import {type Cell, indexOf, shapesOf} from '../inside/cells.ts';
import type {Explanation} from '../inside/explanation.ts';
import type {Look} from '../protocol.ts';

export function explain(look: Look, cell: Cell): Explanation {
  const numbers = (cell.isGradient ? look.gradients : look.values)[cell.of];
  const value = numbers?.[indexOf(shapesOf(look.preset)[cell.of], cell.at)];
  return {cell, value, definition: value, reason: {kind: 'given'}};
}
