// The bias and its gradient over typed arrays (see ops/bias.ts).
import type {Floats} from './matmul.ts';

/** bias [K] -> y [..., K], the bias in every row: what a product is then added to. */
export function repeatRow(bias: Floats, y: Floats): void {
  const K = bias.length;
  for (let row = 0; row < y.length; row += K) {
    for (let d2 = 0; d2 < K; d2++) y[row + d2] = bias[d2];
  }
}

/** dy [..., K] -> db [K]. Each sum is kept in float64, as there can be a great many rows. */
export function biasGradient(dy: Floats, db: Floats): void {
  const K = db.length;
  const sums = new Float64Array(K);
  for (let row = 0; row < dy.length; row += K) {
    for (let d2 = 0; d2 < K; d2++) sums[d2] += dy[row + d2];
  }
  db.set(sums);
}
