// What the rows of a place tell: the fastest backend, by how much, and from which batch size on; rates and rooflines.
import {ratioWithSpread} from '../clock/statistics.ts';
import type {Measured, Name, Ratio, Roof, Row} from './results.ts';
import {backendOf, batchSize, isMeasured, isOurs, measuredOf} from './results.ts';
import {listed} from './texts.ts';

/** The row's measured contenders with our ops, the fastest first. */
export const fastestFirst = (row: Row): [Name, Measured][] =>
  measuredOf(row)
    .filter(([name]) => isOurs(name))
    .sort(([, a], [, b]) => a.steady.median - b.steady.median);

/** Our second fastest backend, and its time divided by that of the fastest. */
export function nextBest(row: Row): {name: Name; ratio: Ratio} | undefined {
  const [[first] = [], [second] = []] = fastestFirst(row);
  const ratio = first && second && ratioOf(row, second, first);
  return ratio && {name: second, ratio};
}

/** Groups values by key, in the order of each key's first value. */
export function grouped<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return [...groups.values()];
}

/** The rows of each case, small batches first. */
export const byCase = (rows: readonly Row[]): Row[][] =>
  grouped(rows, ({name}) => name).map(found => found.sort((a, b) => a.batch - b.batch));

/** The rows of the usual batch size, or all rows if none has it. */
export function rowsOfUsualSize(rows: readonly Row[]): readonly Row[] {
  const sized = rows.filter(({batch}) => batch === batchSize);
  return sized.length ? sized : rows;
}

/** One row a case: the usual batch size, or else the largest. */
export const usualRows = (rows: readonly Row[]): Row[] =>
  byCase(rows).map(found => found.find(({batch}) => batch === batchSize) ?? found.at(-1)!);

/**
 * The time of `slow` divided by the time of `fast`. Each has, by round, its ratio to the row's first contender: the quotient of
 * their ratios in one round is the ratio of the two in that round.
 */
export function ratioOf({contenders}: Row, slow: Name, fast: Name): Ratio | undefined {
  const [a, b] = [contenders[slow], contenders[fast]];
  if (!isMeasured(a) || !isMeasured(b)) return undefined;
  const ratio = a.steady.median / b.steady.median;
  const length = (a.ratio ?? b.ratio)?.rounds.length ?? 0;
  const inRound = ({ratio}: Measured, i: number) => ratio?.rounds[i] ?? 1;
  const rounds = Array.from({length}, (_, i) => inRound(a, i) / inRound(b, i));
  return ratioWithSpread(ratio, rounds);
}

/** The fastest at each batch size of the row's case: "simd from 1", or "simd to 64, webgl from 256"; undefined for a single size. */
export function winsFrom({name}: Row, rows: readonly Row[]): string | undefined {
  const sizes = rows.filter(row => row.name === name).sort((a, b) => a.batch - b.batch);
  const wins: {name: Name; from: number; to: number}[] = [];
  for (const row of sizes) {
    const [[first] = []] = fastestFirst(row);
    const last = wins.at(-1);
    if (first && first === last?.name) last.to = row.batch;
    else if (first) wins.push({name: first, from: row.batch, to: row.batch});
  }
  if (sizes.length < 2 || wins.length === 0) return undefined;
  const {name: largest, from} = wins.pop()!;
  return [...wins.map(({name, to}) => `${name} to ${to}`), `${largest} from ${from}`].join(', ');
}

/** A sentence that names the fastest backends. A column would repeat one name in almost all rows. */
export function winnersText(rows: readonly Row[]): string {
  const timed = rows.filter(row => fastestFirst(row).length);
  if (timed.length === 0) return 'None of ours has a time.';
  const winner = (row: Row) => fastestFirst(row)[0][0];
  const [most, ...others] = grouped(timed, winner).sort((a, b) => b.length - a.length);
  const share = others.length ? `${most.length} of ${timed.length}` : `all ${timed.length}`;
  const parts = [
    `${winner(most[0])} in ${timed.length === 1 ? 'this case' : `${share} cases`}`,
    ...others.map(won => `${winner(won[0])} in ${listed(won.map(({name}) => name))}`),
  ];
  return `The fastest of ours is ${listed(parts)}.`;
}

const codes: Partial<Record<Name, Roof['code']>> = {cpu: 'scalar', webgl: 'gpu', webgpu: 'gpu'};

/** A row's rate in GFLOP/s, the most that the roofline allows (the lower of peak and intensity times bandwidth), and the quotient. */
export function rate({flops, bytes}: Row, name: Name, {steady}: Measured, roofs: readonly Roof[]) {
  if (flops === undefined) return undefined;
  const gflops = flops / steady.median / 1e6;
  const intensity = bytes && flops / bytes;
  const roof = roofs.find(({code}) => code === (codes[backendOf(name)] ?? 'simd'));
  if (!intensity || !roof) return {gflops, intensity};
  const most = Math.min(roof.gflops, intensity * roof.gbytes);
  return {gflops, intensity, most, part: gflops / most};
}
