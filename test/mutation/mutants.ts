// The mutants: a choice of all that the operators can make, the same each time, spread over files and operators; and the changes of
// past.ts.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Random} from '../../src/random.ts';
import {judged} from './judged.ts';
import {type Language, languageAt} from './language.ts';
import {isLetter, mutationsOf, type OperatorName, operators} from './operators.ts';
import {past} from './past.ts';
import {type Target, targets} from './targets.ts';

export interface Mutant {
  /** Such as "src/kernels/cpu/conv2d.ts:41 drop-term", with a number behind it if the line has another of this operator. */
  name: string;
  target: Target;
  /** Counted from 1. */
  line: number;
  operator: OperatorName | 'past';
  language: Language;
  /** The whole line. */
  before: string;
  after: string;
  /** Why no test can notice it. */
  reason?: string;
}

type Change = Omit<Mutant, 'name'>;

/** A file has one mutant for this many lines of code, from LEAST to MOST. */
const LINES_EACH = 20;
const LEAST = 2;
const MOST = 5;

/** The mutants of the sources in this folder, in the order of their names. */
export function mutantsOf(root: string): Mutant[] {
  return targets(root).flatMap(target => {
    const lines = readFileSync(join(root, target.file), 'utf8').split('\n');
    const known = pastOf(target, lines);
    const isGenerated =
      target.file.startsWith('src/') && !/^src\/(cli|data|page)\//.test(target.file);
    const changes = [...known, ...(isGenerated ? chosen(target, lines, known) : [])];
    return named(changes.sort((a, b) => a.line - b.line));
  });
}

function pastOf(target: Target, lines: string[]): Change[] {
  return past
    .filter(({file}) => file === target.file)
    .map(({before: part, after: by}) => {
      const line = lines.findIndex(text => text.includes(part));
      if (line < 0)
        throw new Error(`past.ts: expected a line of ${target.file} with "${part}", found none`);
      const after = lines[line].replace(part, () => by);
      return changeOf(target, lines, line, 'past', after);
    });
}

/** One mutant after another from each operator in turn, at most one a line. */
function chosen(target: Target, lines: string[], known: Change[]): Change[] {
  const random = new Random(17, target.file);
  const shuffled = <T>(items: T[]): T[] => {
    const order = Uint32Array.from(items.keys());
    random.shuffle(order);
    return Array.from(order, i => items[i]);
  };
  const queues = shuffled(Object.keys(operators) as OperatorName[]).map(operator =>
    shuffled(
      lines.flatMap((before, i) =>
        mutationsOf(operator, before)
          .filter(after => knows(lines, i, after))
          .map(after => changeOf(target, lines, i, operator, after)),
      ),
    ),
  );
  const code = lines.filter(line => /\w/.test(line) && !/^\s*(\/\/|\/?\*|import\b)/.test(line));
  const wanted = Math.min(MOST, Math.max(LEAST, Math.round(code.length / LINES_EACH)));
  const taken = new Set(known.map(({line}) => line));
  const found: Change[] = [];
  while (found.length < wanted && queues.some(queue => queue.length > 0)) {
    for (const queue of queues) {
      let change = queue.pop();
      while (change && taken.has(change.line)) change = queue.pop();
      if (!change || found.length === wanted) continue;
      taken.add(change.line);
      found.push(change);
    }
  }
  return found;
}

const wordsOf = (text: string): string[] => text.match(/\w+/g) ?? [];

/** True if all words of the new line i occur in the function around it: an unknown name is no mistake that a compiler lets pass. */
function knows(lines: string[], i: number, after: string): boolean {
  const isOutside = (line: string) => /^[^\s})]/.test(line);
  let [first, end] = [i, i + 1];
  while (first > 0 && !isOutside(lines[first])) first--;
  while (end < lines.length && !isOutside(lines[end])) end++;
  const known = new Set(lines.slice(first, end).flatMap(wordsOf));
  const old = new Set(wordsOf(lines[i]));
  return wordsOf(after).every(word => old.has(word) || known.has(word) || !isLetter(word));
}

function changeOf(
  target: Target,
  lines: string[],
  i: number,
  operator: Mutant['operator'],
  after: string,
): Change {
  const {file} = target;
  const before = lines[i];
  const judgement = judged.find(
    each => each.file === file && each.before === before.trim() && each.after === after.trim(),
  );
  const same = [...before].findIndex((character, column) => character !== after[column]);
  const column = same < 0 ? before.length : same;
  const index = lines.slice(0, i).join('\n').length + 1 + column;
  const language = languageAt(file, lines.join('\n'), index);
  return {target, line: i + 1, operator, language, before, after, reason: judgement?.reason};
}

function named(changes: Change[]): Mutant[] {
  const times = new Map<string, number>();
  return changes.map(change => {
    const name = `${change.target.file}:${change.line} ${change.operator}`;
    const nth = (times.get(name) ?? 0) + 1;
    times.set(name, nth);
    return {...change, name: nth === 1 ? name : `${name} ${nth}`};
  });
}
