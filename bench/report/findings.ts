// What the rows of a place say: who is the fastest, by how much, and from which batch size on; and numbers as texts.
import {ratioWithSpread} from '../clock/statistics.ts';
import {
  batchSize,
  isMeasured,
  isOurs,
  type Measured,
  measuredOf,
  type Name,
  type Ratio,
  type Row,
  type Split,
  type Timing,
} from './results.ts';

/** Ours, the fastest first. */
export const fastestFirst = (row: Row): [Name, Measured][] =>
  measuredOf(row)
    .filter(([name]) => isOurs(name))
    .sort(([, a], [, b]) => a.steady.median - b.steady.median);

/** The second of ours, and how many times as long it takes as the fastest. */
export function nextBest(row: Row): {name: Name; ratio: Ratio} | undefined {
  const [[first] = [], [second] = []] = fastestFirst(row);
  const ratio = first && second && ratioOf(row, second, first);
  return ratio && {name: second, ratio};
}

/** Those of one key together, in the order in which the keys come. */
export function grouped<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return [...groups.values()];
}

/** The rows of each case, the small batches first; cases in the order of the rows. */
export const byCase = (rows: readonly Row[]): Row[][] =>
  grouped(rows, ({name}) => name).map(found => found.sort((a, b) => a.batch - b.batch));

/** Those of the usual batch size; all, where there are none. */
export function rowsOfUsualSize(rows: readonly Row[]): readonly Row[] {
  const sized = rows.filter(({batch}) => batch === batchSize);
  return sized.length ? sized : rows;
}

/** One row a case: that of the usual batch size, else that of the largest. */
export const usualRows = (rows: readonly Row[]): Row[] =>
  byCase(rows).map(found => found.find(({batch}) => batch === batchSize) ?? found.at(-1)!);

/**
 * How many times as long `slow` takes as `fast`. Both have their rounds' ratios to the row's first contender, taken in the
 * same turns: the quotient of two of one round is that round's ratio of the two.
 */
export function ratioOf({contenders}: Row, slow: Name, fast: Name): Ratio | undefined {
  const [a, b] = [contenders[slow], contenders[fast]];
  if (!isMeasured(a) || !isMeasured(b)) return undefined;
  const ratio = a.steady.median / b.steady.median;
  const length = (a.ratio ?? b.ratio)?.rounds.length ?? 0;
  const rounds = Array.from(
    {length},
    (_, i) => (a.ratio?.rounds[i] ?? 1) / (b.ratio?.rounds[i] ?? 1),
  );
  return ratioWithSpread(ratio, rounds);
}

/** Over the batch sizes of the row's case: "simd from 1", or "simd to 64, webgl from 256"; undefined for one size only. */
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

/** Who wins, instead of a column that would say the same in almost all rows. */
export function winnersText(rows: readonly Row[]): string {
  const wins = rows.flatMap(row =>
    fastestFirst(row)
      .slice(0, 1)
      .map(([name]) => ({name, row})),
  );
  if (wins.length === 0) return 'None of ours has a time.';
  const [most, ...others] = grouped(wins, ({name}) => name).sort((a, b) => b.length - a.length);
  const share = others.length ? `${most.length} of ${wins.length}` : `all ${wins.length}`;
  const parts = [
    `${most[0].name} in ${wins.length === 1 ? 'this case' : `${share} cases`}`,
    ...others.map(each => `${each[0].name} in ${listed(each.map(({row}) => row.name))}`),
  ];
  return `The fastest of ours is ${listed(parts)}.`;
}

/** A case's name without the network, and that network. */
export function partsOf(name: string): {network: string; kernel: string} {
  const [network, ...rest] = name.split('/');
  return {network, kernel: rest.join('/') || network};
}

/** The whole step, in ms. */
export const totalOf = ({kernels, rest}: Split) => kernels.reduce((sum, {ms}) => sum + ms, rest);

/** 123.4 -> "123", 12.34 -> "12.3", 0.01234 -> "0.0123"; 12345 -> "12,345" */
export const threeDigits = (x: number): string =>
  x >= 1000
    ? Math.round(x).toLocaleString('en-US')
    : x === 0
      ? '0'
      : x.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.max(x, 1e-4) * 1.0005))));

/**
 * "12.3", or "12.3~" where its rounds differ by too much for it to be quoted, or "12.3¹" where there is one round only. Precise:
 * "12.3 ± 0.2", or the range instead of a number that its spread makes doubtful.
 */
export function ratioText({ratio, rounds, mad, tooWide}: Ratio, precise = false): string {
  if (rounds.length === 1) return `${threeDigits(ratio)}¹`;
  if (!precise) return threeDigits(ratio) + (tooWide ? '~' : '');
  if (!tooWide) return withDeviation(ratio, mad);
  return `${threeDigits(Math.min(...rounds))} to ${threeDigits(Math.max(...rounds))}~`;
}

/** "2.60 ± 0.03": the deviation to the last digit of what it belongs to. */
export function withDeviation(value: number, mad: number): string {
  const text = threeDigits(value);
  return `${text} ± ${mad.toFixed(text.split('.')[1]?.length ?? 0)}`;
}

/** "2.60 ± 0.03"; "512 (once)" where nothing tells how far another would lie from it. */
export const timingText = ({median, mad, n}: Timing): string =>
  n === 1 ? `${threeDigits(median)} (once)` : withDeviation(median, mad);

/** A time that was taken once, in ms: "12.3", or "< 1.00" where the clock's ticks are too long to tell. */
export const onceText = (ms: number, tick = 0): string =>
  ms < 10 * tick ? `< ${threeDigits(10 * tick)}` : threeDigits(ms);

/** "a", "a and b", "a, b and c" */
export const listed = (words: readonly string[]): string =>
  words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
