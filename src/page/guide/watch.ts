// Watches what a reader does at a stop: what the questions ask about, gathered from the page.
import {type Cell, sameCell} from '../inside/cells.ts';
import type {Inside} from '../inside/inside.ts';
import type {Seen} from './questions.ts';

export class Watch {
  /** What the page showed when the stop was opened, as soon as its numbers were there. */
  before?: Seen;
  private cells: Cell[] = [];
  private cell?: Cell;
  private labels = 0;
  private label?: number;
  private image?: Uint8Array;
  private isOwnLabel = false;

  constructor(private readonly inside: Inside) {}

  /** A stop is opened. */
  begin(): void {
    this.before = undefined;
    this.cells = [];
    this.labels = 0;
    this.cell = this.inside.cell;
    this.label = this.inside.label;
  }

  /** Undefined until the numbers are those of the image and the label. */
  see(typed: string): Seen | undefined {
    const {inside} = this;
    const {app, look, cell, image, label, testIndex} = inside;
    if (!sameCell(cell, this.cell) && cell) this.cells.push(cell);
    this.cell = cell;
    if (label !== this.label) this.labels++;
    if (image !== this.image) this.isOwnLabel = false;
    else if (label !== this.label) this.isOwnLabel = true;
    this.label = label;
    this.image = image;
    if (!look || look.label !== label || !look.image.every((ink, i) => ink === image[i])) return;
    const {preset, values, gradients} = look;
    const {labels, isOwnLabel} = this;
    const {batch, isBusy, settings} = app;
    const seen: Seen = {
      ...{preset, values, gradients, label, labels, isOwnLabel, testIndex, batch, isBusy, typed},
      cells: [...this.cells],
      learningRate: settings.learningRate,
    };
    this.before ??= seen;
    return seen;
  }
}
