// The options of a command line: a table makes the parser and the lines of the help text.
import {type ParseArgsConfig, parseArgs} from 'node:util';

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
 * @param positionals gets the arguments that are no options; without it, there may be none
 * @throws UsageError for an unknown or malformed option, or a positional argument that there may not be
 */
export function readArguments(
  table: OptionTable,
  args: readonly string[],
  positionals?: string[],
): Map<string, string> {
  const options: ParseArgsConfig['options'] = {};
  for (const [name, {value, short}] of Object.entries(table)) {
    options[name] = {type: value ? 'string' : 'boolean', ...(short && {short})};
  }
  const {tokens} = parseArgs({args: [...args], options, strict: false, tokens: true});
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional' && positionals) {
      positionals.push(token.value);
      continue;
    }
    if (token.kind === 'positional') {
      throw new UsageError(`expected options only, found "${token.value}" (see --help)`);
    }
    const {name, rawName, value, inlineValue} = token;
    if (!Object.hasOwn(table, name)) {
      const near = nearest(name, Object.keys(table));
      const hint = near ? `did you mean --${near}?` : 'see --help for the options';
      throw new UsageError(`${rawName}: unknown option, ${hint}`);
    }
    const wanted = table[name].value;
    if (!wanted && value !== undefined) {
      throw new UsageError(`${rawName}: expected no value, found "${value}"`);
    }
    if (wanted && (value === undefined || (!inlineValue && /^-[^\d.]/.test(value)))) {
      const found = value === undefined ? 'the end' : `"${value}"`;
      throw new UsageError(`${rawName}: expected a value (${rawName} ${wanted}), found ${found}`);
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
        const swapped = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, swapped);
      }
      row = next;
    }
    return row[b.length];
  };
  const edits = names.map(option => distance(name, option));
  const least = Math.min(...edits);
  return least <= 2 && least < name.length ? names[edits.indexOf(least)] : undefined;
}
