// An explanation that is drawn: its elements stay, and `write` gives them the numbers of a newer one of the same cell.
import {create, setText} from '../dom.ts';
import {type Cell, cellText} from '../inside/cells.ts';
import type {Explanation, Operand, Reason} from '../inside/explanation.ts';
import type {Inside} from '../inside/inside.ts';
import {largestOf, type Part, partsOf} from '../inside/terms.ts';
import {type TextKey, texts} from '../texts.ts';
import {numberElement, setNumber} from './number.ts';

export type ReasonOf<K extends Reason['kind']> = Extract<Reason, {kind: K}>;

/** How a number came about, in elements. */
export interface Drawn {
  /** In one line, with the numbers in it. */
  arithmetic: Node[];
  /** Terms that may be many. */
  details: Node[];
}

type Write = () => void;

/** Milliseconds of a frame that go into drawing. Its layout takes about as long again. */
const FRAME_SHARE = 5;

export class Drawing {
  parts: Part[] = [];
  /** Rows of the terms' elements, through which the arrow keys walk. A grid may have gaps. */
  readonly rows: (HTMLElement | undefined)[][] = [];
  /** The index of the term that an element stands for, or belongs to. */
  readonly termOf = new Map<Element, () => number>();
  /** The cell that a click on an element leads to. */
  readonly cellOf = new Map<Element, () => Cell | undefined>();
  private readonly writes: Write[] = [];
  /** Those that depend on the term that the visitor is at. */
  private readonly ofTerm: Write[] = [];
  /** What is drawn in later frames, and where. */
  private readonly awaited: {into: HTMLElement; draw: () => Node}[] = [];
  /** Where the next writes belong. */
  private lists = [this.writes];

  /** @param shown the most terms of a list */
  constructor(
    readonly inside: Inside,
    public explanation: Explanation,
    readonly shown: number,
  ) {
    this.live(() => {
      this.parts = partsOf(this.explanation.reason);
    });
  }

  get preset() {
    return this.inside.look!.preset;
  }

  reason<K extends Reason['kind']>(_kind: K): ReasonOf<K> {
    return this.explanation.reason as ReasonOf<K>;
  }

  /** The term that the visitor is at, or else the largest: maxPool's winner. */
  get term(): number {
    const {term} = this.inside;
    const {reason} = this.explanation;
    if (term !== undefined && term < this.parts.length) return term;
    return reason.kind === 'largest' ? reason.winner : largestOf(this.parts);
  }

  /** Runs now and at each later writing. */
  live(write: Write): void {
    for (const list of this.lists) list.push(write);
    write();
  }

  write(explanation: Explanation): void {
    this.explanation = explanation;
    for (const write of this.writes) write();
  }

  /** What this draws follows the term that the visitor is at. */
  followTerm<T>(draw: () => T): T {
    return this.collect([...this.lists, this.ofTerm], draw);
  }

  writeTerm(): void {
    for (const write of this.ofTerm) write();
  }

  /** What this draws is left as it is while it is out of sight and the network trains. */
  part(draw: () => HTMLElement): HTMLElement {
    const writes: Write[] = [];
    let isInSight = true;
    let isStale = false;
    const run = () => {
      isStale = false;
      for (const write of writes) write();
    };
    const target = this.collect([writes], draw);
    target.classList.add('part');
    new IntersectionObserver(entries => {
      isInSight = entries.at(-1)!.isIntersecting;
      if (isInSight && isStale) run();
    }).observe(target);
    for (const list of this.lists) {
      list.push(() => {
        isStale = !isInSight && this.inside.app.isBusy;
        if (!isStale) run();
      });
    }
    return target;
  }

  /** A box that these parts fill, one after the other: as many in a frame as leave the page time to answer. */
  later(draws: (() => Node)[]): HTMLElement {
    const into = create('div', {className: 'later'});
    this.awaited.push(...draws.map(draw => ({into, draw})));
    return into;
  }

  get isUnfinished(): boolean {
    return this.awaited.length > 0;
  }

  /** Draws the next parts. */
  drawMore(): void {
    const end = performance.now() + FRAME_SHARE;
    do {
      const {into, draw} = this.awaited.shift()!;
      into.append(draw());
    } while (this.isUnfinished && performance.now() < end);
  }

  private collect<T>(lists: Write[][], draw: () => T): T {
    const before = this.lists;
    this.lists = lists;
    const drawn = draw();
    this.lists = before;
    return drawn;
  }

  number(read: () => number | undefined, digits?: number): HTMLDataElement {
    const target = numberElement();
    this.live(() => setNumber(target, read(), digits));
    return target;
  }

  /** A number that the tests find by its name. */
  named(name: string, read: () => number | undefined, digits?: number): HTMLDataElement {
    const target = this.number(read, digits);
    target.dataset.number = name;
    return target;
  }

  /** A number of a grid, on a ground that tells its sign and its size. */
  tile(read: () => number, largest: () => number, digits = 2): HTMLDataElement {
    const target = this.number(read, digits);
    let now = '';
    this.live(() => {
      const ground = groundOf(read() / largest());
      if (ground !== now) target.style.background = now = ground;
    });
    return target;
  }

  text(textOf: () => string): HTMLElement {
    const target = create('span');
    this.live(() => setText(target, textOf()));
    return target;
  }

  say(key: TextKey, values: Record<string, Node | string> = {}): HTMLElement {
    return phrase(texts[this.inside.app.language][key], values);
  }

  /** Makes a button of an element, which leads to a cell. */
  link<E extends HTMLElement>(target: E, cellOf: () => Cell | undefined, term?: () => number): E {
    target.setAttribute('role', 'button');
    target.tabIndex = -1;
    this.cellOf.set(target, cellOf);
    if (term) this.termOf.set(target, term);
    return target;
  }

  /** Makes a term's element of this one: arrow keys reach it, and Enter leads to its first cell. */
  asTerm<E extends HTMLElement>(target: E, term: () => number): E {
    target.classList.add('term');
    this.live(() => {
      if (target.dataset.term !== String(term())) target.dataset.term = String(term());
    });
    return this.link(target, () => this.parts[term()]?.cells[0], term);
  }

  /** A cell's name and number, which lead to it. */
  operand(of: () => Operand | undefined, term?: () => number): HTMLElement {
    const name = create('code');
    const target = create('span', {className: 'operand'}, name, ' ');
    target.append(this.number(() => of()?.value));
    this.live(() => {
      const operand = of();
      target.hidden = operand === undefined;
      if (operand) setText(name, cellText(operand.cell));
    });
    return this.link(target, () => of()?.cell, term);
  }

  /** A cell's name, which leads to it. */
  place(of: () => Cell): HTMLElement {
    const target = create('code', {className: 'operand'});
    this.live(() => setText(target, cellText(of())));
    return this.link(target, of);
  }
}

/** A text with elements in the places of its values. */
export function phrase(text: string, values: Record<string, Node | string>): HTMLElement {
  const parts = text.split(/\{(\w+)\}/).map((part, i) => (i % 2 ? values[part] : part));
  return create('span', {}, ...parts);
}

/** Shades from nothing to strong, for the positive and the negative numbers. They leave the text its contrast. */
const SHADES = 8;
const STRONGEST = 32;
function groundOf(share: number): string {
  const shade = Math.round(Math.min(1, Math.abs(share)) * SHADES);
  if (!shade) return '';
  const colour = share > 0 ? 'var(--above)' : 'var(--below)';
  return `color-mix(in srgb, ${colour} ${(STRONGEST * shade) / SHADES}%, transparent)`;
}
