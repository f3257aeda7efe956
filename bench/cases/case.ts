// One case of an op: what the tests' witnesses and the bench need of it.
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

/** A kernel by its registered name, which is also that of its gradient. */
export interface RegisteredOp {
  kernel: string;
  attrs: object;
  /** The kernel's names of the inputs, if they differ from the case's. */
  inputs?: string[];
}

export interface OpCase {
  title: string;
  /** The first inputs have gradients; constants come last. */
  inputs: Input[];
  constants?: Input[];
  outputShape: number[];
  /** The most products in the sum of one element: of the output, then of each gradient. */
  terms: number[];

  /** The op under test. */
  run(inputs: tf.Tensor[]): tf.Tensor;
  /** The op by its definition: the float64 loops of src/kernels/definition/, which share no code with any other kernel. */
  definition(inputs: Float64Array[]): Float64Array;
  /** The gradients by the definition, in the order of the inputs; one of an absent bias may come last. */
  definitionGradients(inputs: Float64Array[], dy: Float64Array): Float64Array[];
  /** Output and gradients from the TypeScript kernels, on float64 arrays. Absent if `cpu` has no kernels for the op. */
  float64?(inputs: Float64Array[], dy: Float64Array): Result<Float64Array>;
  /** The same from tf.layers. Absent if stock TensorFlow.js can't compute the op; without gradients if it can't differentiate it. */
  layers?(inputs: tf.Tensor[], dy: tf.Tensor): Result<tf.Tensor>;

  /** For the bench: our kernel, the stock kernel that computes the same, and the operations of forward and of each gradient. */
  ours?(): RegisteredOp;
  stock?(): RegisteredOp;
  flops?: number;

  /** True if float32 rounds the results even of small integers. */
  isRounded?: true;
  /** Draws inputs away from kinks and ties. If absent, inputs are normally distributed. */
  smooth?(input: Input, random: Random): Float64Array;
}

export const sizeOf = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);

/** An array of n zeros, filled by a kernel. */
export function filled(n: number, fill: (values: Float64Array) => void): Float64Array {
  const values = new Float64Array(n);
  fill(values);
  return values;
}

/** An op's options for a title: ", pad 1, strides 2". */
export const optionText = (options: object): string =>
  Object.entries(options)
    .map(([name, value]) => `, ${name} ${JSON.stringify(value)}`)
    .join('');
