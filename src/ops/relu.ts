// relu: a negative number becomes 0
//   x [any shape]   ->   y of the same shape
//   forward    y  = x where x > 0, else 0
//   backward   dx = dy where y > 0, else 0
//   derived    ∂y/∂x is 1 where x > 0 and 0 where x < 0
// The gradient at 0 is 0. A NaN stays NaN.
// Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
import * as tf from '@tensorflow/tfjs-core';
import {checkTensor} from './checks.ts';
import {refuseGradient, runKernel, type Untyped} from './kernel.ts';

export const Relu = 'mnist.Relu';
export const ReluGradient = 'mnist.ReluGradient';

/**
 * The rectified linear unit, element by element.
 *
 * @param x float32, of any shape that isn't empty
 * @throws Error for another dtype and an empty shape
 */
export function relu<T extends tf.Tensor>(x: T): T {
  checkTensor('relu', 'x', x, null);
  return runKernel(Relu, {x}, {outputShape: x.shape}) as T;
}

// y > 0 exactly where x > 0. So the tape saves y, and x may be freed.
tf.registerGradient({
  kernelName: Relu,
  outputsToSave: [true],
  gradFunc: (dy: Untyped, [y]) => ({
    x: () => runKernel(ReluGradient, {dy, y}, {outputShape: y.shape}),
  }),
});

refuseGradient('relu', ReluGradient);
