// The options of a command line: a table makes the parser and the lines of the help text.
import {parseArgs} from 'node:util';

/** The options by name. `value` is the word for an option's value in the help text; a switch has none. */
export type OptionTable = Record<string, {value?: string; short?: string; help: string}>;

/** Wrong use of the command line. The message is one sentence: the option, what was expected, what was found. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The help text of the options, a line for each. */
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
 * The options given, by name; a switch has the value ''. parseArgs only splits the arguments, and the checks are here: its
 * strict mode refuses "--seed -1" and has messages of several sentences.
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
        `${rawName}: unknown option, ${near ? `did you mean --${near}?` : 'see --help for the options'}`,
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

/** The option whose name is at most two edits away, if any (distance of Levenshtein, 1965). */
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
