// One element of conv2d's output or of a gradient (see ops/conv2d.ts): its terms, in the order in which the loops of
// kernels/definition/conv2d.ts add them.
import type {Station} from '../inside/stations.ts';
import {type Numbers, type Result, sum, term} from './numbers.ts';

/** x is the station that the windows lie over, y the convolution itself, and the weights are its filter and, perhaps, its bias. */
type Conv2D = Required<Station>;

/** y[yR, yC, d2] = bias[d2] + Σ over wR, wC, d1 of x[xR, xC, d1] · filter[wR, wC, d1, d2] */
export function conv2d(
  numbers: Numbers,
  {input: x, weights: [filter, bias], geometry}: Conv2D,
  [yR, yC, d2]: number[],
): Result {
  const {H, W, C, kH, kW, sH, sW, dilH, dilW, padT, padL} = geometry;
  const terms = [];
  if (bias) terms.push(term(numbers.value(bias, [d2])));
  for (let wR = 0; wR < kH; wR++)
    for (let wC = 0; wC < kW; wC++)
      for (let d1 = 0; d1 < C; d1++) {
        const xR = yR * sH + wR * dilH - padT;
        const xC = yC * sW + wC * dilW - padL;
        if (xR < 0 || xR >= H || xC < 0 || xC >= W) continue; // padding: no such term
        const xHere = numbers.value(x, [xR, xC, d1]);
        terms.push(term(xHere, numbers.value(filter, [wR, wC, d1, d2])));
      }
  return sum(terms);
}

/** dx[xR, xC, d1] = Σ over d2, and over each yR, yC whose window lies over xR, xC, of dy[yR, yC, d2] · filter[wR, wC, d1, d2] */
export function conv2dInputGradient(
  numbers: Numbers,
  {name: y, weights: [filter], geometry}: Conv2D,
  [xR, xC, d1]: number[],
): Result {
  const {kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL} = geometry;
  const terms = [];
  for (let yR = 0; yR < yH; yR++)
    for (let yC = 0; yC < yW; yC++) {
      // The tap of this window that lies over xR, xC. Most windows have none there.
      const wR = (xR + padT - yR * sH) / dilH;
      const wC = (xC + padL - yC * sW) / dilW;
      if (!isIndex(wR, kH) || !isIndex(wC, kW)) continue;
      for (let d2 = 0; d2 < K; d2++) {
        const dy = numbers.gradient(y, [yR, yC, d2]);
        terms.push(term(dy, numbers.value(filter, [wR, wC, d1, d2])));
      }
    }
  return sum(terms);
}

const isIndex = (n: number, size: number): boolean => Number.isInteger(n) && n >= 0 && n < size;

/** dFilter[wR, wC, d1, d2] = Σ over yR, yC of dy[yR, yC, d2] · x[xR, xC, d1] */
export function conv2dFilterGradient(
  numbers: Numbers,
  {name: y, input: x, geometry}: Conv2D,
  [wR, wC, d1, d2]: number[],
): Result {
  const {H, W, yH, yW, sH, sW, dilH, dilW, padT, padL} = geometry;
  const terms = [];
  for (let yR = 0; yR < yH; yR++)
    for (let yC = 0; yC < yW; yC++) {
      const xR = yR * sH + wR * dilH - padT;
      const xC = yC * sW + wC * dilW - padL;
      if (xR < 0 || xR >= H || xC < 0 || xC >= W) continue;
      terms.push(term(numbers.gradient(y, [yR, yC, d2]), numbers.value(x, [xR, xC, d1])));
    }
  return sum(terms);
}

/** dBias[d2] = Σ over yR, yC of dy[yR, yC, d2] */
export function conv2dBiasGradient(
  numbers: Numbers,
  {name: y, geometry: {yH, yW}}: Conv2D,
  [d2]: number[],
): Result {
  const terms = [];
  for (let yR = 0; yR < yH; yR++)
    for (let yC = 0; yC < yW; yC++) terms.push(term(numbers.gradient(y, [yR, yC, d2])));
  return sum(terms);
}
