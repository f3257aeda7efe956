// The cell panel: every number that it prints is held against the tensors and the float64 definition, and it is walked by keys, opened
// by links and read aloud.
import * as assert from 'uvu/assert';
import * as conv2d from '../../src/kernels/definition/conv2d.ts';
import * as dense from '../../src/kernels/definition/dense.ts';
import * as maxPool from '../../src/kernels/definition/max_pool.ts';
import * as relu from '../../src/kernels/definition/relu.ts';
import * as softmax from '../../src/kernels/definition/softmax_cross_entropy.ts';
import {type Cell, cellText, coordinatesOf, indexOf, shapesOf} from '../../src/page/inside/cells.ts';
import type {Inside} from '../../src/page/inside/inside.ts';
import {sizeOf, stationsOf} from '../../src/page/inside/stations.ts';
import {Random} from '../../src/random.ts';
import type {Preset} from '../../src/presets.ts';
import {runVisits, type VisitedPage, visit} from '../visit.ts';

declare const inside: Inside;

/** A sum of float64 in another order than the definition's differs by this much of the sum of its terms' magnitudes. */
const ORDER = 1e-12;
/** The nudge's quotient has an error of epsilon², and of the loss's rounding by epsilon. */
const NUDGE = 1e-4;
/** Digits that the panel prints. */
const DIGITS = [2, 3, 4, 9, 10];

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
      for (const [argument, d] of Object.entries(dWeights)) defined.gradients[`${name}.${argument}`] = d;
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
  values: string[];
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
      const nudge = named('nudge');
      const update = named('update');
      const read = (from: Element, name: string) =>
        number(from.querySelector(`[data-number="${name}"]`)!);
      results.push({
        sentence: document.getElementById('cell-sentence')!.textContent!,
        title: document.getElementById('cell-title')!.textContent!,
        all: all.map(each => [each.getAttribute('value') ?? '', each.textContent!]),
        values: [...panel.querySelectorAll('#cell-values data')].map(each => each.getAttribute('value') ?? ''),
        terms: terms.map(({value}) => value),
        rest: [...panel.querySelectorAll('.terms .rest data')].map(number),
        kind: inside.explanation!.reason.kind,
        nudge: nudge ? {quotient: read(nudge, 'quotient'), gradient: read(nudge, 'gradient')} : undefined,
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
