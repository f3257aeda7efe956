// Lines of code with their numbers, colours and marks.
import {parse} from 'sugar-high/core';
import {create} from '../dom.ts';
import {type Excerpt, linesOf, placesOf, type Range, rangeOf} from './excerpts.ts';

// One lexer reads TypeScript, AssemblyScript and GLSL, so that GLSL inside of a TypeScript string has its colours too.
const words = (text: string) => new Set(text.split(' '));

const options = {
  keywords: words(
    'as async await break case const continue default do else export extends false for from function if import in interface let new null of precision private readonly return satisfies static struct switch this throw true type typeof undefined uniform while yield class constructor out highp',
  ),
  typeKeywords: words(
    'bool boolean bvec2 bvec4 f32 f64 float i32 int ivec2 ivec4 number object sampler2D string u32 usize v128 vec2 vec3 vec4 void',
  ),
  onCommentStart: (current: string, next: string) =>
    current !== '/' ? 0 : next === '/' ? 1 : next === '*' ? 2 : 0,
  // A line's comment ends before the line does.
  onCommentEnd: (previous: string, current: string) =>
    current === '\n' ? 1 : previous === '*' && current === '/' ? 2 : 0,
};

interface Token {
  text: string;
  /** 'keyword', 'class' for a type or a number, 'string', 'comment'; others have no colour. */
  type: string;
}

/** The tokens of each line. */
export const tokensOf = (text: string): Token[][] =>
  parse(text, options).lines.map(({tokens}) =>
    tokens.flatMap(({type, value}) => (value ? [{type, text: value}] : [])),
  );

/** The pieces of a text: its identifiers, and what lies between them. */
export const identifiersOf = (text: string): string[] =>
  text.match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_]+/gu) ?? [];

const coloured = ['keyword', 'class', 'string', 'comment'];

export const addressOf = (file: string): string => `sources/${file}.txt`;

const loaded = new Map<string, Promise<string[]>>();

/** The lines of a file, fetched once. */
export function load(file: string): Promise<string[]> {
  const before = loaded.get(file);
  if (before) return before;
  const lines = fetch(addressOf(file)).then(async response => {
    if (!response.ok) throw new Error(`${addressOf(file)}: ${response.status}`);
    return linesOf(await response.text());
  });
  loaded.set(file, lines);
  lines.catch(() => loaded.delete(file)); // the next look tries again
  return lines;
}

/** An excerpt under the name of its file. The lines that run are `runs`, those that only lead to them `calls`. */
export async function excerptOf(
  {file, of, runs}: Excerpt,
  className: 'runs' | 'calls',
  letters: readonly string[],
): Promise<Node[]> {
  const lines = await load(file);
  const range = rangeOf(lines, of);
  if (!range) throw new Error(`${file}: no function ${of}`);
  const marked = placesOf(lines, range, runs).map(place => ({...place, className}));
  return [fileLink(file, of), listing(lines, range, marked, letters)];
}

export const fileLink = (file: string, of = ''): HTMLElement => {
  const link = create('a', {href: addressOf(file), target: '_blank'}, file);
  return create('p', {className: 'file'}, link, ` ${of}`);
};

export function listing(
  lines: readonly string[],
  {first, end}: Range,
  marked: (Range & {className: string})[],
  letters: readonly string[],
): HTMLElement {
  const rows = tokensOf(lines.slice(first, end).join('\n')).map((tokens, i) => {
    const at = first + i;
    const mark = marked.find(range => at >= range.first && at < range.end);
    const row = create('span', {className: `line ${mark?.className ?? ''}`});
    row.dataset.line = String(at + 1);
    if (mark?.className === 'runs') row.setAttribute('aria-current', 'true');
    row.append(...spansOf(withFormula(tokens), letters), '\n');
    return row;
  });
  return create('pre', {}, create('code', {}, ...rows));
}

/** A line that is nothing but a comment may be a formula: it stands in the colour of text, behind its slashes. */
function withFormula(tokens: Token[]): Token[] {
  const [token] = tokens;
  if (tokens.length !== 1 || token.type !== 'comment' || !token.text.startsWith('//'))
    return tokens;
  return [
    {type: 'comment', text: '//'},
    {type: 'text', text: token.text.slice(2)},
  ];
}

function spansOf(tokens: Token[], letters: readonly string[]): (Node | string)[] {
  return tokens.flatMap(({type, text}) => {
    const pieces: (Node | string)[] = [];
    for (const piece of identifiersOf(text)) {
      if (letters.includes(piece)) {
        const letter = create('span', {className: 'letter'}, piece);
        letter.dataset.letter = piece;
        pieces.push(letter);
      } else if (typeof pieces.at(-1) === 'string') {
        pieces.push(pieces.pop() + piece);
      } else {
        pieces.push(piece);
      }
    }
    if (!coloured.includes(type)) return pieces;
    return [create('span', {className: type}, ...pieces)];
  });
}
