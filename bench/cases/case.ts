// One case of an op: what every witness of the tests needs, and the bench.
import * as tf from '@tensorflow/tfjs-core';
import type {Random} from '../../src/random.ts';

export interface Input {
  name: string;
  shape: number[];
}

export interface Result<T> {
  y: T;
  /** One for each input that has a gradient, in order. */
  gradients: T[];
}

/** A kernel by the name under which TensorFlow.js knows it and its gradient. */
export interface RegisteredOp {
  kernel: string;
  attrs: object;
  /** What it calls the case's inputs, where that is something else. */
  inputs?: string[];
}

export interface OpCase {
  title: string;
  /** The first inputs have gradients; constants come last. */
  inputs: Input[];
  constants?: Input[];
  outputShape: number[];
  /** The most products that are summed for one element: of the output, then of the gradients. */
  terms: number[];

  /** The op under test. */
  run(inputs: tf.Tensor[]): tf.Tensor;
  /** Its definition, the float64 loops of src/kernels/definition/, which share no code with any other kernel. */
  definition(inputs: Float64Array[]): Float64Array;
  /** The gradients by the definition. */
  definitionGradients(inputs: Float64Array[], dy: Float64Array): Float64Array[];
  /** The TypeScript kernels on float64 arrays. */
  float64(inputs: Float64Array[], dy: Float64Array): Result<Float64Array>;
  /** The same from tf.layers; absent where stock TensorFlow.js can't compute it, no gradients where it can't differentiate it. */
  layers?(inputs: tf.Tensor[], dy: tf.Tensor): Result<tf.Tensor>;

  /** For the bench: our kernel, the stock kernel that computes the same, and the operations of forward and of each gradient. */
  ours?(): RegisteredOp;
  stock?(): RegisteredOp;
  flops?: number;

  /** False if even small integers give results that float32 rounds. */
  exactOnIntegers: boolean;
  /** Inputs away from kinks and ties; normally distributed numbers if absent. */
  smooth?(input: Input, random: Random): Float64Array;
}

export const sizeOf = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);
