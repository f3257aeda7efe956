// relu over typed arrays (see ops/relu.ts).
import type {Floats} from './matmul.ts';

/** y = x where x > 0, else 0; asked the other way round, so that a NaN stays. */
export function relu(x: Floats, y: Floats): void {
  for (let i = 0; i < x.length; i++) y[i] = x[i] <= 0 ? 0 : x[i];
}

/** dx = dy where y > 0, else 0 */
export function reluGradient(dy: Floats, y: Floats, dx: Floats): void {
  for (let i = 0; i < y.length; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}
