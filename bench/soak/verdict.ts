// What a long training should leave as it was: its table, and a sentence for each thing that it did not.

import {median} from '../../src/statistics.ts';
import type {Table} from '../report/columns.ts';
import {threeDigits} from '../report/texts.ts';
import type {Holdings} from './soak.ts';

/** What a run held after the warm-up and in the end, and the milliseconds of the steps then. */
export interface Run {
  start: Holdings;
  end: Holdings;
  first: number[];
  last: number[];
}

/**
 * Bytes by which the heap may grow: code that is compiled late, and the engine's own lists. A tensor that is lost in each step
 * costs some hundred bytes, which 20,000 steps make several megabytes.
 */
const HEAP_SLACK = 1_000_000;
export const HEAP = 'heap bytes';

/** By how much of its time a step may become slower. */
const SLOWER = 0.05;
/** Milliseconds that each part must take for a verdict on its speed: a shorter one says more about the machine's other work. */
const LEAST_TIME = 5000;

/**
 * The time that a tenth of the steps stay below. Other programs make steps longer, and never shorter, so it is steadier than the
 * median where others work; a step that itself becomes slower moves both.
 */
export const lowTenth = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)];

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const count = (n: number) => n.toLocaleString('en-US');

/** A sentence for each thing of which there is more in the end, and for steps that became slower. */
export function problemsOf({start, end, first, last}: Run): string[] {
  const problems = Object.keys(end).flatMap(what => {
    const most = start[what] + (what === HEAP ? HEAP_SLACK : 0);
    if (end[what] <= most) return [];
    return [`${what}: expected at most ${count(most)} in the end, found ${count(end[what])}`];
  });
  if (Math.min(sum(first), sum(last)) < LEAST_TIME) return problems;
  const [before, after] = [lowTenth(first), lowTenth(last)];
  if (after <= (1 + SLOWER) * before) return problems;
  const most = threeDigits((1 + SLOWER) * before);
  return [
    ...problems,
    `a step: expected at most ${most} ms in the end, found ${threeDigits(after)}`,
  ];
}

/** What there was, at the start and in the end. */
export function soakTable(caption: string, {start, end, first, last}: Run): Table {
  const lines = Object.keys(end).map(what => [what, count(start[what]), count(end[what])]);
  const times = (what: string, statistic: (times: readonly number[]) => number) => [
    what,
    ...[first, last].map(part => threeDigits(statistic(part))),
  ];
  return {
    caption,
    columns: [{heading: '', words: true}, {heading: 'start'}, {heading: 'end'}],
    lines: [
      ...lines,
      times('ms a step, median', median),
      times('ms a step, low tenth', lowTenth),
      times('steps a second, median', part => 1000 / median(part)),
    ],
  };
}
