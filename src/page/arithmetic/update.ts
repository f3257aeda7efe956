// One step of gradient descent on one weight: weight − learning rate · gradient.
import {type Cell, indexOf, shapesOf} from '../inside/cells.ts';
import type {Update} from '../inside/explanation.ts';
import type {Look} from '../protocol.ts';

/**
 * The step of a batch that has only the look's image.
 *
 * @param cell a weight's, or its gradient's
 */
export function update(look: Look, {of, at}: Cell, learningRate: number): Update {
  const index = indexOf(shapesOf(look.preset)[of], at);
  const before = look.values[of][index];
  const gradient = look.gradients[of][index];
  const after = before - learningRate * gradient;
  return {before, learningRate, gradient, after};
}
