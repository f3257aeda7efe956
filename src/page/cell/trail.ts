// The way from cell to cell: into a term, and back to where the visitor came from.
import {type Cell, parseCell, sameCell} from '../inside/cells.ts';
import type {Inside} from '../inside/inside.ts';

export class Trail {
  /** The next cell's term takes the focus. */
  takesFocus = false;
  /** The cells that the visitor came from, and the term through which. */
  private visited: Pick<Inside, 'cell' | 'term'>[] = [];
  /** The cell that this panel has selected itself, or that it last saw. */
  private at?: Cell;
  /** What had the focus when the panel opened. */
  private opener?: Element | null;

  constructor(
    private readonly inside: Inside,
    private readonly section: HTMLElement,
  ) {}

  /** Where the way back leads; undefined if it leads out of the panel. */
  get last(): Cell | undefined {
    return this.visited.at(-1)?.cell;
  }

  /** A cell that was selected elsewhere begins a new way. */
  see(): void {
    const {cell} = this.inside;
    if (sameCell(cell, this.at)) return;
    if (!this.at) this.opener = document.activeElement;
    this.visited = [];
    this.at = cell;
  }

  go(cell: Cell): void {
    const {inside} = this;
    if (!parseCell(inside.look!.preset, `${cell.of}[${cell.at}]`)) return;
    this.visited.push({cell: inside.cell, term: inside.term});
    this.move(cell);
  }

  goBack(): void {
    const last = this.visited.pop();
    if (last?.cell) this.move(last.cell, last.term);
    else this.close();
  }

  close(): void {
    const hadFocus = this.hasFocus;
    this.inside.select(undefined);
    if (hadFocus && this.opener instanceof HTMLElement) this.opener.focus();
  }

  private move(cell: Cell, term?: number): void {
    this.at = cell;
    this.takesFocus = this.hasFocus;
    this.inside.select(cell);
    this.inside.set({term});
  }

  private get hasFocus(): boolean {
    return this.section.contains(document.activeElement);
  }
}
