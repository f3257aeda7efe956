// The table at the end: how many mutants of each file the tests noticed.
import type {Mutant} from './mutants.ts';
import type {Fate} from './trial.ts';

const fates: Fate[] = ['killed', 'survived', 'judged', 'not compiled'];

export function fateTable(results: ReadonlyMap<Mutant, Fate>): string {
  const files = [...new Set([...results.keys()].map(({target}) => target.file))];
  const row = (name: string, entries: [Mutant, Fate][]) =>
    `| ${name} | ${fates.map(fate => entries.filter(([, each]) => each === fate).length).join(' | ')} |`;
  return [
    `| file | ${fates.join(' | ')} |`,
    `|---|${fates.map(() => '--:|').join('')}`,
    ...files.map(file =>
      row(
        file,
        [...results].filter(([{target}]) => target.file === file),
      ),
    ),
    row('all', [...results]),
  ].join('\n');
}
