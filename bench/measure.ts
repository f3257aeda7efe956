// Times two ways of doing the same, in turns, so that whatever slows the machine down slows both.
//   a round    A A A … B: as many runs of the faster one as fit into one of the slower, up to `mostRepeats`
//   ratio      median of all B / median of all A; and the same round by round, whose spread tells how sure it is

/** Milliseconds: median and median absolute deviation of n runs. */
export interface Timing {
  median: number;
  mad: number;
  n: number;
}

export interface Comparison {
  ours: Timing;
  stock: Timing;
  /** How many times faster ours is: stock.median / ours.median. */
  ratio: number;
  /** The ratio of each round, in order. */
  roundRatios: number[];
  /** The median absolute deviation of those. */
  ratioMad: number;
  /** The rounds differ by too much for the ratio to be quoted: ratioMad is more than a tenth of it. */
  tooWide: boolean;
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

const mostRepeats = 8;
const widestSpread = 0.1;

/** Runs both as often as the effort says. Each must wait for its own result. */
export function compareSpeed(ours: () => void, stock: () => void, effort: Effort): Comparison {
  const [oursWarm, stockWarm] = [ours, stock].map(run => warmUp(run, effort.warmUpMs));
  const slower = Math.max(oursWarm, stockWarm);
  const repeats = (ms: number) => Math.min(mostRepeats, Math.max(1, Math.round(slower / ms)));
  const oursTimes: number[] = [];
  const stockTimes: number[] = [];
  const roundRatios: number[] = [];
  const start = performance.now();
  while (
    roundRatios.length < effort.leastRounds ||
    (roundRatios.length < effort.mostRounds && performance.now() - start < effort.ms)
  ) {
    const oursRound = times(ours, repeats(oursWarm));
    const stockRound = times(stock, repeats(stockWarm));
    oursTimes.push(...oursRound);
    stockTimes.push(...stockRound);
    roundRatios.push(median(stockRound) / median(oursRound));
  }
  const [oursTiming, stockTiming] = [timing(oursTimes), timing(stockTimes)];
  const ratio = stockTiming.median / oursTiming.median;
  const ratioMad = deviation(roundRatios);
  const tooWide = ratioMad > widestSpread * ratio;
  return {ours: oursTiming, stock: stockTiming, ratio, roundRatios, ratioMad, tooWide};
}

/** How long a run takes, once warm. */
function warmUp(run: () => void, ms: number): number {
  const start = performance.now();
  const taken: number[] = [];
  do taken.push(...times(run, 1));
  while (performance.now() - start < ms);
  return median(taken.slice(-5));
}

function times(run: () => void, n: number): number[] {
  return Array.from({length: n}, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
}

const timing = (ms: number[]): Timing => ({median: median(ms), mad: deviation(ms), n: ms.length});

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function deviation(values: number[]): number {
  const centre = median(values);
  return median(values.map(value => Math.abs(value - centre)));
}
