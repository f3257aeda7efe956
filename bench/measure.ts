// Times several ways of doing the same, in turns, so that whatever slows the machine down slows all of them.
//   a round    peak, the first in a block of runs, peak, the second in a block of runs, …
//   ratio      median of all of one / median of all of the first; and the same round by round, whose spread tells how
//              sure it is
//   of peak    the first one's speed in a round, in parts of the best sample of the peak before and after its block; the
//              median of rounds
import type {Contender, Name} from './contest.ts';
import type {Peak} from './peak.ts';

/** Milliseconds, or whatever is counted: least, median and median absolute deviation of n. */
export interface Timing {
  least: number;
  median: number;
  mad: number;
  n: number;
}

export interface Ratio {
  /** How many times faster the first contender is. */
  ratio: number;
  /** The ratio of each round, in order. */
  rounds: number[];
  /** The median absolute deviation of those. */
  mad: number;
  /** The rounds differ by too much for the ratio to be quoted: mad is more than a tenth of it. */
  tooWide: boolean;
}

export interface Comparison {
  /** In ms. */
  timings: Partial<Record<Name, Timing>>;
  /** Of every contender but the first to the first. */
  ratios: Partial<Record<Name, Ratio>>;
  /** In GFLOP/s, the best of each round; undefined where no peak is known. */
  peak?: Timing;
  /** The first contender's speed as a part of that; undefined without a peak or operations. */
  ofPeak?: Timing;
}

/**
 * Each is first run for `warmUpMs` milliseconds, for the compiler to be done with it. Then there are at least
 * `leastRounds`, and more until `ms` milliseconds or `mostRounds` are reached.
 */
export interface Effort {
  warmUpMs: number;
  leastRounds: number;
  mostRounds: number;
  ms: number;
}

/** A block takes about so long, or one run. */
const blockMs = 20;
const longestBlock = 50;
const peakSamples = 3;
const widestSpread = 0.1;

export async function compareSpeed(
  contenders: readonly Contender[],
  flops: number | undefined,
  peak: Peak | undefined,
  effort: Effort,
): Promise<Comparison> {
  const blocks: number[] = [];
  for (const contender of contenders) {
    const ms = await warmUp(contender, effort.warmUpMs);
    blocks.push(Math.min(longestBlock, Math.max(1, Math.round(blockMs / ms))));
  }
  const rounds: {times: number[][]; peak: number}[] = [];
  const start = performance.now();
  while (
    rounds.length < effort.leastRounds ||
    (rounds.length < effort.mostRounds && performance.now() - start < effort.ms)
  ) {
    const samplePeak = () => (peak ? Array.from({length: peakSamples}, peak) : []);
    const peaks = samplePeak();
    const times: number[][] = [];
    for (const [i, contender] of contenders.entries()) {
      times.push(await timeBlock(contender, blocks[i]));
      if (i === 0) peaks.push(...samplePeak());
    }
    rounds.push({times, peak: Math.max(...peaks)});
  }

  const timings = contenders.map((_, i) => timing(rounds.flatMap(({times}) => times[i])));
  const ratioTo = (i: number): Ratio => {
    const ofRounds = rounds.map(({times}) => median(times[i]) / median(times[0]));
    const ratio = timings[i].median / timings[0].median;
    const mad = deviation(ofRounds);
    return {ratio, rounds: ofRounds, mad, tooWide: mad > widestSpread * ratio};
  };
  const named = <T>(values: (i: number) => T, from: number): Partial<Record<Name, T>> =>
    Object.fromEntries(
      contenders
        .map(({name}, i) => [name, i] as const)
        .slice(from)
        .map(([name, i]) => [name, values(i)]),
    );
  return {
    timings: named(i => timings[i], 0),
    ratios: named(ratioTo, 1),
    peak: peak && timing(rounds.map(({peak}) => peak)),
    ofPeak:
      flops === undefined || !peak
        ? undefined
        : timing(rounds.map(({times, peak}) => flops / median(times[0]) / 1e6 / peak)),
  };
}

/** How long a run takes, once warm and not interrupted. */
async function warmUp(contender: Contender, ms: number): Promise<number> {
  const start = performance.now();
  const taken: number[] = [];
  do taken.push(...(await timeBlock(contender, 1)));
  while (performance.now() - start < ms);
  return Math.min(...taken);
}

/** The milliseconds of each of n runs. */
export async function timeBlock({enter, run}: Contender, n: number): Promise<number[]> {
  await enter();
  const times: number[] = [];
  while (times.length < n) {
    const start = performance.now();
    const pending = run();
    if (pending) await pending;
    times.push(performance.now() - start);
  }
  return times;
}

export const timing = (values: number[]): Timing => ({
  least: Math.min(...values),
  median: median(values),
  mad: deviation(values),
  n: values.length,
});

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function deviation(values: number[]): number {
  const centre = median(values);
  return median(values.map(value => Math.abs(value - centre)));
}
