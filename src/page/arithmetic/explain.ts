// How any number of the network came about: each op's arithmetic is in the file of its name, and here is which one a cell takes.
import {type Cell, shapesOf} from '../inside/cells.ts';
import type {Explanation} from '../inside/explanation.ts';
import {LOGITS, type Station, stationsOf} from '../inside/stations.ts';
import type {Look} from '../protocol.ts';
import {conv2d, conv2dBiasGradient, conv2dFilterGradient, conv2dInputGradient} from './conv2d.ts';
import {dense, denseBiasGradient, denseInputGradient, denseWeightsGradient} from './dense.ts';
import {maxPool, maxPoolGradient, winnerOf} from './max_pool.ts';
import {Numbers, type Result} from './numbers.ts';
import {relu, reluGradient} from './relu.ts';
import {logitGradient, loss, softmax, softmaxGradient} from './softmax_cross_entropy.ts';

/** The cell must be one of the look's network. Numbers that are not finite go the way of any number. */
export function explain(look: Look, cell: Cell): Explanation {
  const numbers = new Numbers(look, shapesOf(look.preset));
  const value = numbers.read(cell);
  const stations = stationsOf(look.preset) as Required<Station>[];
  const own = stations.find(({name}) => name === cell.of);
  const result = own
    ? cell.isGradient
      ? ofGradient(numbers, stations, own, cell.at, look.label)
      : ofValue(numbers, own, cell.at, look.label)
    : ofWeight(numbers, stations, cell);
  return {cell, value, ...(result ?? {definition: value!, reason: {kind: 'given'}})};
}

/** An element of a station, by the station's own op; undefined for a pixel. */
function ofValue(
  numbers: Numbers,
  own: Required<Station>,
  at: number[],
  label: number,
): Result | undefined {
  switch (own.op) {
    case 'image':
      return undefined;
    case 'conv2d':
      return conv2d(numbers, own, at);
    case 'maxPool':
      return maxPool(numbers, own, at);
    case 'relu':
      return relu(numbers, own, at);
    case 'dense':
      return dense(numbers, own, at);
    case 'softmax':
      return softmax(numbers, LOGITS, at);
    case 'loss':
      return loss(numbers, LOGITS, label);
  }
}

/** The gradient of a station's element, by the op that takes the station; undefined for the loss, which none takes. */
function ofGradient(
  numbers: Numbers,
  stations: Required<Station>[],
  own: Required<Station>,
  at: number[],
  label: number,
): Result | undefined {
  const next = stations.find(({input}) => input === own.name);
  switch (next?.op) {
    case 'conv2d':
      return conv2dInputGradient(numbers, next, at);
    case 'maxPool':
      return maxPoolGradient(numbers, next, at);
    case 'relu': {
      // In both networks relu takes a pool: from there the gradient goes on to one cell of the window.
      const goesTo = {...winnerOf(numbers, own, at), isGradient: true};
      return {...reluGradient(numbers, next, at), goesTo};
    }
    case 'dense':
      return denseInputGradient(numbers, next, at);
    case 'softmax':
      return logitGradient(numbers, LOGITS, at, label);
    case 'loss':
      return softmaxGradient(numbers, LOGITS, at, label);
  }
}

/** The gradient of a weight, by the op that it belongs to; undefined for the weight itself. */
function ofWeight(
  numbers: Numbers,
  stations: Required<Station>[],
  {of, at, isGradient}: Cell,
): Result | undefined {
  if (!isGradient) return undefined;
  const own = stations.find(({weights}) => weights.includes(of))!;
  const isBias = own.weights.indexOf(of) === 1;
  if (own.op === 'dense')
    return (isBias ? denseBiasGradient : denseWeightsGradient)(numbers, own, at);
  return (isBias ? conv2dBiasGradient : conv2dFilterGradient)(numbers, own, at);
}
