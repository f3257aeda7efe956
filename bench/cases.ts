// What is timed: ours beside stock TensorFlow.js, on the same backend and the same numbers.
import type {MnistData} from '../src/data/mnist_data.ts';
import {type Preset, presets} from '../src/network.ts';
import {kernelCases} from './kernel_cases.ts';
import {stepCase} from './step_case.ts';

/** Images in a batch. */
export const batchSize = 64;

/** One row of the table. Its name is a path: network, layer, pass. */
export interface Case {
  name: string;
  /** Makes everything that the clock should not see. */
  prepare(data: MnistData): Contest;
}

export interface Contest {
  /** Floating-point operations of one run; undefined for a pass without arithmetic. */
  flops?: number;
  /** Undefined where both give the same, within a tolerance; else what differs. To be asked before anything is timed. */
  disagreement(): string | undefined;
  /** Each of the two ends with reading its result back. */
  ours(): void;
  stock(): void;
  dispose(): void;
}

export const cases: readonly Case[] = (Object.keys(presets) as Preset[]).flatMap(preset => [
  stepCase(preset, batchSize),
  ...kernelCases(preset, batchSize),
]);
