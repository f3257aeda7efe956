// One element of dense's output or of a gradient (see ops/dense.ts): its terms, in the order in which the loops of
// kernels/definition/dense.ts add them. x is a map [row, column, channel], and i counts its elements as they lie in memory.
import {coordinatesOf, indexOf} from '../inside/cells.ts';
import {type Station, sizeOf} from '../inside/stations.ts';
import {type Numbers, type Result, sum, term} from './numbers.ts';

/** x is the station before, y the logits. */
type Dense = Station & {input: string};

/** y[o] = bias[o] + Σ over i of x[i] · weights[i, o] */
export function dense(
  numbers: Numbers,
  {input: x, weights: [weights, bias]}: Dense,
  [o]: number[],
): Result {
  const xShape = numbers.shape(x);
  const I = sizeOf(xShape);
  const terms = [term(numbers.value(bias, [o]))];
  for (let i = 0; i < I; i++) {
    const xHere = numbers.value(x, coordinatesOf(xShape, i));
    terms.push(term(xHere, numbers.value(weights, [i, o])));
  }
  return sum(terms);
}

/** dx[i] = Σ over o of dy[o] · weights[i, o] */
export function denseInputGradient(
  numbers: Numbers,
  {name: y, input: x, shape: [O], weights: [weights]}: Dense,
  at: number[],
): Result {
  const i = indexOf(numbers.shape(x), at);
  const terms = [];
  for (let o = 0; o < O; o++)
    terms.push(term(numbers.gradient(y, [o]), numbers.value(weights, [i, o])));
  return sum(terms);
}

/** dWeights[i, o] = dy[o] · x[i]: one image, one term */
export function denseWeightsGradient(
  numbers: Numbers,
  {name: y, input: x}: Dense,
  [i, o]: number[],
): Result {
  const xHere = numbers.value(x, coordinatesOf(numbers.shape(x), i));
  return sum([term(numbers.gradient(y, [o]), xHere)]);
}

/** dBias[o] = dy[o] */
export const denseBiasGradient = (numbers: Numbers, {name: y}: Dense, [o]: number[]): Result =>
  sum([term(numbers.gradient(y, [o]))]);
