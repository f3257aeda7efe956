// The numbers of a run, as `--json` prints them.
import type {Evaluation} from '../evaluation.ts';
import type {Build} from '../kernels/simd/backend/module.ts';
import {type Failure, failureOf} from '../outcome.ts';
import type {Recipe} from '../presets.ts';
import {median} from '../statistics.ts';
import type {Options} from './options.ts';
import type {Trainer} from './trainer.ts';

export interface FinishedRun {
  /** Of each batch; a hole where it is unknown, as before a checkpoint. */
  losses: number[];
  /** Milliseconds of each step taken now. */
  times: number[];
  epochs: number;
  seconds: number;
  evaluation: Evaluation;
  /** Batches that were trained before this run went on. */
  resumedFrom?: number;
}

/** These keys, in this order. Losses are nats. */
export interface Summary {
  backend: string;
  /** The WebAssembly that ran, on which the last bits depend; null on another backend. */
  build: Build | null;
  /** How many threads ran, with which the weights are the same; null on another backend. */
  threads: number | null;
  net: string;
  seed: number;
  /** Passes over the training images, including one that was begun. */
  epochs: number;
  /** Steps taken. */
  batches: number;
  batchSize: number;
  recipe: Recipe;
  /** With `fast` the largest. */
  learningRate: number;
  /**
   * Median over the steps after the first five, which warm up; over all steps if there are at most five. Of a run that went on,
   * over those since then; null if there are none.
   */
  msPerStep: number | null;
  /** Training and its tests, without loading; of a run that went on, since then. */
  seconds: number;
  firstLoss: number;
  lastLoss: number;
  testCorrect: number;
  testTotal: number;
  testAccuracy: number;
  /** Why the run has learnt nothing; null if it has learnt. */
  failure: Failure | null;
  /** The batch after which a saved run went on; null if this is the run's beginning. */
  resumedFrom: number | null;
}

const thousandths = (x: number) => Math.round(1000 * x) / 1000;

export function summarise(
  options: Options,
  run: FinishedRun,
  {build, threads}: Partial<Pick<Trainer, 'build' | 'threads'>> = {},
): Summary {
  const {losses, times, evaluation} = run;
  return {
    backend: options.backend,
    build: build ?? null,
    threads: threads ?? null,
    net: options.net,
    seed: options.seed,
    epochs: run.epochs,
    batches: losses.length,
    batchSize: options.batchSize,
    recipe: options.recipe,
    learningRate: options.learningRate,
    msPerStep: times.length ? thousandths(median(times.length > 5 ? times.slice(5) : times)) : null,
    seconds: thousandths(run.seconds),
    firstLoss: losses[0],
    lastLoss: losses[losses.length - 1],
    testCorrect: evaluation.correct,
    testTotal: evaluation.total,
    testAccuracy: evaluation.correct / evaluation.total,
    failure: failureOf(evaluation, losses) ?? null,
    resumedFrom: run.resumedFrom ?? null,
  };
}
