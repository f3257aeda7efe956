// Times several contenders in turns: what slows the machine down slows all of them.
//   a sample   the time of one run; or of many runs, divided by their number, if a clock's tick or a read-back would matter
//   a round    every contender's samples, one contender after the other
//   ratio      the median of a contender / the median of the first; also by round: the spread of rounds tells how sure it is
//   of peak    the rate of `simd` / the best peak rate just before and after it, by round; the median of rounds
//   a wake-up  a GPU lowers its clock while it is idle, so it works unmeasured before each of its turns
import * as tf from '@tensorflow/tfjs-core';
import {median} from '../../src/statistics.ts';
import {backendOf, type Extent, type Name, type Ratio, type Timing} from '../report/results.ts';
import {type Contender, type Output, onGPU, read} from './contest.ts';
import type {Peak} from './roofs.ts';
import {ratioOf, timing} from './statistics.ts';

export interface Effort {
  /** Each contender first runs this long, in ms, until it is compiled. */
  warmUpMs: number;
  /** The time for a contender's samples in one round, in ms; at least one sample. */
  turnMs: number;
  /** At least this many rounds, and more until `ms` milliseconds or `most` rounds. */
  least: number;
  most: number;
  ms: number;
  /**
   * A GPU works this long unmeasured before its turns, in ms; three times as long before the first. An H100 kept its clock for one
   * idle second. After three, it worked for 0.24 s at 345 MHz until it was back at 1,980 MHz.
   */
  wakeMs: number;
  /** A contender whose run takes longer, in ms, takes part in the first `slowRounds` rounds only. */
  slowMs: number;
  slowRounds: number;
  /** The number of measurements of each phase. */
  tries: number;
}

export const efforts: Record<Extent, Effort> = {
  // biome-ignore format: a table
  quick: {warmUpMs: 25, turnMs: 5, least: 2, most: 2, ms: 0, wakeMs: 100, slowMs: 50, slowRounds: 1, tries: 1},
  // biome-ignore format: a table
  usual: {warmUpMs: 30, turnMs: 10, least: 3, most: 5, ms: 100, wakeMs: 100, slowMs: 100, slowRounds: 2, tries: 1},
  // biome-ignore format: a table
  full: {warmUpMs: 250, turnMs: 20, least: 5, most: 15, ms: 2000, wakeMs: 100, slowMs: 500, slowRounds: 3, tries: 3},
};

const peakSamples = 3;

/** The clock of this place, and whether its GPU falls asleep. */
export interface Timekeeping {
  /** The least step of the clock, in ms. */
  tick: number;
  /** True for a GPU, false for a renderer in software. */
  gpuSleeps: boolean;
}

/** The step of the clock, in ms: below 0.001 in Node, 0.005 to 1 in browsers, 100 in a browser that resists fingerprinting. */
export function clockTick(): number {
  const steps: number[] = [];
  while (steps.length < 5) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    steps.push(now - start);
  }
  return median(steps);
}

/** The least length of a sample, in ms: fifty ticks of the clock; or many times a read-back, if a sample has one. */
const sampleMs = ({readsEach}: Contender, returnsTensor: boolean, tick: number): number =>
  Math.max(returnsTensor && !readsEach && onGPU() ? 20 : 1, 50 * tick);

interface Speed {
  steady: Timing;
  ratio?: Ratio;
  ofPeak?: Timing;
}

interface Turns {
  name: Name;
  contender: Contender;
  /** Runs in a sample, samples in a round. */
  runs: number;
  samples: number;
  slow: boolean;
  /** ms a run, by round and sample. */
  times: number[][];
}

/** The speed of each contender, in order; `flops` counts one run; `about` is the approximate time of a run in ms, if known. */
export async function compareSpeed(
  contenders: readonly {name: Name; contender: Contender; about?: number}[],
  flops: number | undefined,
  peak: Peak | undefined,
  {warmUpMs, turnMs, least, most, ms, wakeMs, slowMs, slowRounds}: Effort,
  {tick, gpuSleeps}: Timekeeping,
): Promise<Speed[]> {
  const wake = async (contender: Contender, ms: number) => {
    if (!gpuSleeps || !onGPU()) return;
    const start = performance.now();
    while (performance.now() - start < ms) await sample(contender, 1);
  };
  const all: Turns[] = [];
  for (const {name, contender, about} of contenders) {
    await enter(name);
    await wake(contender, 3 * wakeMs);
    const warm =
      about !== undefined && about > slowMs
        ? {ms: about, returnsTensor: false}
        : await warmUp(contender, warmUpMs, tick);
    const runs = Math.max(1, Math.ceil(sampleMs(contender, warm.returnsTensor, tick) / warm.ms));
    const samples = Math.max(1, Math.round(turnMs / (runs * warm.ms)));
    all.push({name, contender, runs, samples, slow: warm.ms > slowMs, times: []});
  }
  const peaks: number[] = [];
  const start = performance.now();
  const samplePeak = () => (peak ? Array.from({length: peakSamples}, peak) : []);
  for (let round = 0; round < least || (round < most && performance.now() - start < ms); round++) {
    for (const {name, contender, runs, samples, slow, times} of all) {
      if (slow && round >= slowRounds) continue;
      await enter(name);
      await wake(contender, wakeMs);
      const before = name === 'simd' ? samplePeak() : [];
      const taken: number[] = [];
      while (taken.length < samples) taken.push(await sample(contender, runs));
      times.push(taken);
      if (name === 'simd') peaks.push(Math.max(...before, ...samplePeak()));
    }
  }
  const partOfPeak = (taken: number[], round: number) =>
    flops! / median(taken) / 1e6 / peaks[round];
  const hasPart = (name: Name) => name === 'simd' && peak && flops !== undefined;
  return all.map(({name, times}) => ({
    steady: timing(times.flat()),
    ratio: times === all[0].times ? undefined : ratioOf(times, all[0].times),
    ofPeak: hasPart(name) ? timing(times.map(partOfPeak)) : undefined,
  }));
}

/** Makes the name's backend the current one. The event loop runs before: for Ctrl-C, and for a page to draw. */
export async function enter(name: Name): Promise<void> {
  await new Promise(resolve => setTimeout(resolve));
  await tf.setBackend(backendOf(name));
}

/** How long a run takes about, once warm: of ever more runs, as a clock's tick may be longer than one. */
async function warmUp(
  contender: Contender,
  ms: number,
  tick: number,
): Promise<{ms: number; returnsTensor: boolean}> {
  const start = performance.now();
  let returnsTensor = false;
  let runs = 1;
  for (;;) {
    const taken = await sample(contender, runs, output => {
      returnsTensor = typeof output !== 'number';
    });
    const enough = runs * taken > 10 * tick;
    if (performance.now() - start >= ms && enough) return {ms: taken, returnsTensor};
    if (runs * taken < ms / 4 || !enough) runs *= 2;
  }
}

/** The milliseconds of a run: the time of this many runs, up to the last result, divided by their number. */
export async function sample(
  {run, readsEach}: Contender,
  runs: number,
  see?: (output: Output) => void,
): Promise<number> {
  let last: Output = 0;
  const start = performance.now();
  for (let i = 0; i < runs; i++) {
    if (typeof last !== 'number') last.dispose();
    const pending = run();
    last = pending instanceof Promise ? await pending : pending;
    if (readsEach) await read(last);
  }
  if (!readsEach) await read(last);
  const ms = (performance.now() - start) / runs;
  see?.(last);
  if (typeof last !== 'number') last.dispose();
  return ms;
}
