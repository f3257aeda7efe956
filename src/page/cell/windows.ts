// A convolution's sum, forward or back to its input: for each channel the window, the filter and their products, as small grids.
import {create} from '../dom.ts';
import type {Cell} from '../inside/cells.ts';
import type {Explanation, Operand, Term} from '../inside/explanation.ts';
import {type Station, stationsOf} from '../inside/stations.ts';
import type {Drawing, Drawn} from './drawing.ts';

const isFilter = ({cell}: Operand) => cell.of.endsWith('.filter') && !cell.isGradient;

/** True if a filter lies over windows here: each product has an element of it. */
export const isOfWindows = ({cell, reason}: Explanation): boolean =>
  reason.kind === 'sum' &&
  !cell.of.includes('.') &&
  reason.terms.some(({factors}) => factors.some(isFilter));

/** The term that the visitor is at: the names of what it is made of, and its numbers. */
export const drawNow = (
  drawing: Drawing,
  operands: () => (Operand | undefined)[],
  value?: () => number,
): HTMLElement => drawing.followTerm(() => lineOf(drawing, operands, value));

function lineOf(
  drawing: Drawing,
  operands: () => (Operand | undefined)[],
  value?: () => number,
): HTMLElement {
  const first = drawing.operand(() => operands()[0]);
  first.tabIndex = 0;
  const line = create('p', {className: 'now'}, first);
  if (!value) return line;
  const second = drawing.operand(() => operands()[1]);
  second.tabIndex = 0;
  const rest = create('span', {}, ' × ', second, ' = ', drawing.number(value));
  drawing.live(() => {
    rest.hidden = operands()[1] === undefined;
  });
  line.append(rest);
  return line;
}

/** Indices of terms by row and column of the window; undefined in the padding. */
type Taps = (number | undefined)[][];

export function drawWindows(drawing: Drawing): Drawn {
  const terms = () => drawing.reason('sum').terms;
  const {cell} = drawing.explanation;
  const products = terms().filter(({factors}) => factors.length > 1);
  const filterAt = products[0].factors.findIndex(isFilter);
  const xAt = 1 - filterAt;
  const filter = products[0].factors[filterAt].cell.of;
  const station = stationsOf(drawing.preset).find(({name}) => filter.startsWith(`${name}.`))!;
  const {kH, kW} = station.geometry!;

  // Backward, the window's rows and columns are those of dy: the filter lies in it upside down.
  const isForward = !cell.isGradient;
  const channels = new Map<number, Taps>();
  for (const [i, {factors}] of terms().entries()) {
    if (factors.length === 1) continue;
    const [wR, wC, d1, d2] = factors[filterAt].cell.at;
    const channel = isForward ? d1 : d2;
    if (!channels.has(channel)) {
      channels.set(
        channel,
        Array.from({length: kH}, () => Array(kW).fill(undefined)),
      );
    }
    const [row, column] = isForward ? [wR, wC] : [kH - 1 - wR, kW - 1 - wC];
    channels.get(channel)![row][column] = i;
  }

  const largest = {x: 1, filter: 1, product: 1};
  drawing.live(() => {
    const most = {x: 0, filter: 0, product: 0};
    for (const {factors, value} of terms()) {
      if (factors.length === 1) continue;
      most.x = Math.max(most.x, Math.abs(factors[xAt].value));
      most.filter = Math.max(most.filter, Math.abs(factors[filterAt].value));
      most.product = Math.max(most.product, Math.abs(value));
    }
    Object.assign(largest, most);
  });

  const draws: (() => Node)[] = [];
  for (const taps of channels.values()) {
    draws.push(() => drawing.part(() => drawChannel(drawing, taps, {xAt, filterAt, largest})));
  }
  if (isForward) draws.push(() => drawMatrices(drawing, station, xAt, filterAt));
  const now = drawNow(
    drawing,
    () => terms()[drawing.term].factors,
    () => terms()[drawing.term].value,
  );
  return {arithmetic: [drawTotal(drawing)], details: [now, drawing.later(draws)]};
}

interface Layout {
  /** Which of a product's factors is the element of x (backward, of dy), and which that of the filter. */
  xAt: number;
  filterAt: number;
  /** The largest magnitudes of all channels. */
  largest: {x: number; filter: number; product: number};
}

/** The window in one channel × the filter's = their products. */
function drawChannel(drawing: Drawing, taps: Taps, {xAt, filterAt, largest}: Layout): HTMLElement {
  const terms = () => drawing.reason('sum').terms;
  const members = taps.flat().filter(term => term !== undefined);
  const ofFactor = (factor: number, most: () => number) => {
    const caption = rangeOf(members.map(term => terms()[term].factors[factor].cell));
    return gridOf(drawing, taps, caption, term => {
      const operand = () => terms()[term].factors[factor];
      const tile = drawing.tile(() => operand().value, most);
      return drawing.link(
        tile,
        () => operand().cell,
        () => term,
      );
    });
  };
  const sum = drawing.number(() => sumOf(members.map(term => terms()[term].value)));
  const caption = create('span', {}, `${drawing.inside.app.say('cellProducts')}, Σ = `, sum);
  const tiles = new Map<number, HTMLElement>();
  const products = gridOf(drawing, taps, caption, term => {
    const tile = drawing.tile(
      () => terms()[term].value,
      () => largest.product,
    );
    tiles.set(term, tile);
    return drawing.asTerm(tile, () => term);
  });
  for (const row of taps) drawing.rows.push(row.map(term => tiles.get(term ?? -1)));
  const x = ofFactor(xAt, () => largest.x);
  const filter = ofFactor(filterAt, () => largest.filter);
  return create('div', {className: 'windows'}, x, '×', filter, '=', products);
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** A grid of tiles below its caption, with a hatched gap where the window lies in the padding. */
function gridOf(
  drawing: Drawing,
  taps: Taps,
  caption: Node,
  tileOf: (term: number) => HTMLElement,
) {
  const grid = create('div', {className: 'tiles'});
  grid.style.setProperty('--columns', String(taps[0].length));
  const isBackward = drawing.explanation.cell.isGradient;
  const title = drawing.inside.app.say(isBackward ? 'cellNoWindow' : 'cellPadding');
  for (const term of taps.flat()) {
    grid.append(term === undefined ? create('span', {className: 'gap', title}) : tileOf(term));
  }
  return create('div', {className: 'grid'}, create('p', {className: 'caption'}, caption), grid);
}

/** "image[3…7, 4…8, 0]": from the first cell to the last. */
function rangeOf(cells: readonly Cell[]): Node {
  const [first, last] = [cells[0], cells.at(-1)!];
  const at = first.at.map((from, axis) =>
    from === last.at[axis] ? from : `${from}…${last.at[axis]}`,
  );
  return document.createTextNode(`${first.isGradient ? 'd' : ''}${first.of}[${at.join(', ')}]`);
}

/** A sum's first term may be the bias, which is no product. */
export const isBias = ({factors: [first]}: Term): boolean => first.cell.of.endsWith('.bias');

/** How many products there are, their sum, and the bias if there is one. */
export function drawTotal(drawing: Drawing): HTMLElement {
  const terms = () => drawing.reason('sum').terms;
  const {app} = drawing.inside;
  const total = drawing.named('total', () => drawing.explanation.definition, 4);
  const [first] = terms();
  const hasBias = isBias(first);
  const count = app.number(terms().length - Number(hasBias));
  const hasProducts = terms().at(-1)!.factors.length > 1;
  const line = create('p', {className: 'total'}, 'Σ ');
  line.append(`(${app.say(hasProducts ? 'cellProductCount' : 'cellGradientCount', {count})}) `);
  if (!hasBias) {
    line.append('= ', total);
    return line;
  }
  const bias = drawing.asTerm(
    drawing.operand(() => terms()[0].factors[0]),
    () => 0,
  );
  drawing.rows.push([bias]);
  const products = () => terms().slice(1);
  const sum = drawing.named('products', () => sumOf(products().map(({value}) => value)), 4);
  line.append(sum, ' + ', bias, ' = ', total);
  return line;
}

/** The same sum as a row of X times a column of F, each as a strip of shades. X has zeros for the padding. */
function drawMatrices(drawing: Drawing, station: Station, xAt: number, filterAt: number): Node {
  const {kH, kW, C, yW} = station.geometry!;
  const {at} = drawing.explanation.cell;
  const taps = kH * kW * C;
  const strip = (factor: number) => {
    const target = create('div', {className: 'strip'});
    drawing.live(() => {
      const values = new Float64Array(taps);
      for (const {factors} of drawing.reason('sum').terms) {
        if (factors.length === 1) continue;
        const [wR, wC, d1] = factors[filterAt].cell.at;
        values[(wR * kW + wC) * C + d1] = factors[factor].value;
      }
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
      const stops = Array.from(values, (value, i) => {
        const colour = value < 0 ? 'var(--below)' : 'var(--above)';
        const share = Math.round((100 * Math.abs(value)) / largest);
        const ends = `${(100 * i) / taps}% ${(100 * (i + 1)) / taps}%`;
        return `color-mix(in srgb, ${colour} ${share}%, var(--panel)) ${ends}`;
      });
      target.style.backgroundImage = `linear-gradient(to right, ${stops})`;
    });
    return target;
  };
  const values = {row: at[0] * yW + at[1], column: at[2], x: station.input!, taps};
  const text = drawing.inside.app.say('cellAsMatrices', values);
  const strips = create('div', {className: 'matrices'}, strip(xAt), strip(filterAt));
  return create('div', {}, create('p', {className: 'note', textContent: text}), strips);
}
