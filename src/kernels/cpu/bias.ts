// The bias and its gradient over typed arrays (see ops/bias.ts).
import {BiasGradient} from '../../ops/bias.ts';
import {type Floats, type Inputs, kernel} from './kernel.ts';

/** bias [K] -> y [..., K]: the bias in every row, before a product is added. */
export function repeatRow(bias: Floats, y: Floats): void {
  const K = bias.length;
  for (let rowAt = 0; rowAt < y.length; rowAt += K) {
    for (let d2 = 0; d2 < K; d2++) y[rowAt + d2] = bias[d2];
  }
}

/** dy [..., K] -> dBias [K]. The sums are float64, as there can be a great many rows. */
export function biasGradient({dy}: Inputs, _: object, dBias: Floats): void {
  const K = dBias.length;
  const sums = new Float64Array(K);
  for (let rowAt = 0; rowAt < dy.length; rowAt += K) {
    for (let d2 = 0; d2 < K; d2++) sums[d2] += dy[rowAt + d2];
  }
  dBias.set(sums);
}

export const biasKernels = {[BiasGradient]: kernel(biasGradient)};
