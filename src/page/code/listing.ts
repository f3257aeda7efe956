// Lines of code with their numbers, colours and marks.
import {create} from '../dom.ts';
import {type Excerpt, linesOf, placesOf, type Range, rangeOf} from './excerpts.ts';
import {identifiersOf, type Token, tokensOf} from './tokens.ts';

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
