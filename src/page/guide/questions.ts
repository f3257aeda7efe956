// When a stop's question is answered: pure functions over what the page shows.
import type {Preset} from '../../presets.ts';
import {type Cell, indexOf, shapesOf} from '../inside/cells.ts';
import {stationsOf} from '../inside/stations.ts';

/** What the page shows, as far as a question asks about it. */
export interface Seen {
  preset: Preset;
  /** The numbers of the look, by the names of stations and weights. */
  values: Record<string, Float32Array>;
  gradients: Record<string, Float32Array>;
  /** Selected since the stop was opened, the newest last. */
  cells: Cell[];
  label: number;
  /** How often the label has changed since the stop was opened. */
  labels: number;
  /** The label was changed after the image was shown: it may not be what was written. */
  isOwnLabel: boolean;
  testIndex?: number;
  /** Batches trained. */
  batch: number;
  isBusy: boolean;
  learningRate: number;
  /** The text in the question's field. */
  typed: string;
}

export const stopNames = [
  'data',
  'convolution',
  'pooling',
  'secondPair',
  'dense',
  'loss',
  'gradients',
  'descent',
  'batches',
  'results',
] as const;
export type StopName = (typeof stopNames)[number];

/** True for an answer, false for a wrong try, undefined before the first. @param before when the stop was opened */
type Question = (before: Seen, now: Seen) => boolean | undefined;

/** A network that only guesses gives each of ten digits the same share: its loss is log 10, in nats. */
export const GUESS = Math.log(10);
/** Batches that the stop about batches asks for. */
export const BATCHES = 20;

export const isAnswered: Record<StopName, Question> = {
  data: (_, now) => judge(now, cell => isValue(cell, 'image') && numberAt(now, cell) > 0),

  convolution: (_, now) =>
    judge(now, cell => {
      const largest = Math.max(...now.values.conv1);
      return isValue(cell, 'conv1') && largest > 0 && numberAt(now, cell) >= largest / 2;
    }),

  pooling(_, now) {
    const chosen = now.cells.at(-1);
    if (!chosen || isValue(chosen, 'pool1')) return undefined;
    const pool = now.cells.findLast(cell => isValue(cell, 'pool1'));
    if (!pool || !isValue(chosen, 'conv1')) return false;
    const window = windowOf(now.preset, pool);
    const isInside = window.some(at => String(at) === String(chosen.at));
    const inWindow = window.map(at => numberAt(now, {...chosen, at}));
    return isInside && numberAt(now, chosen) === Math.max(...inWindow);
  },

  secondPair(_, {preset, typed}) {
    const {kH, kW, C} = stationsOf(preset).find(({name}) => name === 'conv2')!.geometry!;
    return typed.trim() === '' ? undefined : Number(typed) === kH * kW * C;
  },

  dense: (_, now) =>
    judge(now, cell => isValue(cell, 'dense') && cell.at[0] === largestOf(now.values.dense)),

  loss: (_, now) => (now.labels === 0 ? undefined : now.values.loss[0] > GUESS),

  gradients: (_, now) =>
    judge(now, cell => cell.isGradient && cell.of.endsWith('.filter') && numberAt(now, cell) < 0),

  descent(before, now) {
    if (now.batch > before.batch) return true;
    return now.learningRate === before.learningRate ? undefined : false;
  },

  batches(before, now) {
    const trained = now.batch - before.batch;
    if (trained >= BATCHES) return true;
    return trained > 0 && !now.isBusy ? false : undefined;
  },

  results(before, now) {
    const {testIndex, isOwnLabel, values, label} = now;
    if (testIndex === undefined || testIndex === before.testIndex) return undefined;
    return !isOwnLabel && largestOf(values.softmax) !== label;
  },
};

/** Judges the cell that was selected last. */
function judge({cells}: Seen, isRight: (cell: Cell) => boolean): boolean | undefined {
  const cell = cells.at(-1);
  return cell && isRight(cell);
}

const isValue = ({of, isGradient}: Cell, name: string): boolean => of === name && !isGradient;

export function numberAt({preset, values, gradients}: Seen, {of, at, isGradient}: Cell): number {
  return (isGradient ? gradients : values)[of]?.[indexOf(shapesOf(preset)[of], at)];
}

const largestOf = (numbers: Float32Array): number => numbers.indexOf(Math.max(...numbers));

/** The cells of conv1 that a cell of pool1 takes the largest of. */
function windowOf(preset: Preset, {at: [yR, yC, d2]}: Cell): number[][] {
  const {kH, kW, sH, sW} = stationsOf(preset).find(({name}) => name === 'pool1')!.geometry!;
  return Array.from({length: kH * kW}, (_, tap) => [
    yR * sH + Math.floor(tap / kW),
    yC * sW + (tap % kW),
    d2,
  ]);
}
