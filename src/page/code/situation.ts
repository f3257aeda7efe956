// What the selected number's code depends on.
import {shapesOf} from '../inside/cells.ts';
import type {Inside} from '../inside/inside.ts';
import type {Situation} from './anchors.ts';
import {makingOf} from './makings.ts';

/** Undefined before the first look, and if no cell of its network is selected. */
export function situationOf({cell, look}: Inside): Situation | undefined {
  if (!look) return undefined;
  const {preset, gradients} = look;
  if (!cell || !(cell.of in shapesOf(preset))) return undefined;
  const making = makingOf(preset, cell);
  const dy = gradients[making.station.name];
  return {...making, preset, at: cell.at, isSparse: !dy || isMostlyZero(dy)};
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
