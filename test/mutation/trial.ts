// What becomes of a mutant: the tests notice it, or don't, or it doesn't compile.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Mutant} from './mutants.ts';
import {testInPage} from './page_tests.ts';
import type {Target} from './targets.ts';
import type {Workplace} from './workplace.ts';

export type Fate = 'killed' | 'survived' | 'not compiled' | 'judged';

/** Milliseconds of each test file without a mutant, by name. */
export type Times = Map<string, number>;

/** A mutant may take this many times as long as the original, and a while more, before it counts as hanging. */
const PATIENCE = 5;
const MS_MORE = 20_000;

/** A GPU's driver compiles GLSL when it runs. */
const refused = /Failed to compile (fragment|vertex) shader|Failed to link/;

/** The tests of a target as steps, each with a name. */
function stepsOf(workplace: Workplace, {tests, pageTests}: Target) {
  const inNode = tests.map(name => ({
    name,
    run: (limit: number) => workplace.test(name, limit),
  }));
  const inPage = pageTests.map(name => ({
    name: `${name} on webgl`,
    run: (limit: number) => testInPage(workplace.folder, name, limit),
  }));
  return [...inNode, ...inPage];
}

/**
 * Builds what the targets need and runs their tests without a mutant.
 *
 * @throws Error if one fails
 */
export async function measure(
  workplace: Workplace,
  targets: readonly Target[],
  note: (text: string) => void,
): Promise<Times> {
  const parts = [...new Set(targets.flatMap(({parts}) => parts))];
  note(`builds ${parts.join(', ')}`);
  const complaint = await workplace.build(parts);
  if (complaint !== undefined) throw new Error(`expected the sources to compile: ${complaint}`);
  const times: Times = new Map();
  for (const target of targets) {
    for (const {name, run} of stepsOf(workplace, target)) {
      if (times.has(name)) continue;
      note(`runs ${name} without a mutant`);
      const began = performance.now();
      const failure = await run(600_000);
      if (failure !== undefined) {
        throw new Error(
          `${name}: expected it to pass without a mutant, found ${lastLines(failure)}`,
        );
      }
      times.set(name, performance.now() - began);
    }
  }
  return times;
}

const lastLines = (text: string) => text.trim().split('\n').slice(-3).join(' ').slice(-300);

/** Builds the mutant and runs its tests until one notices it. `by` is that test's file. */
export async function tryMutant(
  workplace: Workplace,
  mutant: Mutant,
  times: Times,
): Promise<{fate: Fate; by?: string}> {
  if (mutant.reason !== undefined) return {fate: 'judged'};
  const {target, line, after} = mutant;
  const lines = readFileSync(join(workplace.folder, target.file), 'utf8').split('\n');
  const text = lines.with(line - 1, after).join('\n');
  return workplace.with(target.file, text, async () => {
    if ((await workplace.build(target.parts)) !== undefined) return {fate: 'not compiled'};
    for (const {name, run} of stepsOf(workplace, target)) {
      const failure = await run(PATIENCE * (times.get(name) ?? 0) + MS_MORE);
      if (failure === undefined) continue;
      return refused.test(failure) ? {fate: 'not compiled'} : {fate: 'killed', by: name};
    }
    return {fate: 'survived'};
  });
}
