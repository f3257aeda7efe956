// Finds functions and lines in the text of a source file.

/** Some lines of a file. */
export interface Excerpt {
  file: string;
  /** The name of a function at the top level of the file, or of a method; none for the comment at the file's head. */
  of?: string;
  /** The line that computes the number, without its indentation; or some lines that follow each other. */
  runs: string;
}

/** Lines `first` up to, not including, `end`, counted from 0. */
export interface Range {
  first: number;
  end: number;
}

export const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n');

/** The lines of a function with the comment above it, or of the comment at the file's head; undefined if there is none. */
export function rangeOf(lines: string[], name?: string): Range | undefined {
  if (name === undefined) {
    const end = lines.findIndex(line => !line.startsWith('//'));
    return end > 0 ? {first: 0, end} : undefined;
  }
  const begins = new RegExp(`^(export )?(async )?function\\*? ${name}\\b|^ +${name}\\(.*\\) {$`);
  const at = lines.findIndex(line => begins.test(line));
  const [indent] = /^ */.exec(lines[at] ?? '')!;
  const end = lines.findIndex((line, i) => i > at && line.startsWith(`${indent}}`));
  if (at < 0 || end < 0) return undefined;
  let first = at;
  while (first > 0 && /^(\/\/|\/\*\*| \*|@)/.test(lines[first - 1])) first--;
  return {first, end: end + 1};
}

/** The places in the range where these lines stand. */
export function placesOf(lines: string[], {first, end}: Range, runs: string): Range[] {
  const wanted = runs.split('\n');
  const places: Range[] = [];
  for (let at = first; at + wanted.length <= end; at++) {
    if (wanted.every((line, i) => lines[at + i].trim() === line)) {
      places.push({first: at, end: at + wanted.length});
    }
  }
  return places;
}
