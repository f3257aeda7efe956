// Where a key leads from a cell: within its map, to another channel or slice, or to the picture above, below or beside it.
import type {Cell} from '../inside/cells.ts';
import type {Place} from './addresses.ts';
import type {View} from './maps.ts';

const steps: Record<string, [rows: number, columns: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};
const pages: Record<string, number> = {PageUp: -1, PageDown: 1};

/** @param views of one station, in their order on the page @returns undefined if the key leads nowhere */
export function walk(views: View[], from: Cell, event: KeyboardEvent): Cell | undefined {
  const view = views.find(each => each.of === from.of && each.isGradient === from.isGradient);
  if (!view || event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const {channels, slices} = view.addresses;
  const {slice, ...place} = view.addresses.place(from.at);
  const cellOf = (of: View, to: Place, ofSlice = of.slice): Cell => {
    return {of: of.of, at: of.addresses.at(to, ofSlice), isGradient: of.isGradient};
  };
  const within = (at: number, size: number) => Math.max(0, Math.min(size - 1, at));
  const page = pages[event.key];
  if (page) {
    return cellOf(view, {...place, channel: within(place.channel + page, channels)}, slice);
  }
  const step = steps[event.key];
  if (!step) return undefined;
  const [rows, columns] = step;
  if (event.shiftKey) {
    const channel = within(place.channel + columns, channels);
    return cellOf(view, {...place, channel}, within(slice + rows, slices));
  }
  const [row, column] = [place.row + rows, place.column + columns];
  if (row >= 0 && row < view.addresses.rows && column >= 0 && column < view.addresses.columns) {
    return cellOf(view, {...place, row, column}, slice);
  }
  const to = rows ? beside(views, view, rows) : across(views, view, columns);
  if (!to) return cellOf(view, place, slice);
  const entered = enter(to, view, place, rows, columns);
  return to.of === view.of ? cellOf(to, entered, slice) : cellOf(to, entered);
}

/** The view above or below, on the same side of the station. */
function beside(views: View[], view: View, way: number): View | undefined {
  const side = views.filter(({isGradient}) => isGradient === view.isGradient);
  return side[side.indexOf(view) + way];
}

/** Values and gradients stand side by side. */
function across(views: View[], view: View, way: number): View | undefined {
  if (view.isGradient !== way < 0) return undefined;
  return views.find(({of, isGradient}) => of === view.of && isGradient !== view.isGradient);
}

/** Where one comes into a view from another. A channel stays the same: in a strip of biases it is a column. */
function enter(to: View, from: View, place: Place, rows: number, columns: number): Place {
  const {addresses} = to;
  const isStrip = ({addresses}: View) => addresses.rows === 1 && addresses.columns > 1;
  const channel = isStrip(from) ? place.column : place.channel;
  const last = (size: number, at: number) => Math.max(0, Math.min(size - 1, at));
  if (isStrip(to) && !isStrip(from)) {
    return {channel: 0, row: 0, column: last(addresses.columns, channel)};
  }
  const row = rows ? (rows > 0 ? 0 : addresses.rows - 1) : place.row;
  const column = columns ? (columns > 0 ? 0 : addresses.columns - 1) : place.column;
  return {
    channel: last(addresses.channels, channel),
    row: last(addresses.rows, row),
    column: last(addresses.columns, isStrip(from) && !isStrip(to) ? 0 : column),
  };
}
