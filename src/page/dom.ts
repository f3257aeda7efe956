// Finds, makes and changes elements of the page.
import type {App} from './app.ts';
import type {TextKey} from './texts.ts';

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html: expected an element #${id}, found none`);
  return found as T;
}

export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
}

/** Says in place of what could not be loaded that it could not; changes with the language, as the texts of index.html do. */
export function sayFailed(place: HTMLElement, app: App, key: TextKey): void {
  const sentence = create('p', {className: 'bad', role: 'status'}, app.say(key));
  sentence.dataset.text = key;
  place.replaceChildren(sentence);
}

export const heading = (scope: 'row' | 'col', text: string): HTMLElement =>
  create('th', {scope, textContent: text});

/** Replaces a table's content. */
export function fillTable(table: HTMLElement, head: Node[], rows: Node[][]): void {
  const heads = create('thead', {}, create('tr', {}, ...head));
  const body = rows.map(cells => create('tr', {}, ...cells));
  table.replaceChildren(heads, create('tbody', {}, ...body));
}

/** Sets aria-disabled, because `disabled` takes the focus from a button that was just pressed. */
export function setEnabled(button: HTMLElement, enabled: boolean): void {
  button.setAttribute('aria-disabled', String(!enabled));
}
