// Runs one case: its row has the numbers of each contender.
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../../src/data/mnist_data.ts';
import {compare, type Values} from '../cases/compare.ts';
import type {Contenders, Measured, Name, NotMeasured, Row} from '../report/results.ts';
import {backendOf, isOurs} from '../report/results.ts';
import {type Case, type Contender, type Contest, firstOutputs} from './contest.ts';
import {compareSpeed, type Effort, enter, type Timekeeping} from './measure.ts';
import {gpuTime, readBack} from './phases.ts';
import type {Peak} from './roofs.ts';

/** What all cases of a place share. */
export interface Bench {
  names: Name[];
  data: MnistData;
  load: () => Promise<MnistData>;
  effort: Effort;
  timekeeping: Timekeeping;
  peak?: Peak;
  /** The number of draw calls so far. */
  draws?: () => number;
}

interface Joined {
  name: Name;
  contender: Contender;
  first: number;
  /** The approximate time of a run, in ms, if known before the warm-up. */
  about?: number;
  result: Values;
}

/** Checks that the contenders agree, then times them. Undefined without contenders. */
export async function runCase(chosen: Case, bench: Bench): Promise<Row | undefined> {
  const names = bench.names.filter(chosen.takesPart);
  if (names.length === 0) return undefined;
  const contest = chosen.prepare(bench.data, bench.load);
  const found = new Map<Name, Measured | NotMeasured>();
  const joined: Joined[] = [];
  for (const name of names) {
    try {
      joined.push(await join(contest, name, bench.effort));
    } catch (error) {
      found.set(name, {why: firstLine(error), wrong: !isMissingKernel(error) && runsOurCode(name)});
    }
  }
  const reference = referenceOf(joined);
  const agreeing = joined.filter(({name, contender, result}) => {
    const problem = disagreement(result, reference.result, contest);
    if (!problem) return true;
    const why = `it disagrees with ${reference.name}, ${problem}`;
    found.set(name, {why, wrong: runsOurCode(name)});
    contender.dispose();
    return false;
  });
  try {
    const {peak, effort, timekeeping} = bench;
    const speeds = await compareSpeed(agreeing, contest.flops, peak, effort, timekeeping);
    for (const [i, {name, contender, first}] of agreeing.entries()) {
      const others = await phases(name, contender, bench);
      found.set(name, {...speeds[i], first, ...others});
    }
  } catch (error) {
    for (const {name} of agreeing) found.set(name, {why: firstLine(error), wrong: true});
  } finally {
    for (const {contender} of agreeing) contender.dispose();
  }
  const {flops, bytes, images} = contest;
  const contenders: Contenders = Object.fromEntries(names.map(name => [name, found.get(name)]));
  return {name: chosen.name, batch: chosen.batch, flops, bytes, images, contenders};
}

async function join(contest: Contest, name: Name, {slowMs}: Effort): Promise<Joined> {
  await enter(name);
  const contender = await contest.join(name);
  try {
    const start = performance.now();
    const result = await firstOutputs(contender, 1);
    const first = performance.now() - start;
    const more = Math.min(contest.comparedRuns, first > slowMs ? 2 : Infinity) - 1;
    // A first run as slow as this is not slow because of the compiler.
    const about = first > 4 * slowMs ? first : undefined;
    if (more === 0) return {name, contender, first, about, result};
    const {values} = await firstOutputs(contender, more);
    const later = (performance.now() - start - first) / more;
    const all = [...Array.from(result.values), ...Array.from(values)];
    return {name, contender, first, about: later, result: {shape: [all.length], values: all}};
  } catch (error) {
    contender.dispose();
    throw error;
  }
}

/** Undefined if both agree. Of losses it compares those that both have: a slow contender has fewer. */
function disagreement(
  result: Values,
  expected: Values,
  {comparedRuns, tolerance}: Contest,
): string | undefined {
  if (comparedRuns === 1) return compare(result, expected, tolerance);
  const length = Math.min(result.values.length, expected.values.length);
  const cut = ({values}: Values) => ({
    shape: [length],
    values: Array.from(values).slice(0, length),
  });
  return compare(cut(result), cut(expected), tolerance);
}

/** The contender that defines the right result: stock `cpu`, or without it our `cpu`, which the tests compare with stock `cpu`. */
const referenceOf = (joined: Joined[]): Joined =>
  joined.find(({name}) => name === 'stock cpu') ??
  joined.find(({name}) => name === 'cpu') ??
  joined[0];

async function phases(
  name: Name,
  contender: Contender,
  {draws, effort}: Bench,
): Promise<Pick<Measured, 'upload' | 'readBack' | 'gpu' | 'draws'>> {
  await enter(name);
  return {
    upload: contender.upload?.(),
    readBack: await readBack(contender, effort.tries),
    gpu: await gpuTime(contender, effort.tries),
    draws: tf.getBackend() === 'webgl' && draws ? await countDraws(contender, draws) : undefined,
  };
}

/** The draw calls of one run, including those that read the result. */
async function countDraws({run}: Contender, draws: () => number): Promise<number> {
  const before = draws();
  const output = await run();
  if (typeof output !== 'number') {
    output.dataSync();
    output.dispose();
  }
  return draws() - before;
}

/** Only our own bugs are errors: not those of TensorFlow.js, and not that Layers on webgl clips probabilities at 1e-4. */
const runsOurCode = (name: Name): boolean => isOurs(name) || backendOf(name) === 'simd';

/** True if stock `wasm` lacks a kernel for this pass. */
const isMissingKernel = (error: unknown): boolean =>
  error instanceof Error && /^Kernel '.*' not registered for backend/.test(error.message);

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
