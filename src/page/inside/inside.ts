// What the stage shows: one image on its way through the network, and the cell that the visitor looks at. Panels draw it.

import type {Preset} from '../../presets.ts';
import type {App} from '../app.ts';
import {explain} from '../arithmetic/explain.ts';
import type {Look} from '../protocol.ts';
import type {Frame} from '../time/film.ts';
import {type Cell, cellText, parseCell, sameCell} from './cells.ts';
import type {Explanation} from './explanation.ts';

export type Mode = 'values' | 'gradients' | 'both';

/** Where a step in slow motion stands: at a station's op, on the way forward or backward. */
export interface Stop {
  station: string;
  direction: 'forward' | 'backward' | 'update';
}

/** Least milliseconds between two looks while the network trains. */
const INTERVAL = 100;
/** Meanwhile looks take at most one part in this many of the worker's time. */
const SHARE = 10;
/** Most milliseconds between two looks: the first one on WebGL compiles its programs, which takes seconds. */
const LONGEST = 2000;
/** Milliseconds between two searches for dead channels. */
const DEAD_INTERVAL = 1000;

export class Inside {
  /** [784], 0 to 255 */
  image = new Uint8Array(28 * 28);
  label = 0;
  /** The label is the image's: a test digit has one, and for a drawing the visitor has chosen it. */
  isLabelled = true;
  /** Which test image it is; undefined for a drawing. */
  testIndex?: number;
  mode: Mode = 'values';
  /** The newest numbers. Those of slow motion stay until it ends. */
  look?: Look;
  /** The same on other backends, for the cell panel. Emptied when the look changes. */
  elsewhere: Look[] = [];
  dead: Record<string, boolean[]> = {};
  /** The cell that is explained. */
  cell?: Cell;
  /** The cell under the pointer. */
  hovered?: Cell;
  /** The term of the explanation that the visitor is at, an index. */
  term?: number;
  /** The letter of the alphabet that is marked. */
  letter?: string;
  /** The film's frame that is looked at, in place of the run as it is now. */
  film?: Frame;
  /** Where slow motion stands. Meanwhile `look` stays as it is. */
  stop?: Stop;

  private readonly listeners: (() => void)[] = [];
  private isAsking = false;
  private asked: {image?: Uint8Array; label?: number; weights?: string} = {};
  /** When the last look was asked for, and what it took. */
  private last = {asked: 0, ms: 0};
  private timer?: ReturnType<typeof setTimeout>;
  private nextDead = 0;
  private deadOf?: string;
  private scheduled = false;
  private explained?: {look: Look; cell: Cell; explanation: Explanation};

  constructor(readonly app: App) {
    app.onChange(() => {
      void this.refresh();
      void this.findDead();
      this.changed(); // the language, or what a panel shows of the run
    });
  }

  /** Calls the listener in the next frame after each change. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  changed(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener();
    });
  }

  /** Lets this image flow through the network. */
  show(image: Uint8Array, label: number, testIndex?: number): void {
    Object.assign(this, {image, label, testIndex});
    void this.refresh();
    this.changed();
  }

  select(cell: Cell | undefined): void {
    if (sameCell(cell, this.cell)) return;
    this.cell = cell;
    this.term = undefined;
    this.changed();
  }

  hover(cell: Cell | undefined): void {
    if (sameCell(cell, this.hovered)) return;
    this.hovered = cell;
    this.changed();
  }

  /** Changes what is shown. */
  set(change: Partial<Pick<Inside, 'mode' | 'term' | 'letter' | 'film' | 'elsewhere'>>): void {
    Object.assign(this, change);
    void this.refresh();
    this.changed();
  }

  /** Shows a step in slow motion at a stop of its; without a look, ends it. */
  freeze(look?: Look, stop?: Stop): void {
    this.stop = look && stop;
    if (look) this.accept(look);
    else this.asked = {};
    void this.refresh();
    this.changed();
  }

  /** Of the selected cell; undefined without one, and before the first look. */
  get explanation(): Explanation | undefined {
    return this.cell && this.explain(this.cell);
  }

  /** Of any cell; undefined if the network has none there. */
  explain(cell: Cell): Explanation | undefined {
    const {look, explained} = this;
    if (!look || !parseCell(look.preset, `${cell.of}[${cell.at}]`)) return undefined;
    if (explained?.look === look && sameCell(explained.cell, cell)) return explained.explanation;
    const explanation = explain(look, cell);
    this.explained = {look, cell, explanation};
    return explanation;
  }

  /** Asks for one look at a time, and again if the image or the weights have changed by then. */
  private async refresh(): Promise<void> {
    const {app, image, label, asked} = this;
    if (this.isAsking || this.stop || app.phase === 'starting') return;
    const {film} = this;
    const weights = film ? `film ${film.batch}` : app.weightsKey;
    if (asked.image === image && asked.label === label) {
      if (asked.weights === weights) return;
      const {last} = this;
      const interval = app.isBusy
        ? Math.max(INTERVAL, Math.min(SHARE * last.ms, LONGEST))
        : INTERVAL;
      const wait = last.asked + interval - performance.now();
      if (!film && wait > 0) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.refresh(), wait);
        return;
      }
    }
    this.isAsking = true;
    this.asked = {image, label, weights};
    const start = performance.now();
    const look = await app.ask({kind: 'look', image, label, frame: film});
    this.isAsking = false;
    if (this.stop) return;
    if (look) {
      this.last = {asked: start, ms: look.ms};
      this.accept(look);
    }
    void this.refresh();
  }

  private accept(look: Look): void {
    if (look.preset !== this.look?.preset) this.dropForeignCells(look.preset);
    this.look = look;
    this.elsewhere = [];
    this.changed();
  }

  /** The other network may be smaller, and its film another. */
  private dropForeignCells(preset: Preset): void {
    if (preset !== this.app.settings.preset) return; // a run that is about to be replaced, by a link's for one
    const own = (cell?: Cell) => cell && parseCell(preset, cellText(cell));
    if (!own(this.cell)) this.cell = this.term = undefined;
    this.hovered = own(this.hovered);
    this.film = undefined;
  }

  private async findDead(): Promise<void> {
    const {app} = this;
    const weights = app.weightsKey;
    if (app.phase === 'starting' || weights === this.deadOf) return;
    if (performance.now() < this.nextDead) return;
    this.nextDead = performance.now() + DEAD_INTERVAL;
    const dead = await app.ask({kind: 'dead'});
    setTimeout(() => this.findDead(), DEAD_INTERVAL); // the weights may have changed by then
    if (!dead) return;
    this.deadOf = weights;
    this.dead = dead;
    this.changed();
  }
}
