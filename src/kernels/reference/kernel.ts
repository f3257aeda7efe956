// Turns a function made of TensorFlow.js's own ops into a kernel for any backend.
import * as tf from '@tensorflow/tfjs-core';
import type {Kernel, Untyped} from '../../ops/kernel.ts';

/** The kernel that calls `compute` with the inputs by name and the attributes, and disposes of everything but the result. */
export const kernel =
  (compute: (inputs: Untyped, attrs: Untyped) => tf.Tensor | tf.Tensor[]): Kernel =>
  ({inputs, attrs}) =>
    tf.tidy(() => compute(inputs, attrs));
