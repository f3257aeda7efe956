// The numbers of `npm run bench -- --speedrun`, and their lines.
import {percent} from '../../src/format.ts';
import type {Build} from '../../src/kernels/simd/backend/module.ts';
import type {Machine} from './results.ts';

export const SPEEDRUN_FORMAT = 'mnist-ops speedrun 1';

/** The share of the test images that the runs should recognise on average. */
export const GOAL = 0.985;

/** The shape of the JSON file. */
export interface Speedrun {
  format: typeof SPEEDRUN_FORMAT;
  /** ISO 8601, UTC. */
  date: string;
  machine: Machine;
  runtime: string;
  build: Build;
  /** How many of the threads that were asked for run. */
  threads: number;
  testImages: number;
  /** The run was interrupted: the rest of the seeds is missing. */
  incomplete?: true;
  runs: {
    seed: number;
    /** Of the training, from its first batch to its last, without the test after it. */
    seconds: number;
    /** How many test images the network recognises. */
    right: number;
  }[];
}

/** Runs of a speedrun. */
export const SPEEDRUN_SEEDS = 30;
/** Student's distribution: its 97.5 % quantile for 29 degrees of freedom, those of 30 values. */
const T_29 = 2.045;

/** The mean of 30 values, and the ends of its 95 % interval (Student, 1908). */
export function meanOf(values: readonly number[]): [mean: number, low: number, high: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const margin = T_29 * Math.sqrt(squares / (values.length - 1) / values.length);
  return [mean, mean - margin, mean + margin];
}

/** What came out, and whether the mean is at the goal. */
export function speedrunText({runs, testImages, threads}: Speedrun): string {
  const [seconds, ...secondsEnds] = meanOf(runs.map(run => run.seconds));
  const [right, ...rightEnds] = meanOf(runs.map(run => run.right)).map(value => value / testImages);
  const goal = percent(GOAL);
  const verdict =
    right >= GOAL ? `This is the time to ${goal}.` : `On average, ${goal} is not reached.`;
  return [
    `tutorial with the recipe fast, one epoch, ${runs.length} seeds, on simd with ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    `time      ${seconds.toFixed(3)} s on average (95 % interval ${secondsEnds.map(end => end.toFixed(3)).join(' to ')} s)`,
    `accuracy  ${percent(right)} of the test images on average (95 % interval ${rightEnds.map(percent).join(' to ')})`,
    verdict,
    '',
  ].join('\n');
}
