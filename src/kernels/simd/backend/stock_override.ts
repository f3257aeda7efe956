// What the tables of overrides have in common: a kernel of ours under a stock name.
import * as tf from '@tensorflow/tfjs-core';
import type {Untyped} from '../../../ops/kernel.ts';
import type {SimdBackend} from './backend.ts';
import type {Inputs, Tensor} from './kernel.ts';

/** Gives undefined if it declines. */
export type Override = (simd: SimdBackend, inputs: Inputs, attrs: Untyped) => Tensor | undefined;

/** Kernels of ours by their stock names. */
export type Overrides = Record<string, Override>;

/** True for a float32 tensor that isn't empty. */
export const isFloats = ({dtype, shape}: Tensor): boolean =>
  dtype === 'float32' && tf.util.sizeFromShape(shape) > 0;
