// What is timed.
import {type Preset, presets} from '../src/network.ts';
import type {Case} from './contest.ts';
import {kernelCases} from './kernel_cases.ts';
import {layersCase} from './layers_case.ts';
import {stepCase} from './step_case.ts';

/** Images in a batch, but for `scaling`. */
export const batchSize = 64;

const scaling = [1, 8, 64, 256, 1024];

export const cases: readonly Case[] = [
  ...(Object.keys(presets) as Preset[]).flatMap(preset => [
    stepCase(`${preset}/step`, preset, batchSize, ['simd', 'cpu', 'stock']),
    ...kernelCases(preset, batchSize),
  ]),
  layersCase('layers/step', batchSize),
  ...scaling.map(size => stepCase(`scaling/${size}`, 'tutorial', size, ['simd', 'cpu'])),
];
