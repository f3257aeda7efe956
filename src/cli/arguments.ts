// Options of a command line, from a table of them: the parser, and the help text's column.
import {parseArgs} from 'node:util';

/** By name. One with a `value` takes one, and the word says which. */
export type OptionTable = Record<string, {value?: string; short?: string; help: string}>;

/** Wrong use of the command line: one sentence naming the option, what was expected and what was found. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The options and what they do, a line each. */
export function optionLines(table: OptionTable): string {
  const flags = Object.entries(table).map(
    ([name, {value, short}]) => `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`,
  );
  const width = Math.max(...flags.map(flag => flag.length));
  return Object.values(table)
    .map(({help}, i) => `  ${flags[i].padEnd(width)}  ${help}`)
    .join('\n');
}

/**
 * Option name to value ('' for a switch). parseArgs's own strict mode takes "--seed -1" for a mistake and has messages of
 * several sentences, so it splits the arguments here and what it allows is checked below.
 *
 * @throws UsageError for an unknown or malformed option, or a positional argument
 */
export function readArguments(table: OptionTable, args: readonly string[]): Map<string, string> {
  const {tokens} = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(table).map(([name, {value, short}]) => [
        name,
        {type: value ? ('string' as const) : ('boolean' as const), ...(short && {short})},
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw new UsageError(`expected options only, found "${token.value}" (see --help)`);
    }
    const {name, rawName, value, inlineValue} = token;
    if (!Object.hasOwn(table, name)) {
      const near = nearest(name, Object.keys(table));
      throw new UsageError(
        `${rawName}: unknown option, ${near ? `did you mean --${near}?` : 'see --help for those there are'}`,
      );
    }
    const wanted = table[name].value;
    if (!wanted && value !== undefined) {
      throw new UsageError(`${rawName}: expected no value, found "${value}"`);
    }
    if (wanted && (value === undefined || (!inlineValue && /^-[^\d.]/.test(value)))) {
      throw new UsageError(
        `${rawName}: expected a value (${rawName} ${wanted}), found ${value === undefined ? 'the end' : `"${value}"`}`,
      );
    }
    given.set(name, value ?? '');
  }
  return given;
}

/** The option whose name is at most two edits away, if there is one (distance of Levenshtein, 1965). */
function nearest(name: string, names: string[]): string | undefined {
  const distance = (a: string, b: string): number => {
    let row = Array.from({length: b.length + 1}, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        next[j] = Math.min(
          row[j] + 1,
          next[j - 1] + 1,
          row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
        );
      }
      row = next;
    }
    return row[b.length];
  };
  const [best] = names
    .map(option => ({option, edits: distance(name, option)}))
    .sort((a, b) => a.edits - b.edits);
  return best.edits <= 2 && best.edits < name.length ? best.option : undefined;
}
