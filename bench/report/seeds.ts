// The numbers of `npm run bench -- --seeds N`, and their table.
import {percent} from '../../src/format.ts';
import type {Build} from '../../src/kernels/simd/backend/module.ts';
import type {Table} from './columns.ts';
import type {Machine} from './results.ts';

export const SEEDS_FORMAT = 'mnist-ops seeds 1';

/** The batches after which the tutorial stops. */
export const BATCHES = 100;

/** The shape of the JSON file. */
export interface Seeds {
  format: typeof SEEDS_FORMAT;
  /** ISO 8601, UTC. */
  date: string;
  machine: Machine;
  /** "Node 20.20.2, V8 11.3" */
  runtime: string;
  build: Build;
  testImages: number;
  /** The run was interrupted: the rest of the seeds is missing. */
  incomplete?: true;
  runs: SeedRun[];
}

/** How many test images the network recognises, `early`: after BATCHES batches, `late`: after one epoch. */
export interface SeedRun {
  seed: number;
  early: number;
  late: number;
}

export const moments = {early: `after ${BATCHES} batches`, late: 'after one epoch'} as const;
export type Moment = keyof typeof moments;

/** The accuracies of all runs at a moment, in [0, 1], in the order of the seeds. */
export const accuraciesOf = ({runs, testImages}: Seeds, moment: Moment): number[] =>
  runs.map(run => run[moment] / testImages);

/** The value below which this share of the values lies; between two values it is interpolated (Hyndman and Fan's type 7). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

const columns = {median: 0.5, '5th percentile': 0.05, '95th percentile': 0.95, least: 0, most: 1};

/** A line for each moment. */
export function seedsTable(seeds: Seeds): Table {
  const first = {heading: 'accuracy', words: true} as const;
  const headings = Object.keys(columns).map(heading => ({heading}));
  const lines = Object.entries(moments).map(([moment, name]) => {
    const accuracies = accuraciesOf(seeds, moment as Moment);
    return [name, ...Object.values(columns).map(share => percent(quantile(accuracies, share)))];
  });
  return {caption: captionOf(seeds), columns: [first, ...headings], lines};
}

const captionOf = ({runs, testImages}: Seeds) =>
  `tutorial on simd with ${runs.length} seeds, tested on ${testImages.toLocaleString('en-US')} images`;
