// A row of the table: a case that was timed, or one that was not and why.
import type {MnistData} from '../src/data/mnist_data.ts';
import {type Case, type Contender, disagreement, type Name} from './contest.ts';
import {type Comparison, compareSpeed, type Effort} from './measure.ts';
import type {Peak} from './peak.ts';

export type Row = {name: string; draws?: Partial<Record<Name, number>>} & (
  | {flops?: number; images?: number; comparison: Comparison}
  | {problem: string}
);

export type TimedRow = Extract<Row, {comparison: Comparison}>;

/** Agreement first; then the clock; then the draws of one run, where somebody counts them. */
export async function runCase(
  {name, prepare}: Case,
  data: MnistData,
  peak: Peak | undefined,
  effort: Effort,
  countDraws?: (contenders: readonly Contender[]) => Promise<Row['draws']>,
): Promise<Row> {
  try {
    const contest = await prepare(data);
    const {contenders, flops, images} = contest;
    try {
      const problem = await disagreement(contest);
      if (problem) return {name, problem};
      const comparison = await compareSpeed(contenders, flops, peak, effort);
      return {name, flops, images, comparison, draws: await countDraws?.(contenders)};
    } finally {
      for (const contender of contenders) contender.dispose();
    }
  } catch (error) {
    return {name, problem: `it failed, ${firstLine(error)}`};
  }
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
