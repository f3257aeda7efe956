// Keys and the pointer among the terms of a cell: to the next term, into it, and back.
import type {Cell} from '../inside/cells.ts';
import type {Inside} from '../inside/inside.ts';
import type {Drawing} from './drawing.ts';
import type {Trail} from './trail.ts';
import {cellName} from './words.ts';

export class Walk {
  /** What the visitor walks through. */
  drawing?: Drawing;
  private term?: number;

  constructor(
    private readonly inside: Inside,
    private readonly trail: Trail,
    section: HTMLElement,
    body: HTMLElement,
  ) {
    section.addEventListener('click', event => this.click(event));
    section.addEventListener('keydown', event => this.press(event));
    section.addEventListener('focusin', ({target}) => {
      this.name(target as HTMLElement);
      this.point(target);
    });
    section.addEventListener('focusout', ({target}) => {
      if (this.isTerm(target as HTMLElement)) (target as HTMLElement).removeAttribute('aria-label');
    });
    section.addEventListener('pointerover', ({target}) => this.point(target));
    body.addEventListener('pointerleave', () => this.point(document.activeElement));
  }

  private click(event: MouseEvent): void {
    const target = (event.target as Element).closest<HTMLElement>('[role=button]');
    if (!target || !this.drawing) return;
    const isProduct = target.matches('data.term') && this.cellsOf(target).length > 1;
    if (isProduct) target.focus();
    else this.enter(target, false);
  }

  private press(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const {key, shiftKey} = event;
    if (key === 'Escape') this.trail.goBack();
    else if (key === 'Enter' || key === ' ') {
      if (!this.drawing?.cellOf.has(target)) return;
      this.enter(target, shiftKey);
    } else if (!this.walk(target, key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private cellsOf(target: Element): Cell[] {
    const term = this.drawing?.termOf.get(target)?.();
    return term === undefined ? [] : this.drawing!.parts[term].cells;
  }

  private enter(target: Element, second: boolean): void {
    const cell = second ? this.cellsOf(target)[1] : this.drawing?.cellOf.get(target)?.();
    if (cell) this.trail.go(cell);
  }

  /** @returns true if the key moves to another term */
  private walk(target: HTMLElement, key: string): boolean {
    const rows = this.drawing?.rows ?? [];
    const row = rows.findIndex(each => each.includes(target));
    if (row < 0) return false;
    const column = rows[row].indexOf(target);
    const flat = rows.flat().filter(each => each !== undefined);
    const at = flat.indexOf(target);
    const rowFrom = (row: number, step: number): HTMLElement | undefined => {
      for (let next = row + step; next >= 0 && next < rows.length; next += step) {
        const found = rows[next][Math.min(column, rows[next].length - 1)];
        if (found) return found;
      }
    };
    const moves: Record<string, () => HTMLElement | undefined> = {
      ArrowLeft: () => flat[at - 1],
      ArrowRight: () => flat[at + 1],
      ArrowUp: () => rowFrom(row, -1),
      ArrowDown: () => rowFrom(row, 1),
      Home: () => flat[0],
      End: () => flat.at(-1),
    };
    if (!(key in moves)) return false;
    moves[key]()?.focus();
    return true;
  }

  private isTerm(target: HTMLElement): boolean {
    return this.drawing?.rows.some(row => row.includes(target)) ?? false;
  }

  /** Says in a term's name what it is made of: the name is read when the focus comes. */
  name(target: HTMLElement): void {
    if (!this.isTerm(target)) return;
    const cells = this.cellsOf(target).map(cellName);
    const number = target.matches('data') ? target : target.querySelector('data')!;
    target.setAttribute(
      'aria-label',
      `${cells.join(' × ')}${cells.length > 1 ? ' =' : ''} ${number.textContent}`,
    );
  }

  /** Marks the term of an element, here and on the stage. */
  private point(target: EventTarget | null): void {
    const element = target instanceof Element ? target.closest('[role=button]') : null;
    const term = element ? this.drawing?.termOf.get(element)?.() : undefined;
    if (term === undefined && this.inside.term === undefined) return;
    const isKept = element && this.drawing?.cellOf.has(element); // the names of the term that is marked
    if (term !== this.inside.term && !(term === undefined && isKept)) this.inside.set({term});
  }

  /** The element of the term that the visitor is at, or else of the largest. */
  get element(): HTMLElement | undefined {
    const {drawing} = this;
    const all = drawing?.rows.flat().filter(each => each !== undefined) ?? [];
    return all.find(each => drawing!.termOf.get(each)!() === drawing!.term) ?? all[0];
  }

  /** Numbers that depend on the term follow it. */
  follow(): void {
    if (this.inside.term !== this.term) this.drawing?.writeTerm();
  }

  /** Frames the elements of the term that the visitor is at, and lets Tab reach it. */
  mark(): void {
    const {drawing, inside} = this;
    if (!drawing) return;
    this.term = inside.term;
    for (const [each, term] of drawing.termOf) {
      each.classList.toggle('here', term() === inside.term);
    }
    const reached = this.element;
    for (const each of drawing.rows.flat()) {
      const tabIndex = each === reached ? 0 : -1;
      if (each && each.tabIndex !== tabIndex) each.tabIndex = tabIndex;
    }
  }
}
