// What is timed.
import {type Preset, presets} from '../src/network.ts';
import {type Case, inNode, inPage} from './contest.ts';
import {kernelCases} from './kernel_cases.ts';
import {layersCase} from './layers_case.ts';
import {stepCase} from './step_case.ts';

/** Images in a batch, but for `scaling`. */
export const batchSize = 64;

const scaling = [1, 8, 64, 256, 1024];

const presetNames = Object.keys(presets) as Preset[];

/** In this process. */
export const nodeCases: readonly Case[] = [
  ...presetNames.flatMap(preset => [
    stepCase(`${preset}/step`, preset, batchSize, inNode, ['simd', 'cpu', 'stock']),
    ...kernelCases(preset, batchSize, inNode),
  ]),
  layersCase('layers/step', batchSize),
  ...scaling.map(size => stepCase(`scaling/${size}`, 'tutorial', size, inNode, ['simd', 'cpu'])),
];

/** In a browser's page, on WebGL. */
export const pageCases: readonly Case[] = presetNames.flatMap(preset => [
  stepCase(`${preset}/step`, preset, batchSize, inPage, ['webgl', 'layers', 'stock']),
  ...kernelCases(preset, batchSize, inPage),
]);
