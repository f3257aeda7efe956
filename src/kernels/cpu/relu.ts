// relu over typed arrays (see ops/relu.ts).
import {Relu, ReluGradient} from '../../ops/relu.ts';
import {type Floats, type Inputs, kernel} from './kernel.ts';

/**
 * y = x where x > 0, else 0, as (x + |x|) / 2: a processor would mispredict a branch on the sign every other time. A NaN stays.
 * −∞ alone needs a branch, since −∞ + ∞ is NaN.
 */
export function relu({x}: Inputs, _: object, y: Floats): void {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    y[i] = value === -Infinity ? 0 : (value + Math.abs(value)) / 2;
  }
}

/** dx = dy where y > 0, else 0 */
export function reluGradient({dy, y}: Inputs, _: object, dx: Floats): void {
  for (let i = 0; i < y.length; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}

export const reluKernels = {[Relu]: kernel(relu), [ReluGradient]: kernel(reluGradient)};
