// A cell in words: where it stands, and in one sentence what it is.
import type {Preset} from '../../presets.ts';
import {type Cell, coordinatesOf, shapesOf} from '../inside/cells.ts';
import type {Explanation} from '../inside/explanation.ts';
import {stationsOf} from '../inside/stations.ts';
import {largestOf} from '../inside/terms.ts';
import type {TextKey} from '../texts.ts';

/** "conv1[3, 4, 2]", or "∂loss/∂conv1[3, 4, 2]" for a gradient. */
export function cellName({of, at, isGradient}: Cell): string {
  const place = at.length > 0 ? `[${at.join(', ')}]` : '';
  return `${isGradient ? '∂loss/∂' : ''}${of}${place}`;
}

/** A text's key and its values; numbers change from look to look. */
export interface Words {
  key: TextKey;
  values: Record<string, string | number>;
}

export function placeOf(preset: Preset, cell: Cell): Words {
  const [of, argument] = cell.of.split('.');
  const {op, input} = stationsOf(preset).find(({name}) => name === of)!;
  const name = cellName(cell);
  const [first, second, third, d2] = cell.at.map(String);
  if (argument === 'filter') {
    return {key: 'cellAtFilter', values: {cell: name, row: first, column: second, d1: third, d2}};
  }
  if (argument === 'weights') {
    const at = coordinatesOf(shapesOf(preset)[input!], cell.at[0]);
    const from = cellName({of: input!, at, isGradient: false});
    return {key: 'cellAtWeights', values: {cell: name, from, k: second}};
  }
  if (argument) {
    if (op === 'dense') return {key: 'cellAtClassBias', values: {cell: name, k: first}};
    return {key: 'cellAtChannelBias', values: {cell: name, d2: first}};
  }
  switch (op) {
    case 'image':
      return {key: 'cellAtImage', values: {cell: name, row: first, column: second}};
    case 'dense':
      return {key: 'cellAtLogit', values: {cell: name, k: first}};
    case 'softmax':
      return {key: 'cellAtProbability', values: {cell: name, k: first}};
    case 'loss':
      return {key: 'cellAtLoss', values: {cell: name}};
    default:
      return {key: 'cellAtMap', values: {cell: name, row: first, column: second, channel: third}};
  }
}

export function sentenceOf(explanation: Explanation): Words {
  const {cell, reason} = explanation;
  const value = explanation.value ?? explanation.definition;
  const words = (key: TextKey, values: Words['values'] = {}): Words => ({
    key,
    values: {cell: cellName(cell), value, ...values},
  });
  switch (reason.kind) {
    case 'given': {
      if (cell.isGradient) return words('cellIsStart');
      if (cell.of === 'image') return words('cellIsPixel');
      return words(cell.of.endsWith('.bias') ? 'cellIsBias' : 'cellIsWeight');
    }
    case 'sum': {
      const products = reason.terms.filter(({factors}) => factors.length > 1);
      const most = products[largestOf(products)] ?? reason.terms[largestOf(reason.terms)];
      if (!most) return words('cellIsNothing');
      const [a, b] = most.factors.map(({cell}) => cellName(cell));
      const count = String(products.length || reason.terms.length);
      const values = {count, largest: most.value, a};
      if (!b) return words('cellIsBiasGradient', values);
      const isProduct = reason.terms.length === 1;
      if (cell.isGradient) {
        if (isProduct) return words('cellIsGradientProduct', {a, b});
        return words('cellIsGradientSum', {...values, b});
      }
      const hasBias = products.length < reason.terms.length;
      return words(hasBias ? 'cellIsSumAndBias' : 'cellIsSum', {...values, b});
    }
    case 'largest': {
      const winner = cellName(reason.candidates[reason.winner].cell);
      return words('cellIsLargest', {count: String(reason.candidates.length), winner});
    }
    case 'gate': {
      if (reason.dy) return words(reason.isOpen ? 'cellIsOpenBack' : 'cellIsShutBack');
      if (reason.isOpen) return words('cellIsOpen');
      return words('cellIsShut', {input: reason.input.value});
    }
    case 'routed': {
      const here = reason.windows.find(({isHere}) => isHere);
      if (here) return words('cellIsRouted', {dy: cellName(here.dy.cell)});
      const [window] = reason.windows;
      return window
        ? words('cellIsNotRouted', {winner: cellName(window.winner)})
        : words('cellIsNothing');
    }
    case 'share': {
      const {exp} = reason.parts[reason.mine];
      return words('cellIsShare', {exp, sum: reason.sum});
    }
    case 'log':
      return words('cellIsLog', {p: reason.p.value, label: String(reason.label)});
    case 'difference': {
      const isLabel = cell.at[0] === reason.label;
      const values = {p: reason.p.value, label: String(reason.label)};
      return words(isLabel ? 'cellIsLabelDifference' : 'cellIsOtherDifference', values);
    }
    case 'inverse':
      return reason.isLabel
        ? words('cellIsInverse', {p: reason.p.value})
        : words('cellIsNoInverse');
  }
}
