// The formula of a cell: with the letters of the alphabet (kernels/README.md), and with this cell's places in them.
import type {Preset} from '../../presets.ts';
import type {Cell} from '../inside/cells.ts';
import {LOGITS, type Station, stationsOf} from '../inside/stations.ts';

export interface Formula {
  letters: string;
  /** The same for this cell. */
  places: string;
}

/** undefined for what nothing in the pass computes: a pixel, a weight, and the gradient of the loss. */
export function formulaOf(preset: Preset, cell: Cell): Formula | undefined {
  const stations = stationsOf(preset);
  const [of, argument] = cell.of.split('.');
  const station = stations.find(({name}) => name === of)!;
  if (argument) return cell.isGradient ? weightGradient(station, argument, cell) : undefined;
  if (!cell.isGradient) return forward(station, cell);
  const taker = stations.find(({input}) => input === of);
  return of === 'softmax' ? lossGradient(cell) : taker && inputGradient(taker, station, cell);
}

function forward({name, op, input, weights, geometry: g}: Station, {at}: Cell) {
  const [yR, yC, d2] = at;
  const has = (argument: string) => weights.includes(`${name}.${argument}`);
  switch (op) {
    case 'image':
      return undefined;
    case 'conv2d': {
      const {sH, sW, dilH, dilW, padT, padL} = g!;
      const bias = has('bias');
      return {
        letters: `y[yR, yC, d2] = ${bias ? 'bias[d2] + ' : ''}Σ x[xR, xC, d1] · filter[wR, wC, d1, d2],  xR = yR·sH + wR·dilH − padT,  xC = yC·sW + wC·dilW − padL`,
        places: `${name}[${yR}, ${yC}, ${d2}] = ${bias ? `${name}.bias[${d2}] + ` : ''}Σ ${input}[xR, xC, d1] · ${name}.filter[wR, wC, d1, ${d2}],  xR = ${yR}·${sH} + wR·${dilH} − ${padT},  xC = ${yC}·${sW} + wC·${dilW} − ${padL}`,
      };
    }
    case 'maxPool': {
      const {sH, sW, kH, kW} = g!;
      const rows = `${yR * sH}…${yR * sH + kH - 1}`;
      const columns = `${yC * sW}…${yC * sW + kW - 1}`;
      return {
        letters: 'y[yR, yC, d1] = max x[yR·sH + wR, yC·sW + wC, d1]',
        places: `${name}[${yR}, ${yC}, ${d2}] = max ${input}[${rows}, ${columns}, ${d2}]`,
      };
    }
    case 'relu':
      return {
        letters: 'y = max(x, 0)',
        places: `${name}[${list(at)}] = max(${input}[${list(at)}], 0)`,
      };
    case 'dense':
      return {
        letters: 'y[o] = bias[o] + Σ x[i] · weights[i, o]',
        places: `${name}[${at}] = ${name}.bias[${at}] + Σ ${input}[i] · ${name}.weights[i, ${at}]`,
      };
    case 'softmax':
      return {
        letters: 'p[k] = exp logits[k] / Σ exp logits[j]',
        places: `${name}[${at}] = exp ${LOGITS}[${at}] / Σ exp ${LOGITS}[j]`,
      };
    case 'loss':
      return {letters: 'loss = −Σ labels[k] · log p[k]', places: 'loss = −log p[label]'};
  }
}

function weightGradient({name, op, input, geometry: g}: Station, argument: string, {at}: Cell) {
  const [wR, wC, d1, d2] = at;
  if (argument === 'bias') {
    const isDense = op === 'dense';
    return {
      letters: isDense ? 'dBias[o] = dy[o]' : 'dBias[d2] = Σ dy[yR, yC, d2]',
      places: `d${name}.bias[${at}] = ${isDense ? `d${name}[${at}]` : `Σ d${name}[yR, yC, ${at}]`}`,
    };
  }
  if (argument === 'weights') {
    const [i, o] = at;
    return {
      letters: 'dWeights[i, o] = x[i] · dy[o]',
      places: `d${name}.weights[${i}, ${o}] = ${input}[${i}] · d${name}[${o}]`,
    };
  }
  const {sH, sW, dilH, dilW, padT, padL} = g!;
  return {
    letters:
      'dFilter[wR, wC, d1, d2] = Σ dy[yR, yC, d2] · x[xR, xC, d1],  xR = yR·sH + wR·dilH − padT,  xC = yC·sW + wC·dilW − padL',
    places: `d${name}.filter[${list(at)}] = Σ d${name}[yR, yC, ${d2}] · ${input}[xR, xC, ${d1}],  xR = yR·${sH} + ${wR}·${dilH} − ${padT},  xC = yC·${sW} + ${wC}·${dilW} − ${padL}`,
  };
}

/** Of a station's value, through the op that takes it. */
function inputGradient(taker: Station, {name, shape}: Station, {at}: Cell) {
  const [xR, xC, d1] = at;
  const to = taker.name;
  switch (taker.op) {
    case 'conv2d':
      return {
        letters:
          'dx[xR, xC, d1] = Σ dy[yR, yC, d2] · filter[wR, wC, d1, d2],  xR = yR·sH + wR·dilH − padT,  xC = yC·sW + wC·dilW − padL',
        places: `d${name}[${list(at)}] = Σ d${to}[yR, yC, d2] · ${to}.filter[wR, wC, ${d1}, d2],  ${xR} = yR·${taker.geometry!.sH} + wR·${taker.geometry!.dilH} − ${taker.geometry!.padT},  ${xC} = yC·${taker.geometry!.sW} + wC·${taker.geometry!.dilW} − ${taker.geometry!.padL}`,
      };
    case 'maxPool':
      return {
        letters: 'dx[xR, xC, d1] = Σ dy[yR, yC, d1],  x[xR, xC, d1] = y[yR, yC, d1]',
        places: `d${name}[${list(at)}] = Σ d${to}[yR, yC, ${d1}],  ${name}[${list(at)}] = ${to}[yR, yC, ${d1}]`,
      };
    case 'relu':
      return {
        letters: 'dx = dy · [y > 0]',
        places: `d${name}[${list(at)}] = d${to}[${list(at)}] · [${to}[${list(at)}] > 0]`,
      };
    case 'dense': {
      const i = (xR * shape[1] + xC) * shape[2] + d1;
      return {
        letters: 'dx[i] = Σ dy[o] · weights[i, o]',
        places: `d${name}[${list(at)}] = Σ d${to}[o] · ${to}.weights[${i}, o],  ${i} = (${xR}·${shape[1]} + ${xC})·${shape[2]} + ${d1}`,
      };
    }
    default:
      return {
        letters: 'dlogits[k] = p[k] − labels[k]',
        places: `d${name}[${at}] = softmax[${at}] − labels[${at}]`,
      };
  }
}

const lossGradient = ({at}: Cell): Formula => ({
  letters: 'dp[k] = −labels[k] / p[k]',
  places: `dsoftmax[${at}] = −labels[${at}] / softmax[${at}]`,
});

const list = (at: readonly number[]) => at.join(', ');

/** A name that may be a letter of the alphabet; after a dot it is an argument's name. */
const WORD = /(?<![\w.])([A-Za-z]\w*)(?!\w)/;
/** The letters that can be marked: the indices and sizes of the formulas. */
export const letters = new Set(
  'yR yC xR xC wR wC d1 d2 i o k j sH sW dilH dilW padT padL'.split(' '),
);

/** The formula cut at its letters. */
export const cut = (formula: string): string[] => formula.split(WORD);
