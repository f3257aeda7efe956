// The changes that a mutant can make in one line of TypeScript, AssemblyScript or GLSL. Each is a mistake that somebody could make.

/** A line -> the lines that the operator makes of it, each with one change. */
type Operator = (line: string) => string[];

/** Letters that a kernel may confuse. */
const letters: [string, string][] = [
  ['H', 'W'],
  ['C', 'K'],
  ['B', 'N'],
  ['I', 'O'],
  ['kH', 'kW'],
  ['yH', 'yW'],
  ['sH', 'sW'],
  ['dilH', 'dilW'],
  ['padT', 'padL'],
  ['yR', 'yC'],
  ['xR', 'xC'],
  ['wR', 'wC'],
  ['d1', 'd2'],
  ['i', 'o'],
  ['j', 'k'],
  ['top', 'left'],
  ['row', 'column'],
  ['rows', 'columns'],
  ['x', 'dy'],
  ['p', 'dp'],
  ['labels', 'logits'],
  ['xy', 'zw'],
  ['xz', 'yw'],
  ['d1Pair', 'd2Pair'],
  ['rowPair', 'columnPair'],
  ['firstR', 'firstC'],
  ['endR', 'endC'],
  ['reachH', 'reachW'],
  ['paddedH', 'paddedW'],
  ['aRow', 'bRow'],
];

/** Comparisons that decide a tie, or what happens at 0. */
const comparisons: [string, string][] = [
  ['greater(', 'greaterEqual('],
  ['greaterEqual(', 'greater('],
  ['less(', 'lessEqual('],
  ['lessEqual(', 'less('],
  ['lessThanEqual(', 'lessThan('],
  ['.gt(', '.ge('],
  ['.le(', '.lt('],
];

/** Every line that has one match replaced. The replacement is a text as in String.replace, or a function of the match. */
function replaceEach(
  line: string,
  pattern: RegExp,
  by: string | ((...match: string[]) => string),
): string[] {
  return [...line.matchAll(pattern)].map(match => {
    const text =
      typeof by === 'string' ? match[0].replace(new RegExp(pattern.source), by) : by(...match);
    return line.slice(0, match.index) + text + line.slice(match.index + match[0].length);
  });
}

/** Where the operand that begins at `start` ends: before an operator of these, a comma or a bracket that closes around it. */
function operandEnd(line: string, start: number, stops: RegExp): number {
  let depth = 0;
  for (let i = start; i < line.length; i++) {
    if ('([{'.includes(line[i])) depth++;
    if (')]}'.includes(line[i]) && --depth < 0) return i;
    if (depth === 0 && i > start && stops.test(line.slice(i))) return i;
  }
  return depth === 0 ? line.length : -1;
}

const sumEnds = /^( [-+<>?:=]| [<>=!]=|,|;|`| &&| \|\|)/;
const productEnds = /^( [-+*/%<>?:=]| [<>=!]=|,|;|`| &&| \|\|)/;
const conditionEnds = /^( [?:]| =(?!=)|,|;|`| &&| \|\|)/;

/** Leaves out the operator and the operand on its right. */
const dropRight = (line: string, operator: RegExp, ends: RegExp): string[] =>
  [...line.matchAll(operator)].flatMap(({index, 0: {length}}) => {
    const end = operandEnd(line, index + length, ends);
    return end < 0 ? [] : [line.slice(0, index) + line.slice(end)];
  });

/** min(a, b) or max(a, b) -> a, and b. */
const dropClamp: Operator = line =>
  [...line.matchAll(/\b(Math\.)?(min|max)\(/g)].flatMap(({index, 0: {length}}) => {
    const first = index + length;
    const comma = operandEnd(line, first, /^,/);
    if (comma < 0 || line[comma] !== ',') return [];
    const end = operandEnd(line, comma + 2, /^,/);
    if (end < 0 || line[end] !== ')') return [];
    const whole = (part: string) => `${line.slice(0, index)}(${part})${line.slice(end + 1)}`;
    return [whole(line.slice(first, comma)), whole(line.slice(comma + 2, end))];
  });

/** True in a quoted text of several words: a message's words are not letters. */
const isText = (line: string, index: number) =>
  [...line.matchAll(/'[^']*'/g)].some(
    ({0: text, index: from}) => text.includes(' ') && index > from && index < from + text.length,
  );

/** A line that declares names: a change there is no mistake that a compiler lets pass. */
const declares =
  /^\s*(export |private |async )*(function|class|interface|type)\b|[{[][\w, ]+[}\]](: \w+)? ?[,=)]|\w+: (usize|i32|f32|f64|bool|number|Floats|\w+\[\])\b/;

const swapLetters: Operator = line =>
  declares.test(line)
    ? []
    : letters
        .flatMap(([a, b]) => [
          [a, b],
          [b, a],
        ])
        .flatMap(([from, to]) =>
          [...line.matchAll(new RegExp(`(?<!\\w)${from}(?!\\w|\\??:|\\(| =[^=])`, 'g'))]
            .filter(({index}) => !isText(line, index))
            .map(({index}) => line.slice(0, index) + to + line.slice(index + from.length)),
        )
        .filter(changed => changed !== line);

export const operators = {
  'swap-letters': swapLetters,
  'drop-term': line => dropRight(line, / [-+] /g, sumEnds),
  'drop-factor': line => dropRight(line, / \* /g, productEnds),
  'drop-divisor': line => dropRight(line, / \/ /g, productEnds), // such as the 1/B of a mean
  'wrong-sign': line => [
    ...replaceEach(line, / \+ /g, ' - '),
    ...replaceEach(line, / - /g, ' + '),
    ...replaceEach(
      line,
      /\b(f32x4|tf)\.(add|sub)\(/g,
      (_, of, name) => `${of}.${name === 'add' ? 'sub' : 'add'}(`,
    ),
  ],
  'off-by-one': line => [
    ...(/\bfor \(/.test(line)
      ? [
          ...replaceEach(line, / (<=?) ([^;]+);/g, ' $1 $2 - 1;'),
          ...replaceEach(line, / = 0;/g, ' = 1;'),
          ...replaceEach(line, / = 1;/g, ' = 0;'),
        ]
      : []),
    ...replaceEach(line, / ([-+]) 1\b(?!\.)/g, ' $1 2'),
  ],
  edge: line => [
    ...replaceEach(line, / ([<>]) /g, ' $1= '),
    ...replaceEach(line, / ([<>])= /g, ' $1 '),
  ],
  tie: line =>
    comparisons.flatMap(([from, to]) =>
      replaceEach(line, new RegExp(`(?<=\\b|\\.)${from.replace(/[.(]/g, '\\$&')}`, 'g'), () => to),
    ),
  negate: line =>
    replaceEach(
      line,
      / ([!=])(==?) /g,
      (_, first, rest) => ` ${first === '!' ? '=' : '!'}${rest} `,
    ),
  'drop-clamp': dropClamp,
  'drop-condition': line => dropRight(line, / (&&|\|\|) /g, conditionEnds),
  'drop-check': line =>
    replaceEach(
      line,
      /^(\s*)if \(.+\) (\{|throw .*|continue;|return.*|fail\(.*)$/g,
      (_, indent, work) => `${indent}if (false) ${work}`,
    ),
  'no-release': line => [
    ...replaceEach(line, /^\s*[\w.]*\b(dispose\w*|release)\(.*\);$/g, () => ''),
    ...replaceEach(line, /\btf\.tidy\(/g, '(work => work())('),
  ],
} satisfies Record<string, Operator>;

export type OperatorName = keyof typeof operators;

/** A line without its comment; '' if it has nothing but a comment. */
function codeOf(line: string): string {
  if (/^\s*(\/\/|\/?\*)/.test(line)) return '';
  const comment = /(?<=[\s;,{(])\/\/ .*$/.exec(line);
  return comment ? line.slice(0, comment.index).trimEnd() : line;
}

/** Lines that only name what other lines do. */
const isDeclaration = (code: string) =>
  /^\s*(import\b|export \{|export (type|interface)|interface\b|type\b|\} from|['"][^'"]*['"],?$)/.test(
    code,
  );

/** What the operator makes of a line. A comment stays as it is. */
export function mutationsOf(operator: OperatorName, line: string): string[] {
  const code = codeOf(line);
  if (code.trim() === '' || isDeclaration(code)) return [];
  const changed = (operators[operator] as Operator)(code).map(
    mutated => mutated + line.slice(code.length),
  );
  return [...new Set(changed)].filter(mutated => mutated !== line);
}

const allLetters = new Set(letters.flat());

/** True for a name that `swap-letters` may put in. */
export const isLetter = (word: string): boolean => allLetters.has(word);
