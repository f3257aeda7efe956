// The run in numbers, as `--json` prints it.
import {median} from '../numbers.ts';
import {failureOf} from '../outcome.ts';
import type {Evaluation} from '../training.ts';
import type {Options} from './options.ts';
import type {Summary} from './report.ts';

export interface FinishedRun {
  losses: number[];
  /** Milliseconds of each step. */
  times: number[];
  epochs: number;
  seconds: number;
  evaluation: Evaluation;
}

const thousandths = (x: number) => Math.round(1000 * x) / 1000;

export function summarise(
  options: Options,
  run: FinishedRun,
  build: Summary['build'] = null,
): Summary {
  const {losses, times, evaluation} = run;
  return {
    backend: options.backend,
    build,
    net: options.net,
    seed: options.seed,
    epochs: run.epochs,
    batches: losses.length,
    batchSize: options.batchSize,
    learningRate: options.learningRate,
    msPerStep: thousandths(median(times.length > 5 ? times.slice(5) : times)),
    seconds: thousandths(run.seconds),
    firstLoss: losses[0],
    lastLoss: losses[losses.length - 1],
    testCorrect: evaluation.correct,
    testTotal: evaluation.total,
    testAccuracy: evaluation.correct / evaluation.total,
    failure: failureOf(evaluation, losses) ?? null,
  };
}
