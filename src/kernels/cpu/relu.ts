// relu over typed arrays (see ops/relu.ts).
import {Relu, ReluGradient} from '../../ops/relu.ts';
import {type Floats, kernel} from './kernel.ts';

/**
 * y = x where x > 0, else 0, as (x + |x|) / 2: a choice by sign would be guessed wrong every other time. A NaN stays.
 * Only −∞ needs the choice, since ∞ − ∞ is NaN.
 */
export function relu({x}: {x: Floats}, _: object, y: Floats): void {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    y[i] = value === -Infinity ? 0 : (value + Math.abs(value)) / 2;
  }
}

/** dx = dy where y > 0, else 0 */
export function reluGradient({dy, y}: {dy: Floats; y: Floats}, _: object, dx: Floats): void {
  for (let i = 0; i < y.length; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}

export const reluKernels = {[Relu]: kernel(relu), [ReluGradient]: kernel(reluGradient)};
