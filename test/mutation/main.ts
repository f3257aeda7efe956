// Do the tests notice a mistake? `npm run test:mutation -- --help` tells what it can do.
import {fileURLToPath} from 'node:url';
import {optionLines, readArguments, UsageError} from '../../src/cli/arguments.ts';
import {guardOutput} from '../../src/cli/output.ts';
import {clock, count} from '../../src/format.ts';
import {languages} from './language.ts';
import {type Mutant, mutantsOf} from './mutants.ts';
import {fateTable} from './table.ts';
import {type Fate, measure, tryMutant} from './trial.ts';
import {Workplace} from './workplace.ts';

const table = {
  only: {value: 'TEXT', help: 'only the mutants whose name contains the text'},
  list: {help: 'show the mutants and run nothing'},
  help: {short: 'h', help: 'show this text'},
};

const helpText = `Changes one line of the kernels, the ops or the training at a time, and runs the tests that should notice.

usage: npm run test:mutation -- [options]

${optionLines(table)}

It works in a temporary copy of the checkout. It takes the better part of an hour. The browser of webgl is the one that
MNIST_OPS_BROWSER names, or an installed Chrome or Chromium.

Exit codes: 0 the tests noticed every mutant that they can notice; 1 one survived, or something failed; 2 wrong use.
`;

const root = fileURLToPath(new URL('../../', import.meta.url));

guardOutput('test:mutation');
for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const) {
  process.on(name, () => process.exit(128 + number)); // which removes the copy and ends the test that runs
}
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`test:mutation: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<number> {
  const given = readArguments(table, args);
  if (given.has('help')) {
    process.stdout.write(helpText);
    return 0;
  }
  const only = given.get('only') ?? '';
  const mutants = mutantsOf(root).filter(({name}) => name.includes(only));
  if (mutants.length === 0) {
    throw new UsageError(
      `--only: expected a part of a mutant's name, found "${only}", which is in none`,
    );
  }
  if (given.has('list')) {
    for (const mutant of mutants) process.stdout.write(`${changeText(mutant)}\n`);
    process.stdout.write(`${count(mutants.length)} mutants\n`);
    return 0;
  }
  return runAll(mutants);
}

async function runAll(mutants: Mutant[]): Promise<number> {
  const began = performance.now();
  const running = mutants.filter(({reason}) => reason === undefined);
  const needed = [...new Set(running.map(({target}) => target))];
  const tests = needed.flatMap(({tests, pageTests}) => [...tests, ...pageTests]);
  const workplace = new Workplace(root, tests);
  const fates = new Map<Mutant, Fate>();
  try {
    const times = await measure(workplace, needed, note);
    const started = performance.now();
    for (const mutant of mutants) {
      const done = fates.size;
      const left =
        done > 0 ? clock(((performance.now() - started) / done) * (mutants.length - done)) : '';
      progress(`${done} of ${mutants.length}${left && `, ${left} left`}  ${mutant.name}`);
      const {fate, by} = await tryMutant(workplace, mutant, times);
      fates.set(mutant, fate);
      progress('');
      const detail = by ? ` by ${by}` : '';
      process.stdout.write(`${fates.size}/${mutants.length} ${fate} ${mutant.name}${detail}\n`);
    }
  } finally {
    workplace.close();
  }
  process.stdout.write(`\n${fateTable(fates)}\n`);
  const survivors = mutants.filter(mutant => fates.get(mutant) === 'survived');
  for (const mutant of mutants.filter(({reason}) => reason !== undefined)) {
    process.stdout.write(`\nnot run: ${changeText(mutant)}\n  because ${mutant.reason}\n`);
  }
  for (const mutant of survivors) process.stdout.write(`\nsurvived: ${changeText(mutant)}\n`);
  const tried = mutants.filter(mutant => fates.get(mutant) !== 'not compiled');
  const share = languages.map(
    language => `${tried.filter(mutant => mutant.language === language).length} ${language}`,
  );
  process.stdout.write(
    `\n${tried.length} mutants (${share.join(', ')}), ${survivors.length} survived, in ${clock(performance.now() - began)}\n`,
  );
  return survivors.length === 0 ? 0 : 1;
}

function changeText({name, before, after}: Mutant): string {
  return `${name}\n  - ${before.trim()}\n  + ${after.trim()}`;
}

/** What is being done before the first mutant. */
function note(text: string): void {
  if (process.stderr.isTTY) progress(text);
  else process.stderr.write(`${text}\n`);
}

/** What is being done, on a terminal only: elsewhere each mutant's line is the progress. */
function progress(text: string): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${text.slice(0, (process.stderr.columns || 80) - 1)}\x1b[K\r`);
}
