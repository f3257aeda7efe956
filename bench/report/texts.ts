// Numbers and names as texts.
import type {PlaceResults, Ratio, Timing} from './results.ts';

/** The name of a case without its network: "conv2/forward" of "tutorial/conv2/forward". */
export const kernelOf = (name: string): string => name.replace(/^[^/]*\//, '');

/** 123.4 -> "123", 12.34 -> "12.3", 0.01234 -> "0.0123"; 12345 -> "12,345" */
export function threeDigits(x: number): string {
  if (x === 0) return '0';
  if (x >= 1000) return Math.round(x).toLocaleString('en-US');
  return x.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.max(x, 1e-4) * 1.0005))));
}

/** "12.3"; "12.3~" if its rounds differ too much to quote it; "12.3¹" for one round. Precise: "12.3 ± 0.2", or "11.0 to 15.0~". */
export function ratioText({ratio, rounds, mad, tooWide}: Ratio, precise = false): string {
  if (rounds.length === 1) return `${threeDigits(ratio)}¹`;
  if (!precise) return threeDigits(ratio) + (tooWide ? '~' : '');
  if (!tooWide) return withDeviation(ratio, mad);
  return `${threeDigits(Math.min(...rounds))} to ${threeDigits(Math.max(...rounds))}~`;
}

/** "2.60 ± 0.03": the deviation has as many decimals as the value. */
export function withDeviation(value: number, mad: number): string {
  const text = threeDigits(value);
  return `${text} ± ${mad.toFixed(text.split('.')[1]?.length ?? 0)}`;
}

/** "2.60 ± 0.03"; "512 (once)" for a single time, whose spread is unknown. */
export const timingText = ({median, mad, n}: Timing): string =>
  n === 1 ? `${threeDigits(median)} (once)` : withDeviation(median, mad);

/** A single time, in ms: "12.3"; "< 1.00" if it is shorter than ten ticks of the clock. */
export const onceText = (ms: number, tick = 0): string =>
  ms < 10 * tick ? `< ${threeDigits(10 * tick)}` : threeDigits(ms);

/** "a", "a and b", "a, b and c" */
export const listed = (words: readonly string[]): string =>
  [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' and ');

/** On how many threads `simd` ran. */
export const simdThreadsText = ({threads = 1}: PlaceResults): string =>
  threads === 1 ? 'one thread' : `simd with ${threads} threads`;
