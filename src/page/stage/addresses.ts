// How the axes of a station or a weight become a picture: rows and columns of maps, one map a channel.
import type {Preset} from '../../presets.ts';
import {shapesOf} from '../inside/cells.ts';

/** A cell's place in its picture. */
export interface Place {
  channel: number;
  row: number;
  column: number;
}

export interface Addresses {
  channels: number;
  rows: number;
  columns: number;
  /** A filter has a slice for each input channel, dense's weights have one for each class. */
  slices: number;
  /** The cell's coordinates. */
  at(place: Place, slice: number): number[];
  place(at: readonly number[]): Place & {slice: number};
  /** The cell's index in its flat array. */
  index(channel: number, row: number, column: number, slice: number): number;
}

export function addressesOf(preset: Preset, of: string): Addresses {
  const shapes = shapesOf(preset);
  const shape = shapes[of];
  if (of === 'dense.weights') return ofDenseWeights(shapes.relu2, shape[1]);
  if (shape.length === 4) return ofFilter(shape);
  if (shape.length === 3) return ofMaps(shape);
  return of.endsWith('.bias') ? ofStrip(shape[0]) : ofBars(shape);
}

/** [row, column, channel] */
function ofMaps([rows, columns, channels]: readonly number[]): Addresses {
  return {
    ...{channels, rows, columns, slices: 1},
    at: ({channel, row, column}) => [row, column, channel],
    place: ([row, column, channel]) => ({channel, row, column, slice: 0}),
    index: (channel, row, column) => (row * columns + column) * channels + channel,
  };
}

/** [wR, wC, d1, d2]: a map for each output channel d2, of the slice d1. */
function ofFilter([rows, columns, slices, channels]: readonly number[]): Addresses {
  return {
    ...{channels, rows, columns, slices},
    at: ({channel, row, column}, slice) => [row, column, slice, channel],
    place: ([row, column, slice, channel]) => ({channel, row, column, slice}),
    index: (channel, row, column, slice) =>
      ((row * columns + column) * slices + slice) * channels + channel,
  };
}

/** [i, o]: i counts the elements of the last maps, so that each class o has a weight for each of their cells. */
function ofDenseWeights([rows, columns, channels]: readonly number[], slices: number): Addresses {
  const inputOf = (channel: number, row: number, column: number) =>
    (row * columns + column) * channels + channel;
  return {
    ...{channels, rows, columns, slices},
    at: ({channel, row, column}, slice) => [inputOf(channel, row, column), slice],
    place: ([i, slice]) => {
      const pixel = Math.floor(i / channels);
      return {
        channel: i % channels,
        row: Math.floor(pixel / columns),
        column: pixel % columns,
        slice,
      };
    },
    index: (channel, row, column, slice) => inputOf(channel, row, column) * slices + slice,
  };
}

/** [d2], or [o]: a row of cells. */
const ofStrip = (columns: number): Addresses => ({
  ...{channels: 1, rows: 1, columns, slices: 1},
  at: ({column}) => [column],
  place: ([column]) => ({channel: 0, row: 0, column, slice: 0}),
  index: (_channel, _row, column) => column,
});

/** A row for each class, or one for the loss, which has no axis. */
const ofBars = ([rows]: readonly number[]): Addresses => ({
  ...{channels: 1, rows: rows ?? 1, columns: 1, slices: 1},
  at: ({row}) => (rows === undefined ? [] : [row]),
  place: ([row = 0]) => ({channel: 0, row, column: 0, slice: 0}),
  index: (_channel, row) => row,
});
