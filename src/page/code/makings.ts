// What made a number of the network: which op, forward or backward, and at which station.
import type {Preset} from '../../presets.ts';
import type {Cell} from '../inside/cells.ts';
import {LOGITS, type Station, stationsOf} from '../inside/stations.ts';

export type Pass =
  | 'pixel'
  | 'conv2d'
  | 'conv2dInputGradient'
  | 'conv2dFilterGradient'
  | 'conv2dBiasGradient'
  | 'maxPool'
  | 'maxPoolGradient'
  | 'relu'
  | 'reluGradient'
  | 'dense'
  | 'denseInputGradient'
  | 'denseWeightsGradient'
  | 'denseBiasGradient'
  | 'softmax'
  | 'loss'
  | 'logitsGradient'
  /** ∂loss/∂p: softmax and loss are one op, so no kernel computes it. */
  | 'probabilitiesGradient'
  /** ∂loss/∂loss */
  | 'one'
  /** A weight's value: the step of gradient descent. */
  | 'update';

export interface Making {
  pass: Pass;
  /** The station whose op it is. */
  station: Station;
}

const inputGradients: Record<string, Pass> = {
  conv2d: 'conv2dInputGradient',
  maxPool: 'maxPoolGradient',
  relu: 'reluGradient',
  dense: 'denseInputGradient',
};

export function makingOf(preset: Preset, {of, isGradient}: Cell): Making {
  const stations = stationsOf(preset);
  const owner = stations.find(({name, weights}) => name === of || weights.includes(of))!;
  const loss = stations.at(-1)!;
  if (owner.weights.includes(of)) {
    const [, name] = of.split('.');
    const gradient = `${owner.op}${name[0].toUpperCase()}${name.slice(1)}Gradient` as Pass;
    return {pass: isGradient ? gradient : 'update', station: owner};
  }
  if (!isGradient) return {pass: owner.op === 'image' ? 'pixel' : owner.op, station: owner};
  if (of === 'loss') return {pass: 'one', station: loss};
  if (of === 'softmax') return {pass: 'probabilitiesGradient', station: loss};
  if (of === LOGITS) return {pass: 'logitsGradient', station: loss};
  // The gradient of a station's values comes from the op that takes them.
  const next = stations.find(({input}) => input === of)!;
  return {pass: inputGradients[next.op], station: next};
}
