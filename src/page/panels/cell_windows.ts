// A convolution's sum, forward or back to its input: for each channel the window, the filter and their products, as small grids.
import {create} from '../dom.ts';
import type {Explanation, Operand} from '../inside/explanation.ts';
import {type Station, stationsOf} from '../inside/stations.ts';
import type {Drawing} from './cell_drawing.ts';

const isFilter = ({cell}: Operand) => cell.of.endsWith('.filter') && !cell.isGradient;

/** True if a filter lies over windows here: each product has an element of it. */
export const isOfWindows = ({cell, reason}: Explanation): boolean =>
  reason.kind === 'sum' &&
  !cell.of.includes('.') &&
  reason.terms.some(({factors}) => factors.some(isFilter));

/** The term that the visitor is at: the names of what it is made of, and its numbers. */
export function drawNow(
  drawing: Drawing,
  operands: () => (Operand | undefined)[],
  value?: () => number,
): HTMLElement {
  const first = drawing.operand(() => operands()[0]);
  const line = create('p', {className: 'now'}, first);
  if (!value) return line;
  const second = drawing.operand(() => operands()[1]);
  const rest = create('span', {}, ' × ', second, ' = ', drawing.number(value));
  drawing.live(() => {
    rest.hidden = operands()[1] === undefined;
  });
  line.append(rest);
  return line;
}

interface Channel {
  /** Indices of terms by row and column of the window; undefined in the padding. */
  taps: (number | undefined)[][];
  channel: number;
}

export function drawWindows(drawing: Drawing): Node[] {
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
  const channels = new Map<number, Channel>();
  for (const [i, {factors}] of terms().entries()) {
    if (factors.length === 1) continue;
    const [wR, wC, d1, d2] = factors[filterAt].cell.at;
    const channel = isForward ? d1 : d2;
    if (!channels.has(channel)) {
      channels.set(channel, {
        channel,
        taps: Array.from({length: kH}, () => Array(kW).fill(undefined)),
      });
    }
    const [row, column] = isForward ? [wR, wC] : [kH - 1 - wR, kW - 1 - wC];
    channels.get(channel)!.taps[row][column] = i;
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

  const gridOf = (taps: Channel['taps'], tileOf: (term: number) => HTMLElement) => {
    const grid = create('div', {className: 'tiles'});
    grid.style.setProperty('--columns', String(kW));
    for (const term of taps.flat()) {
      const gap = () =>
        create('span', {className: 'gap', title: drawing.inside.app.say('padding')});
      grid.append(term === undefined ? gap() : tileOf(term));
    }
    return grid;
  };

  const elements: Node[] = [];
  const bias = terms()[0].factors.length === 1 ? terms()[0] : undefined;
  const byChannel = [...channels.values()]
    .sort((a, b) => a.channel - b.channel)
    .map(({channel, taps}) => {
      const ofFactor = (factor: number, largest: () => number) => (term: number) =>
        drawing.link(
          drawing.tile(() => terms()[term].factors[factor].value, largest),
          () => terms()[term].factors[factor].cell,
          () => term,
        );
      const productOf = (term: number) =>
        drawing.asTerm(
          drawing.tile(
            () => terms()[term].value,
            () => largest.product,
          ),
          () => term,
        );
      const xGrid = gridOf(
        taps,
        ofFactor(xAt, () => largest.x),
      );
      const filterGrid = gridOf(
        taps,
        ofFactor(filterAt, () => largest.filter),
      );
      const tiles = new Map<number, HTMLElement>();
      const productGrid = gridOf(taps, term => {
        const tile = productOf(term);
        tiles.set(term, tile);
        return tile;
      });
      for (const row of taps)
        drawing.rows.push(row.map(term => (term === undefined ? undefined : tiles.get(term))));
      const members = taps.flat().filter(term => term !== undefined);
      const sum = drawing.number(() => members.reduce((sum, term) => sum + terms()[term].value, 0));
      const label = drawing.inside.app.say(isForward ? 'channelIn' : 'channelOut', {channel});
      const window = create(
        'div',
        {className: 'windows'},
        xGrid,
        '×',
        filterGrid,
        '=',
        productGrid,
        'Σ',
        sum,
      );
      window.setAttribute('role', 'group');
      window.setAttribute('aria-label', label);
      const caption = create('p', {className: 'caption'}, label);
      return create('div', {className: 'channel'}, caption, window);
    });
  const xName = `${products[0].factors[xAt].cell.isGradient ? 'd' : ''}${products[0].factors[xAt].cell.of}`;
  elements.push(
    drawNow(
      drawing,
      () => terms()[drawing.term].factors,
      () => terms()[drawing.term].value,
    ),
    create(
      'div',
      {className: 'windows heads'},
      ...[xName, filter, drawing.inside.app.say('products')].map(name =>
        create('span', {textContent: name}),
      ),
    ),
    ...byChannel,
  );
  if (bias) {
    const operand = drawing.asTerm(
      drawing.operand(() => terms()[0].factors[0]),
      () => 0,
    );
    drawing.rows.push([operand]);
    const sum = drawing.number(
      () => terms().reduce((sum, {value}, i) => (i === 0 ? sum : sum + value), 0),
      4,
    );
    elements.push(
      create(
        'p',
        {className: 'total'},
        'Σ ',
        sum,
        ' + ',
        operand,
        ' = ',
        drawing.number(() => drawing.explanation.definition, 4),
      ),
    );
  }
  if (isForward) elements.push(...drawMatrices(drawing, station, xAt, filterAt));
  return elements;
}

/** The same sum as a row of X times a column of F, each as a strip of shades. X has zeros for the padding. */
function drawMatrices(drawing: Drawing, station: Station, xAt: number, filterAt: number): Node[] {
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
        const colour = value < 0 ? 'var(--bad)' : 'var(--accent)';
        const share = Math.round((100 * Math.abs(value)) / largest);
        const ends = `${(100 * i) / taps}% ${(100 * (i + 1)) / taps}%`;
        return `color-mix(in srgb, ${colour} ${share}%, var(--panel)) ${ends}`;
      });
      target.style.backgroundImage = `linear-gradient(to right, ${stops})`;
    });
    return target;
  };
  const values = {row: at[0] * yW + at[1], column: at[2], x: station.input!, taps};
  const text = drawing.inside.app.say('asMatrices', values);
  const strips = create('div', {className: 'matrices'}, strip(xAt), strip(filterAt));
  return [create('p', {className: 'note', textContent: text}), strips];
}
