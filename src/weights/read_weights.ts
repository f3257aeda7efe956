// Weights from a file, and which of the two networks they belong to.
import type {Values} from '../format.ts';
import {type Preset, weightShapes} from '../presets.ts';
import {readSafetensors, type WeightsFile} from './safetensors.ts';
import type {WeightsKey} from './texts.ts';
import {WeightsError} from './weights_error.ts';

export interface WeightsInput {
  name: string;
  bytes: Uint8Array;
}

export interface ReadWeights {
  preset: Preset;
  /** In the order of Network.variables. */
  weights: Float32Array[];
  metadata: Record<string, string>;
  /** What was recognised: a sentence. */
  said: {key: WeightsKey; values: Values};
}

/** The most bytes of a weights file, many times as many as the weights of either network take. */
export const largestFile = 1_000_000;

/** @throws WeightsError for a file of more bytes than weights of ours take, before anybody reads it */
export function checkSize(bytes: number): void {
  if (bytes > largestFile)
    throw new WeightsError('fileLarge', {expected: largestFile, found: bytes});
}

/**
 * The weights in a file.
 * @throws WeightsError if they are none of ours
 */
export function readWeights([{bytes}]: WeightsInput[]): ReadWeights {
  return recognise(readSafetensors(bytes));
}

function recognise({tensors, metadata}: WeightsFile): ReadWeights {
  const preset = presetOf(tensors, metadata.net);
  const shapes = weightShapes[preset];
  const weights = Object.entries(shapes).map(([name, shape]) => {
    const tensor = tensors[name];
    if (!tensor) throw new WeightsError('fileMissing', {name});
    const [expected, found] = [shape, tensor.shape].map(sizes => `[${sizes.join(', ')}]`);
    if (found !== expected) throw new WeightsError('fileShape', {name, expected, found});
    const index = tensor.values.findIndex(value => !Number.isFinite(value));
    if (index >= 0) {
      throw new WeightsError('fileNotFinite', {name, found: tensor.values[index], index});
    }
    return tensor.values;
  });
  const extra = Object.keys(tensors).find(name => !Object.hasOwn(shapes, name));
  if (extra !== undefined) {
    const expected = Object.keys(shapes).join(', ');
    throw new WeightsError('fileExtra', {net: preset, expected, found: extra});
  }
  return {preset, weights, metadata, said: {key: 'fileRecognised', values: {net: preset}}};
}

/**
 * The network whose dense layer has this many inputs, which tells the two apart. Without a dense layer, the one that the metadata name, so
 * that the error names it.
 */
function presetOf(tensors: WeightsFile['tensors'], named: string): Preset {
  const presets = Object.keys(weightShapes) as Preset[];
  const shape = String(tensors['dense.weights']?.shape);
  const ofShape = presets.find(each => String(weightShapes[each]['dense.weights']) === shape);
  return ofShape ?? presets.find(each => each === named) ?? presets[0];
}
