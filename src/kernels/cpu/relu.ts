// relu over typed arrays (see ops/relu.ts).
import type {Floats} from './matmul.ts';

/** y = x where x > 0, else 0. Math.max keeps a NaN, and unlike a branch costs no wrong guesses on random signs. */
export function relu(x: Floats, y: Floats): void {
  for (let i = 0; i < x.length; i++) y[i] = Math.max(x[i], 0);
}

/** dx = dy where y > 0, else 0 */
export function reluGradient(dy: Floats, y: Floats, dx: Floats): void {
  for (let i = 0; i < y.length; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}
