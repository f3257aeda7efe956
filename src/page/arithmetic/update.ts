// One step on one weight: weight − learning rate · gradient, or with momentum weight − learning rate · (0.9 velocity + gradient).
import {MOMENTUM} from '../../presets.ts';
import {type Cell, indexOf, shapesOf} from '../inside/cells.ts';
import type {Update} from '../inside/explanation.ts';
import type {Look} from '../protocol.ts';

/**
 * The step of a batch that has only the look's image.
 *
 * @param cell a weight's, or its gradient's
 */
export function update(look: Look, {of, at}: Cell): Update {
  const index = indexOf(shapesOf(look.preset)[of], at);
  const before = look.values[of][index];
  const gradient = look.gradients[of][index];
  const {learningRate} = look;
  const velocity = look.velocities[of]?.[index];
  const descent = velocity === undefined ? gradient : MOMENTUM * velocity + gradient;
  return {before, learningRate, gradient, velocity, after: before - learningRate * descent};
}
