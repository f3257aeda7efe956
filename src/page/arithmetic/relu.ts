// One element of relu's output or of its input's gradient (see ops/relu.ts).
import type {Station} from '../inside/stations.ts';
import type {Numbers, Result} from './numbers.ts';

/** x is the station before, y the relu itself. */
type Relu = Station & {input: string};

/** y[i] = x[i] where it is above 0, else 0 */
export function relu(numbers: Numbers, {input: x}: Relu, i: number[]): Result {
  const input = numbers.value(x, i);
  const isOpen = input.value > 0;
  return {definition: Math.max(input.value, 0), reason: {kind: 'gate', input, isOpen}};
}

/** dx[i] = dy[i] where x[i] is above 0, else 0 */
export function reluGradient(numbers: Numbers, {input: x, name: y}: Relu, i: number[]): Result {
  const input = numbers.value(x, i);
  const dy = numbers.gradient(y, i);
  const isOpen = input.value > 0;
  return {definition: isOpen ? dy.value : 0, reason: {kind: 'gate', input, dy, isOpen}};
}
