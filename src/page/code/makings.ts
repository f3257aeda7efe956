// What made a number of the network: which op, forward or backward, at which station, and what its kernels depend on.
import type {Preset} from '../../presets.ts';
import {type Cell, shapesOf} from '../inside/cells.ts';
import type {Inside} from '../inside/inside.ts';
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

/** What the code that runs depends on, beside the pass. */
export interface Situation extends Making {
  preset: Preset;
  /** The coordinates of the number. */
  at: number[];
  /** Most of dy is 0. */
  isSparse: boolean;
  /** The run's recipe has it. */
  hasMomentum: boolean;
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

/** Undefined before the first look, and if no cell of its network is selected. */
export function situationOf({cell, look}: Inside): Situation | undefined {
  if (!look) return undefined;
  const {preset, gradients, velocities} = look;
  if (!cell || !(cell.of in shapesOf(preset))) return undefined;
  const making = makingOf(preset, cell);
  const dy = gradients[making.station.name];
  const hasMomentum = Object.keys(velocities).length > 0;
  return {...making, preset, at: cell.at, isSparse: !dy || isMostlyZero(dy), hasMomentum};
}

/** As the kernels of `simd` decide it, in src/kernels/simd/sparse.ts: at most a quarter of every seventh vector isn't 0. */
function isMostlyZero(dy: Float32Array): boolean {
  let seen = 0;
  let count = 0;
  for (let i = 0; i <= dy.length - 4; i += 28, seen += 4) {
    for (let lane = 0; lane < 4; lane++) if (dy[i + lane] !== 0) count++;
  }
  return count <= Math.floor(seen / 4);
}
