// The report's HTML elements.
import type {Table} from './columns.ts';
import {colorOf, symbolsOf} from './plots.ts';
import {isOurs, type Name} from './results.ts';
import type {Facts} from './terminal.ts';

/** An element; strings become text, never markup. */
export function element<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Record<string, string>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[T] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A word of a legend, with its colour and symbol. */
export const legendElement = (text: string, color: string, symbol: string): HTMLElement =>
  element('span', {class: 'name', style: `--color: ${color}`, 'data-symbol': symbol}, text);

export const nameElement = (name: Name): HTMLElement =>
  legendElement(name, colorOf(name), symbolsOf(name)[isOurs(name) ? 1 : 2]);

/** A table in a box that scrolls sideways if the table is too wide. */
export function tableElement({caption, columns, lines}: Table): HTMLElement {
  const sides = columns.map(({words}) => (words ? 'words' : 'number'));
  const headings = columns.map(({heading, means = ''}, i) =>
    element('th', {scope: 'col', class: sides[i], title: means}, heading),
  );
  const rows = lines.map(([first, ...rest]) => {
    const heading = element('th', {scope: 'row', class: 'words'}, first);
    const cells = rest.map((cell, i) => element('td', {class: sides[i + 1]}, cell));
    return element('tr', {}, heading, ...cells);
  });
  const head = element('thead', {}, element('tr', {}, ...headings));
  const body = element('tbody', {}, ...rows);
  const table = element('table', {}, element('caption', {}, caption), head, body);
  const region = {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption};
  return element('div', region, table);
}

export const listElement = (lines: readonly string[]): HTMLElement =>
  element('ul', {}, ...lines.map(line => element('li', {}, line)));

export const factsElement = (facts: Facts, attributes = {}): HTMLElement =>
  element(
    'dl',
    attributes,
    ...facts.flatMap(([term, text]) => [element('dt', {}, term), element('dd', {}, text)]),
  );
