// The bias's gradient over typed arrays (see ops/bias.ts).
import type {Floats} from './matmul.ts';

/** dy [..., K] -> db [K]. Each sum is kept in float64, as there can be a great many rows. */
export function biasGradient(dy: Floats, db: Floats): void {
  const K = db.length;
  const sums = new Float64Array(K);
  for (let row = 0; row < dy.length; row += K) {
    for (let d2 = 0; d2 < K; d2++) sums[d2] += dy[row + d2];
  }
  db.set(sums);
}
