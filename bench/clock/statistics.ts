// Medians and median absolute deviations.
import {median} from '../../src/statistics.ts';
import type {Ratio, Timing} from '../report/results.ts';

/** A ratio is too uncertain to quote if its rounds deviate by more than this part of it. */
const widestSpread = 0.1;

/** The ratio of two contenders, also by round, for the rounds that both have. */
export function ratioOf(times: number[][], first: number[][]): Ratio {
  const both = Math.min(times.length, first.length);
  const rounds = times.slice(0, both).map((taken, i) => median(taken) / median(first[i]));
  return ratioWithSpread(median(times.flat()) / median(first.flat()), rounds);
}

export const timing = (values: number[]): Timing => ({
  least: Math.min(...values),
  median: median(values),
  mad: deviation(values),
  n: values.length,
});

export function deviation(values: number[]): number {
  const centre = median(values);
  return median(values.map(value => Math.abs(value - centre)));
}

export function ratioWithSpread(ratio: number, rounds: number[]): Ratio {
  const mad = deviation(rounds);
  return {ratio, rounds, mad, tooWide: mad > widestSpread * ratio};
}
