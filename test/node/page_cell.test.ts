// The cell panel: every number that it prints is held against the tensors and the float64 definition, and it is walked by keys, opened
// by links and read aloud.
import * as assert from 'uvu/assert';
import * as conv2d from '../../src/kernels/definition/conv2d.ts';
import * as dense from '../../src/kernels/definition/dense.ts';
import * as maxPool from '../../src/kernels/definition/max_pool.ts';
import * as relu from '../../src/kernels/definition/relu.ts';
import * as softmax from '../../src/kernels/definition/softmax_cross_entropy.ts';
import {
  type Cell,
  cellText,
  coordinatesOf,
  indexOf,
  shapesOf,
} from '../../src/page/inside/cells.ts';
import type {Inside} from '../../src/page/inside/inside.ts';
import {sizeOf, stationsOf} from '../../src/page/inside/stations.ts';
import type {Preset} from '../../src/presets.ts';
import {Random} from '../../src/random.ts';
import {runVisits, type VisitedPage, visit} from '../visit.ts';

declare const inside: Inside;

/** A sum of float64 in another order than the definition's differs by this much of the sum of its terms' magnitudes. */
const ORDER = 1e-12;
/** The nudge's quotient has an error of epsilon², and of the loss's rounding by epsilon. */
const NUDGE = 1e-4;
/** Digits that the panel prints. */
const DIGITS = [2, 3, 4, 7, 9];

type Numbers = Record<string, Float64Array>;

/** What each op and each gradient is, in float64, of the float32 numbers that it took. */
function witness(preset: Preset, values: Numbers, gradients: Numbers, label: number) {
  const defined: {values: Numbers; gradients: Numbers} = {
    values: {...values},
    gradients: {loss: Float64Array.of(1)},
  };
  const labels = new Float64Array(10);
  labels[label] = 1;
  for (const {name, op, input, geometry: g} of stationsOf(preset)) {
    if (!input) continue;
    const x = values[input];
    const dy = gradients[name];
    const set = (y: Float64Array, dx: Float64Array, dWeights: Numbers = {}) => {
      defined.values[name] = y;
      defined.gradients[input] = dx;
      for (const [argument, d] of Object.entries(dWeights))
        defined.gradients[`${name}.${argument}`] = d;
    };
    if (op === 'conv2d') {
      const [filter, bias] = [values[`${name}.filter`], values[`${name}.bias`]];
      const {dx, dFilter, dBias} = conv2d.conv2dGradients(x, filter, dy, g!);
      set(conv2d.conv2d(x, filter, bias, g!), dx, {filter: dFilter, bias: dBias});
    } else if (op === 'maxPool') set(maxPool.maxPool(x, g!), maxPool.maxPoolGradient(x, dy, g!));
    else if (op === 'relu') set(relu.relu(x), relu.reluGradient(x, dy));
    else if (op === 'dense') {
      const [weights, bias] = [values['dense.weights'], values['dense.bias']];
      const geometry = {B: 1, I: x.length, O: 10};
      const {dx, dWeights, dBias} = dense.denseGradients(x, weights, dy, geometry);
      set(dense.dense(x, weights, bias, geometry), dx, {weights: dWeights, bias: dBias});
    } else if (op === 'softmax') {
      const dlogits = softmax.softmaxCrossEntropyGradient(labels, x, 1, 1, 10);
      set(softmax.softmax(x, 1, 10), dlogits);
    } else {
      const p = defined.values.softmax; // the loss takes the logits
      const dp = p.map((each, k) => (k === label ? -1 / each : 0));
      set(Float64Array.of(softmax.softmaxCrossEntropy(labels, values.dense, 1, 10)), dp);
    }
  }
  return defined;
}

/** What the panel prints, in the page. */
interface Printed {
  sentence: string;
  title: string;
  /** Every number: its value attribute and its text. */
  all: [value: string, text: string][];
  value: number;
  definition: number;
  /** The terms' numbers, in the order of the definition. */
  terms: number[];
  rest: number[];
  kind: string;
  nudge?: {quotient: number; gradient: number};
  update?: {before: number; rate: number; gradient: number; after: number};
}

/** Selects the cells one after the other, and reads the panel. */
const printed = (page: VisitedPage, cells: Cell[]) =>
  page.evaluate(async cells => {
    const results: Printed[] = [];
    const number = (each: Element) => Number((each as HTMLDataElement).value || Number.NaN);
    const named = (name: string) => document.querySelector(`#cell [data-part="${name}"]`);
    for (const cell of cells) {
      inside.select(cell);
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      const panel = document.getElementById('cell')!;
      const all = [...panel.querySelectorAll('data')];
      const terms = [...panel.querySelectorAll('.terms .term')].map(term => {
        const data = term.matches('data') ? term : term.querySelector('data')!;
        return {index: Number((term as HTMLElement).dataset.term), value: number(data)};
      });
      terms.sort((a, b) => a.index - b.index);
      while (panel.querySelector('[data-part="update"]') && cell.isGradient && !named('nudge')) {
        await new Promise(resolve => setTimeout(resolve));
      }
      const nudge = named('nudge');
      const update = named('update');
      const read = (from: Element, name: string) =>
        number(from.querySelector(`[data-number="${name}"]`)!);
      results.push({
        sentence: document.getElementById('cell-sentence')!.textContent!,
        title: document.getElementById('cell-title')!.textContent!,
        all: all.map(each => [each.getAttribute('value') ?? '', each.textContent!]),
        value: [...panel.querySelectorAll('[data-number="value"]')].map(number)[0],
        definition: read(panel, 'definition'),
        terms: terms.map(({value}) => value),
        rest: [...panel.querySelectorAll('.terms .rest data')].map(number),
        kind: inside.explanation!.reason.kind,
        nudge: nudge
          ? {quotient: read(nudge, 'quotient'), gradient: read(nudge, 'gradient')}
          : undefined,
        update: update
          ? {
              before: read(update, 'before'),
              rate: read(update, 'rate'),
              gradient: read(update, 'gradient'),
              after: read(update, 'after'),
            }
          : undefined,
      });
    }
    return results;
  }, cells);

const minus = (text: string) => Number(text.replaceAll('−', '-').replace('∞', 'Infinity'));

/** The text is a number's rounding to one of the digits that the panel uses. */
const isRounded = ([value, text]: [string, string]) =>
  value === ''
    ? text === '—'
    : DIGITS.some(digits =>
        Object.is(minus(text) + 0, Number(Number(value).toPrecision(digits)) + 0),
      );

/** Random cells: of each name's values and gradients alike, since most numbers are of few maps. */
function randomCells(preset: Preset, count: number, random: Random): Cell[] {
  const shapes = Object.entries(shapesOf(preset));
  return Array.from({length: count}, (_, i) => {
    const [of, shape] = shapes[(i >> 1) % shapes.length];
    return {of, at: coordinatesOf(shape, random.below(sizeOf(shape))), isGradient: i % 2 === 1};
  });
}

for (const preset of ['tutorial', 'mnist-core'] as const) {
  visit(`cell: every number of 500 cells of ${preset} is right`, {}, async page => {
    await page.selectOption('#preset', preset);
    const random = new Random(11, 'cells');
    for (const batches of [0, 50]) {
      if (batches) await page.trainAll(batches);
      await page.waitForFunction(
        ([preset, batches]) => inside.look?.preset === preset && inside.look.batch === batches,
        [preset, batches] as const,
      );
      await page.waitForTimeout(300); // the look after the last test
      const cells = randomCells(preset, 250, random);
      const prints = await printed(page, cells);
      const look = await page.evaluate(() => {
        const {values, gradients, label} = inside.look!;
        const plain = (arrays: Record<string, Float32Array>) =>
          Object.fromEntries(
            Object.entries(arrays).map(([name, array]) => [name, Array.from(array)]),
          );
        return {values: plain(values), gradients: plain(gradients), label};
      });
      const doubles = (arrays: Record<string, number[]>): Numbers =>
        Object.fromEntries(
          Object.entries(arrays).map(([name, array]) => [name, Float64Array.from(array)]),
        );
      const [values, gradients] = [doubles(look.values), doubles(look.gradients)];
      const defined = witness(preset, values, gradients, look.label);
      for (const [i, cell] of cells.entries()) {
        check(preset, cell, prints[i], {values, gradients}, defined);
      }
    }
  });
}

function check(
  preset: Preset,
  cell: Cell,
  print: Printed,
  tensors: {values: Numbers; gradients: Numbers},
  defined: {values: Numbers; gradients: Numbers},
): void {
  const name = cellText(cell);
  const index = indexOf(shapesOf(preset)[cell.of], cell.at);
  const of = (numbers: {values: Numbers; gradients: Numbers}) =>
    (cell.isGradient ? numbers.gradients : numbers.values)[cell.of]?.[index];
  assert.match(print.title, cellText({...cell, isGradient: false}).replace(/\[.*/, ''), name);
  assert.match(print.sentence, print.title.split(':')[0], name);
  for (const each of print.all) assert.ok(isRounded(each), `${name}: ${each}`);

  const tensor = of(tensors);
  if (tensor === undefined) assert.ok(cell.of === 'softmax' && cell.isGradient, name);
  else
    assert.ok(
      Object.is(print.value, tensor),
      `${name}: ${print.value}, and the tensor has ${tensor}`,
    );

  const definition = of(defined);
  const near = (actual: number, expected: number, relative: number, what: string) => {
    const error = Math.abs(actual - expected);
    assert.ok(
      error <= relative * Math.abs(expected),
      `${name}, ${what}: ${actual}, expected ${expected}`,
    );
  };
  near(print.definition, definition, ORDER, 'definition');
  if (print.kind === 'sum') {
    const sum = [...print.terms, ...print.rest].reduce((sum, each) => sum + each, 0);
    const magnitude = print.terms.reduce((sum, each) => sum + Math.abs(each), 0);
    if (print.rest.length === 0) near(sum, definition, ORDER, 'the sum of the terms');
    assert.ok(Math.abs(sum - definition) <= ORDER * magnitude, `${name}: ${sum}, ${definition}`);
  }
  const isWeight = cell.of.includes('.');
  assert.is(print.update !== undefined, isWeight, name);
  assert.is(print.nudge !== undefined, isWeight && cell.isGradient, name);
  if (print.update) {
    const {before, rate, gradient, after} = print.update;
    assert.equal(
      [before, gradient],
      [tensors.values[cell.of][index], tensors.gradients[cell.of][index]],
    );
    assert.is(after, before - rate * gradient);
  }
  if (print.nudge) {
    const {quotient, gradient} = print.nudge;
    // A gradient that is almost 0 beside the others of its weights is as right as those are.
    const scale = Math.max(...tensors.gradients[cell.of].map(Math.abs));
    assert.ok(
      Math.abs(quotient - gradient) <= NUDGE * Math.max(Math.abs(gradient), 1e-3 * scale),
      `${name}: ${quotient}, ${gradient}`,
    );
  }
}

runVisits();
