// The nudge: a weight is moved a little to either side, and the loss of the image is computed again, in float64 by the definition of
// each op. How much the loss changes for each unit of the weight is what its gradient says.
import {conv2d, conv2dGradients} from '../../kernels/definition/conv2d.ts';
import {dense, denseGradients} from '../../kernels/definition/dense.ts';
import {maxPool, maxPoolGradient} from '../../kernels/definition/max_pool.ts';
import {relu, reluGradient} from '../../kernels/definition/relu.ts';
import {
  softmax,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
} from '../../kernels/definition/softmax_cross_entropy.ts';
import {type Cell, indexOf, shapesOf} from '../inside/cells.ts';
import type {Nudge} from '../inside/explanation.ts';
import {LOGITS, type Station, sizeOf, stationsOf} from '../inside/stations.ts';
import type {Look} from '../protocol.ts';

// relu and maxPool bend the loss: it is smooth only as long as no relu opens or closes and no pool has another largest. So epsilon
// shrinks until they all go the same way in both passes. Below 1e-8 the rounding of the loss would spoil the quotient.
const EPSILONS = [1e-4, 1e-5, 1e-6, 1e-7, 1e-8];
const SMALLEST = EPSILONS.at(-1)!;

/** Arrays by the names of stations and weights. */
type Values = Record<string, Float64Array>;
type Fed = Required<Station>;

/** @param cell a weight's, or its gradient's */
export function nudge(look: Look, {of, at}: Cell): Nudge {
  const {preset, label} = look;
  const index = indexOf(shapesOf(preset)[of], at);
  const [, ...stations] = stationsOf(preset) as Fed[];
  const own = stations.findIndex(({weights}) => weights.includes(of));
  const changed = stations.slice(own); // the weight has no part in the stations before

  const values: Values = {};
  for (const {name, weights} of stationsOf(preset))
    for (const each of name === 'image' ? [name] : weights)
      values[each] = Float64Array.from(look.values[each]);
  for (const station of stations) forward(station, values, label);

  const movedBy = (distance: number): Values => {
    const weight = values[of].slice();
    weight[index] += distance;
    return {...values, [of]: weight};
  };
  /** Both passes, station by station, up to the first kink. Those of the smallest epsilon go on to the loss. */
  const passesWith = (epsilon: number) => {
    const passes = [movedBy(-epsilon), movedBy(epsilon)];
    let isKinked = false;
    for (const station of changed) {
      isKinked ||= !goesTheSameWay(station, passes);
      if (isKinked && epsilon > SMALLEST) break;
      for (const values of passes) forward(station, values, label);
    }
    return {epsilon, isKinked, losses: passes.map(({loss}) => loss[0])};
  };
  let passes = passesWith(EPSILONS[0]);
  for (const epsilon of EPSILONS.slice(1)) if (passes.isKinked) passes = passesWith(epsilon);

  const {epsilon, isKinked, losses} = passes;
  const [below, above] = losses;
  const quotient = (above - below) / (2 * epsilon);
  const gradient = backward(changed, values, label, of)[index];
  return {epsilon, below, above, quotient, gradient, isKinked};
}

/** Computes a station's values from those of the one before. */
function forward(
  {name, op, input, shape, weights, geometry}: Fed,
  values: Values,
  label: number,
): void {
  const x = values[input];
  const [weight, bias] = weights.map(each => values[each]);
  if (op === 'conv2d') values[name] = conv2d(x, weight, bias, geometry);
  else if (op === 'maxPool') values[name] = maxPool(x, geometry);
  else if (op === 'relu') values[name] = relu(x);
  else if (op === 'dense') values[name] = dense(x, weight, bias, sizes(x, shape));
  else if (op === 'softmax') values[name] = softmax(x, 1, x.length);
  else values[name] = Float64Array.of(lossOf(values[LOGITS], label));
}

/** The gradient of a weight of the first of these stations. */
function backward(stations: Fed[], values: Values, label: number, of: string): Float64Array {
  const logits = values[LOGITS];
  const N = logits.length;
  let dy = softmaxCrossEntropyGradient(oneHot(label, N), logits, 1, 1, N);
  const [own, ...later] = stations.filter(({op}) => op !== 'softmax' && op !== 'loss');
  for (const {op, input, shape, weights, geometry} of later.reverse()) {
    const x = values[input];
    const weight = values[weights[0]];
    if (op === 'conv2d') dy = conv2dGradients(x, weight, dy, geometry).dx;
    else if (op === 'maxPool') dy = maxPoolGradient(x, dy, geometry);
    else if (op === 'relu') dy = reluGradient(x, dy);
    else dy = denseGradients(x, weight, dy, sizes(x, shape)).dx;
  }
  const x = values[own.input];
  const weight = values[own.weights[0]];
  const isBias = own.weights.indexOf(of) === 1;
  if (own.op === 'conv2d') {
    const {dFilter, dBias} = conv2dGradients(x, weight, dy, own.geometry);
    return isBias ? dBias : dFilter;
  }
  const {dWeights, dBias} = denseGradients(x, weight, dy, sizes(x, own.shape));
  return isBias ? dBias : dWeights;
}

/** True unless a relu or pool goes another way in one pass than in the other: if the gradient 1 of every y arrives at the same x. */
function goesTheSameWay({op, input, shape, geometry}: Fed, passes: Values[]): boolean {
  if (op !== 'relu' && op !== 'maxPool') return true;
  const ones = new Float64Array(sizeOf(shape)).fill(1);
  const [below, above] = passes.map(({[input]: x}) =>
    op === 'relu' ? reluGradient(x, ones) : maxPoolGradient(x, ones, geometry),
  );
  return below.every((each, i) => each === above[i]);
}

const sizes = (x: Float64Array, [O]: number[]) => ({B: 1, I: x.length, O});

const lossOf = (logits: Float64Array, label: number) =>
  softmaxCrossEntropy(oneHot(label, logits.length), logits, 1, logits.length);

/** [N], 1 at the label, else 0 */
const oneHot = (label: number, N: number) =>
  Float64Array.from({length: N}, (_, k) => (k === label ? 1 : 0));
