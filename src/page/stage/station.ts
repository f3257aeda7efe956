// A station of the stage: its name, shape and parameters, and its numbers as pictures or bars.

import type {Preset} from '../../presets.ts';
import type {App} from '../app.ts';
import {create, setText} from '../dom.ts';
import {type Op, parameters, type Station} from '../inside/stations.ts';
import type {Look} from '../protocol.ts';
import type {TextKey} from '../texts.ts';
import {addressesOf} from './addresses.ts';
import {paint} from './image.ts';
import {type Grid, Picture, rangeOf, View} from './maps.ts';

/** The numbers and colours of a drawing. */
export interface Shown {
  look: Look;
  image: Uint8Array;
  scales: {value: Uint32Array; gradient: Uint32Array};
}

/** The length of a map of rows, in pixels of a small window: pooling shows as a smaller map. */
const sideOf = (rows: number) => (rows > 7 ? 43 : 26);
const cellOf = (rows: number) => Math.max(2, Math.floor(sideOf(rows) / rows));
/** Widths of a row of filters. */
const FILTERS = 105;
const WIDE_FILTERS = 169;
const STRIP = 8;
const IMAGE_CELL = 4;
const WEIGHTS = 21;

/** Values or gradients of a station, from top to bottom as they stand there. */
export interface Side {
  isGradient: boolean;
  element: HTMLElement;
  views: View[];
  captions: Map<View, HTMLElement>;
}

export interface StationView {
  station: Station;
  element: HTMLElement;
  /** Takes the focus. */
  body: HTMLElement;
  sides: Side[];
  dead: HTMLElement;
  head: {op: HTMLElement; shape: HTMLElement; count: HTMLElement; arrow: HTMLElement};
  note?: HTMLElement;
  /** Chooses the slice of the weights that is shown. */
  select?: HTMLSelectElement;
}

/** @param element index.html has one for the image, with the pad in it */
export function makeStation(preset: Preset, station: Station, element: HTMLElement): StationView {
  const {name, op} = station;
  const head = {
    op: create('span', {className: 'op'}),
    shape: create('p', {className: 'shape'}),
    count: create('p', {className: 'count'}),
    arrow: create('span', {className: 'arrow'}),
  };
  const body = create('div', {className: 'body', tabIndex: 0});
  body.setAttribute('role', 'application');
  body.setAttribute('aria-describedby', 'stage-help');
  element.classList.add('station');
  element.dataset.station = name;
  element.setAttribute('role', 'group');
  const dead = create('p', {className: 'dead'});
  const sides = [false, true]
    .filter(isGradient => !isGradient || op !== 'softmax')
    .map(isGradient => makeSide(preset, station, isGradient));
  body.append(...sides.map(side => side.element));
  const title = create('p', {className: 'name'}, create('b', {}, name), ' ', head.op, head.arrow);
  element.prepend(title, head.shape, head.count);
  element.append(body, dead);
  const view: StationView = {station, element, body, sides, dead, head};
  const weights = sides[0].views.find(({addresses}) => addresses.slices > 1);
  if (weights) {
    const options = Array.from({length: weights.addresses.slices}, (_, slice) =>
      create('option', {value: String(slice)}),
    );
    view.select = create('select', {}, ...options);
    head.op.after(' ', view.select);
  }
  if (op === 'softmax') {
    view.note = create('p', {className: 'note softmax'});
    body.append(view.note);
  }
  return view;
}

function makeSide(preset: Preset, station: Station, isGradient: boolean): Side {
  const element = create('div', {className: isGradient ? 'side gradients' : 'side values'});
  const captions = new Map<View, HTMLElement>();
  const views: View[] = [];
  for (const of of [...station.weights, station.name]) {
    const view = makeView(preset, station, of, isGradient);
    const caption = create('p', {className: 'caption'});
    views.push(view);
    captions.set(view, caption);
    element.append(caption, view.box);
  }
  return {isGradient, element, views, captions};
}

function makeView(preset: Preset, {op}: Station, of: string, isGradient: boolean): View {
  const addresses = addressesOf(preset, of);
  const {rows, columns, channels} = addresses;
  const grid = (across: number, cellWidth: number, cellHeight = cellWidth, gap = 1): Grid => ({
    ...{rows, columns, channels, across, cellWidth, cellHeight, gap},
  });
  if (of === 'image' && !isGradient) return new SeenImage(of, addresses, grid(1, 1, 1, 0));
  if (of === 'image') return new Picture(of, isGradient, addresses, grid(1, IMAGE_CELL));
  if (of.endsWith('.bias')) {
    const width = op === 'dense' ? 4 * WEIGHTS : columns > 8 ? WIDE_FILTERS : FILTERS;
    const cell = Math.floor(width / columns);
    return new Picture(of, isGradient, addresses, grid(1, cell, STRIP));
  }
  if (of.endsWith('.filter')) {
    const across = channels / 2;
    const width = across > 4 ? WIDE_FILTERS : FILTERS;
    const cell = Math.floor((width / across - 1) / columns);
    return new Picture(of, isGradient, addresses, grid(across, cell));
  }
  if (of === 'dense.weights') {
    return new Picture(of, isGradient, addresses, grid(4, Math.floor(WEIGHTS / columns)));
  }
  if (op === 'dense' || op === 'softmax' || op === 'loss') {
    return new Bars(of, isGradient, addresses, grid(1, 1, 1, 0));
  }
  return new Picture(of, isGradient, addresses, grid(channels > 8 ? 4 : 2, cellOf(rows)));
}

/** The image as the network sees it: white ink on black. */
class SeenImage extends View {
  readonly canvas: HTMLCanvasElement;

  constructor(of: string, addresses: View['addresses'], grid: Grid) {
    const canvas = create('canvas', {id: 'small', width: 28, height: 28});
    super(of, false, addresses, grid, canvas);
    this.canvas = canvas;
  }
}

/** A row a class: its digit, its number, and a bar from 0. The loss has one row. */
class Bars extends View {
  readonly rows: {row: HTMLElement; text: HTMLElement}[];

  constructor(of: string, isGradient: boolean, addresses: View['addresses'], grid: Grid) {
    const list = create('ol', {className: `bars ${of}`});
    super(of, isGradient, addresses, grid, list);
    if (of === 'softmax') list.id = 'probabilities';
    this.rows = Array.from({length: addresses.rows}, (_, digit) => {
      const text = create('span');
      const row = create('li', {className: of === 'softmax' ? 'bar' : 'signed'});
      row.append(...(of === 'loss' ? [] : [create('b', {}, String(digit))]), text);
      list.append(row);
      return {row, text};
    });
  }

  draw(app: App, numbers: Float32Array): void {
    const most = Math.max(...numbers.map(Math.abs)) || 1;
    const best = numbers.indexOf(Math.max(...numbers));
    for (const [i, {row, text}] of this.rows.entries()) {
      const value = numbers[i];
      if (this.of === 'softmax') {
        row.style.setProperty('--share', `${100 * value}%`);
        row.classList.toggle('best', i === best);
        setText(text, shareText(app, value));
        continue;
      }
      const end = 50 + (50 * value) / most;
      row.style.setProperty('--low', `${Math.min(50, end)}%`);
      row.style.setProperty('--high', `${Math.max(50, end)}%`);
      row.classList.toggle('negative', value < 0);
      setText(text, this.of === 'loss' ? lossText(app, value) : numberText(app, value));
    }
  }
}

/** In percent. Only a share of 0 is rounded to 0 %, only one of 1 to 100 %. */
export function shareText(app: App, share: number): string {
  if (!Number.isFinite(share)) return app.say('notFinite');
  const STEP = 0.001;
  if (share > 0 && share < STEP / 2) return app.say('below', {limit: app.percent(STEP, 1)});
  if (share < 1 && share > 1 - STEP / 2) return app.say('above', {limit: app.percent(1 - STEP, 1)});
  return app.percent(share, 1);
}

/** Of a few digits, in powers of ten where it is small or large. */
export function numberText(app: App, value: number, digits = 3): string {
  if (!Number.isFinite(value)) return app.say('notFinite');
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) {
    const [significand, exponent] = value.toExponential(1).split('e');
    return `${Number(significand).toLocaleString(app.language)}e${Number(exponent)}`.replace(
      '-',
      '−',
    );
  }
  return value.toLocaleString(app.language, {maximumSignificantDigits: digits}).replace('-', '−');
}

/** A small loss without a power of ten. */
const lossText = (app: App, loss: number): string =>
  loss > 0 && loss < 1e-3 ? app.say('below', {limit: app.number(1e-3)}) : numberText(app, loss);

/** Sizes the canvases. @param scale times as large as in a small window */
export function resize({sides}: StationView, scale: number, ratio: number): void {
  for (const view of sides.flatMap(({views}) => views)) {
    if (view instanceof Picture) view.resize(scale, ratio);
  }
}

export function draw(app: App, {sides}: StationView, shown: Shown): void {
  const {look, image, scales} = shown;
  for (const {isGradient, element, views, captions} of sides) {
    if (element.hidden) continue;
    for (const view of views) {
      const {of} = view;
      const numbers = isGradient ? look.gradients[of] : look.values[of];
      if (!numbers) continue;
      const [least, largest] = rangeOf(numbers);
      const most = Math.max(Math.abs(least), Math.abs(largest));
      if (view instanceof Picture)
        view.draw(numbers, scales[isGradient ? 'gradient' : 'value'], most);
      else if (view instanceof SeenImage) paint(view.canvas, image);
      else if (view instanceof Bars) view.draw(app, numbers);
      const range = app.say('fromTo', {
        least: numberText(app, least, 2),
        largest: numberText(app, largest, 2),
      });
      setText(captions.get(view)!, captionOf(app, view, range, look.label));
    }
  }
}

function captionOf(app: App, {of, isGradient}: View, range: string, label: number): string {
  if (of === 'softmax') return '';
  if (of === 'loss') return app.say(isGradient ? 'lossGradient' : 'lossIs', {label});
  const [, weight] = of.split('.');
  const numbers = isGradient ? app.say('gradientRange', {range}) : range;
  if (weight === 'bias') return app.say('biasRange', {range: numbers});
  if (weight)
    return app.say(weight === 'weights' ? 'weightRange' : 'filterRange', {range: numbers});
  return numbers;
}

const shapeText = (app: App, shape: number[]) =>
  shape.length ? shape.join(' × ') : app.say('oneNumber');

/** Writes what depends on the language. */
export function speak(
  app: App,
  preset: Preset,
  {station, element, head, body, note, select}: StationView,
) {
  const {name, op, shape} = station;
  const count = parameters(preset, name);
  const counted = count ? app.say('parametersOf', {count: app.number(count)}) : '';
  const opText = app.say(`op_${op satisfies Op}` as TextKey);
  const parts = [shapeText(app, shape), counted].filter(Boolean);
  // "10 logits", but "24 × 24 × 8" beside the name of its op.
  setText(head.op, shape.length > 1 ? opText : '');
  setText(head.shape, shape.length > 1 ? shapeText(app, shape) : `${shape} ${opText}`.trim());
  setText(head.count, counted);
  element.setAttribute('aria-label', `${name}: ${[opText, ...parts].join(', ')}`);
  body.setAttribute('aria-label', app.say('cellsOf', {name}));
  if (select) {
    select.setAttribute('aria-label', app.say(op === 'dense' ? 'classSlice' : 'filterSlice'));
    for (const option of select.options) {
      const {value} = option;
      setText(option, op === 'dense' ? app.say('classOf', {digit: value}) : `d1 = ${value}`);
    }
  }
  if (note) setText(note, app.say('noSoftmaxGradient'));
}
