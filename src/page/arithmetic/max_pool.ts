// One element of maxPool's output or of its input's gradient (see ops/max_pool.ts). The search of a window is that of
// kernels/definition/max_pool.ts.
import type {Cell} from '../inside/cells.ts';
import type {Operand} from '../inside/explanation.ts';
import type {Station} from '../inside/stations.ts';
import type {Numbers, Result} from './numbers.ts';

/** x is the station that the windows lie over, y the pool itself. */
type MaxPool = Required<Station>;

/** y[yR, yC, d1] = the largest x[xR, xC, d1] of the window */
export function maxPool(numbers: Numbers, station: MaxPool, yAt: number[]): Result {
  const {candidates, winner} = searchWindow(numbers, station, yAt);
  return {
    definition: candidates[winner].value,
    reason: {kind: 'largest', candidates, winner},
  };
}

/** dx[xR, xC, d1] = Σ over each yR, yC whose window has its largest x at xR, xC of dy[yR, yC, d1] */
export function maxPoolGradient(
  numbers: Numbers,
  station: MaxPool,
  [xR, xC, d1]: number[],
): Result {
  const {kH, kW, yH, yW, sH, sW, padT, padL} = station.geometry;
  const windows = [];
  let definition = 0;
  for (let yR = 0; yR < yH; yR++)
    for (let yC = 0; yC < yW; yC++) {
      const wR = xR + padT - yR * sH;
      const wC = xC + padL - yC * sW;
      if (wR < 0 || wR >= kH || wC < 0 || wC >= kW) continue; // this window doesn't lie over xR, xC
      const winner = winnerOf(numbers, station, [yR, yC, d1]);
      const isHere = winner.at[0] === xR && winner.at[1] === xC;
      const dy = numbers.gradient(station.name, [yR, yC, d1]);
      if (isHere) definition += dy.value;
      windows.push({dy, winner, isHere});
    }
  return {definition, reason: {kind: 'routed', windows}};
}

/** The cell of x that holds the largest of the window. */
export function winnerOf(numbers: Numbers, station: MaxPool, yAt: number[]): Cell {
  const {candidates, winner} = searchWindow(numbers, station, yAt);
  return candidates[winner].cell;
}

/** The window's elements of x in row order. The winner is the first NaN or, without a NaN, the first maximum. */
function searchWindow(
  numbers: Numbers,
  {input: x, geometry}: MaxPool,
  [yR, yC, d1]: number[],
): {candidates: Operand[]; winner: number} {
  const {H, W, kH, kW, sH, sW, padT, padL} = geometry;
  const candidates: Operand[] = [];
  for (let wR = 0; wR < kH; wR++)
    for (let wC = 0; wC < kW; wC++) {
      const xR = yR * sH + wR - padT;
      const xC = yC * sW + wC - padL;
      if (xR < 0 || xR >= H || xC < 0 || xC >= W) continue; // padding takes no part
      candidates.push(numbers.value(x, [xR, xC, d1]));
    }
  const firstNaN = candidates.findIndex(({value}) => Number.isNaN(value));
  if (firstNaN >= 0) return {candidates, winner: firstNaN};
  let winner = 0;
  for (const [i, {value}] of candidates.entries()) if (value > candidates[winner].value) winner = i;
  return {candidates, winner};
}
