// Maps as pictures: which cell lies where, and in which colour.
import {create} from '../dom.ts';
import type {Cell} from '../inside/cells.ts';
import type {Addresses, Place} from './addresses.ts';

/** Maps side by side, `across` in a row, each of rows and columns of cells, with a gap around each map. Sizes are in pixels. */
export interface Grid {
  rows: number;
  columns: number;
  channels: number;
  across: number;
  cellWidth: number;
  cellHeight: number;
  gap: number;
}

const mapWidth = ({columns, cellWidth, gap}: Grid) => columns * cellWidth + gap;
const mapHeight = ({rows, cellHeight, gap}: Grid) => rows * cellHeight + gap;
export const widthOf = (grid: Grid): number => grid.across * mapWidth(grid) + grid.gap;
export const heightOf = (grid: Grid): number =>
  Math.ceil(grid.channels / grid.across) * mapHeight(grid) + grid.gap;

export function cornerOf(grid: Grid, {channel, row, column}: Place): [x: number, y: number] {
  const [right, down] = [channel % grid.across, Math.floor(channel / grid.across)];
  return [
    grid.gap + right * mapWidth(grid) + column * grid.cellWidth,
    grid.gap + down * mapHeight(grid) + row * grid.cellHeight,
  ];
}

/** The cell at a point; in a gap, the one before it. */
export function placeAt(grid: Grid, x: number, y: number): Place {
  const within = (at: number, size: number) => Math.max(0, Math.min(size - 1, Math.floor(at)));
  const right = within((x - grid.gap) / mapWidth(grid), grid.across);
  const down = within((y - grid.gap) / mapHeight(grid), Math.ceil(grid.channels / grid.across));
  const channel = Math.min(grid.channels - 1, down * grid.across + right);
  const [left, top] = cornerOf(grid, {channel, row: 0, column: 0});
  const row = within((y - top) / grid.cellHeight, grid.rows);
  return {channel, row, column: within((x - left) / grid.cellWidth, grid.columns)};
}

/** Cells on the page: of a station, of a weight, or of the gradient of one. */
export class View {
  readonly box = create('div', {className: 'view'});
  /** Lies over the cells. */
  readonly marks = create('canvas', {className: 'marks'});
  /** Of numbers with more axes than a picture: which slice is shown. */
  slice = 0;

  constructor(
    readonly of: string,
    readonly isGradient: boolean,
    readonly addresses: Addresses,
    public grid: Grid,
    picture: HTMLElement,
  ) {
    this.box.dataset.of = `${isGradient ? 'd' : ''}${of}`;
    this.marks.setAttribute('aria-hidden', 'true');
    this.box.append(picture, this.marks);
  }

  cellOf(place: Place): Cell {
    const {of, isGradient, addresses, slice} = this;
    return {of, at: addresses.at(place, slice), isGradient};
  }

  /** Where the cell is drawn; undefined if this view doesn't show it. */
  placeOf({of, at, isGradient}: Cell): Place | undefined {
    if (of !== this.of || isGradient !== this.isGradient) return undefined;
    const {slice, ...place} = this.addresses.place(at);
    return slice === this.slice ? place : undefined;
  }

  /** The cell at a point of the window. */
  cellAt({clientX, clientY}: {clientX: number; clientY: number}): Cell {
    const {left, top, width, height} = this.box.getBoundingClientRect();
    const x = ((clientX - left) / width) * widthOf(this.grid);
    const y = ((clientY - top) / height) * heightOf(this.grid);
    return this.cellOf(placeAt(this.grid, x, y));
  }
}

/** Maps on a canvas. */
export class Picture extends View {
  private image?: ImageData;
  private readonly small: Grid;

  constructor(of: string, isGradient: boolean, addresses: Addresses, grid: Grid) {
    const canvas = create('canvas');
    super(of, isGradient, addresses, grid, canvas);
    this.small = grid;
    this.canvas = canvas;
  }
  readonly canvas: HTMLCanvasElement;

  /** Makes each cell whole pixels of the screen. @param ratio pixels of the screen to a pixel of the window */
  resize(scale: number, ratio: number): void {
    const {canvas, small} = this;
    const times = (size: number) => Math.max(1, Math.round(size * scale * ratio));
    const [cellWidth, cellHeight] = [times(small.cellWidth), times(small.cellHeight)];
    this.grid = {...small, cellWidth, cellHeight, gap: times(small.gap)};
    canvas.width = widthOf(this.grid);
    canvas.height = heightOf(this.grid);
    canvas.style.width = `${canvas.width / ratio}px`;
    canvas.style.height = `${canvas.height / ratio}px`;
    this.image = new ImageData(canvas.width, canvas.height);
  }

  /** @param numbers of all slices @param most the largest absolute value, which gets the scale's end */
  draw(numbers: Float32Array, scale: Uint32Array, most: number): void {
    const {grid, addresses, slice, image, canvas} = this;
    if (!image) return;
    const pixels = new Uint32Array(image.data.buffer);
    const {width} = canvas;
    for (let channel = 0; channel < grid.channels; channel++) {
      for (let row = 0; row < grid.rows; row++) {
        for (let column = 0; column < grid.columns; column++) {
          const value = numbers[addresses.index(channel, row, column, slice)];
          const colour = colourOf(scale, value, most);
          const [x, y] = cornerOf(grid, {channel, row, column});
          for (let line = y; line < y + grid.cellHeight; line++) {
            pixels.fill(colour, line * width + x, line * width + x + grid.cellWidth);
          }
        }
      }
    }
    canvas.getContext('2d')!.putImageData(image, 0, 0);
  }
}

/** Colours on each side of a scale's middle. */
const HALF = 255;

/** Transparent for a value that is not finite. */
export const colourOf = (scale: Uint32Array, value: number, most: number): number =>
  scale[HALF + Math.round((HALF * value) / (most || 1))] ?? 0;

type Colour = [red: number, green: number, blue: number];
/** The colours of the least, of 0 and of the largest. */
const ends: Record<'value' | 'gradient', Record<'light' | 'dark', [Colour, Colour, Colour]>> = {
  // purple and green
  value: {
    light: [[118, 42, 131], [250, 250, 250], [15, 100, 45]], // biome-ignore format: a row each
    dark: [
      [206, 147, 232],
      [16, 20, 24],
      [120, 225, 140],
    ],
  },
  // blue and orange
  gradient: {
    light: [
      [8, 81, 170],
      [250, 250, 250],
      [200, 80, 0],
    ],
    dark: [
      [110, 175, 255],
      [16, 20, 24],
      [255, 165, 70],
    ],
  },
};

/** 511 colours as ImageData holds them, from the least over 0 to the largest. */
export function scaleOf(name: 'value' | 'gradient', theme: 'light' | 'dark'): Uint32Array {
  const [least, middle, largest] = ends[name][theme];
  const bytes = new Uint8ClampedArray(4 * (2 * HALF + 1)).fill(255);
  for (let i = -HALF; i <= HALF; i++) {
    const end = i < 0 ? least : largest;
    const part = Math.abs(i) / HALF;
    const colour = middle.map((from, j) => from + part * (end[j] - from));
    bytes.set(colour, 4 * (i + HALF));
  }
  return new Uint32Array(bytes.buffer);
}

/** The least and the largest number; NaN if one is not finite. */
export function rangeOf(numbers: Float32Array): [least: number, largest: number] {
  let [least, largest] = [Infinity, -Infinity];
  for (const value of numbers) {
    if (!Number.isFinite(value)) return [NaN, NaN];
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  return [least, largest];
}
