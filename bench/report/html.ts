// The elements that the report is made of.
import type {Table} from './columns.ts';
import {backendOf, isOurs, type Name} from './results.ts';
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

/** With its colour and symbol. */
export const nameOf = (name: Name): HTMLElement =>
  element(
    'span',
    {class: `name ${isOurs(name) ? 'ours' : name.split(' ')[0]} ${backendOf(name)}`},
    name,
  );

/** It scrolls sideways by itself where it is too wide. */
export function tableElement({caption, columns, lines}: Table): HTMLElement {
  const sides = columns.map(({words}) => (words ? 'words' : 'number'));
  const headings = columns.map(({heading, means = ''}, i) =>
    element('th', {scope: 'col', class: sides[i], title: means}, heading),
  );
  const rows = lines.map(([first, ...cells]) =>
    element(
      'tr',
      {},
      element('th', {scope: 'row', class: 'words'}, first),
      ...cells.map((cell, i) => element('td', {class: sides[i + 1]}, cell)),
    ),
  );
  return element(
    'div',
    {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    element(
      'table',
      {},
      element('caption', {}, caption),
      element('thead', {}, element('tr', {}, ...headings)),
      element('tbody', {}, ...rows),
    ),
  );
}

export const listElement = (lines: readonly string[]): HTMLElement =>
  element('ul', {}, ...lines.map(line => element('li', {}, line)));

export const factsElement = (facts: Facts, attributes = {}): HTMLElement =>
  element(
    'dl',
    attributes,
    ...facts.flatMap(([term, text]) => [element('dt', {}, term), element('dd', {}, text)]),
  );
