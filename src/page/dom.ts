// Finds, makes and changes elements of the page.

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
