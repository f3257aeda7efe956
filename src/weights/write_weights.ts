// Weights as files in each of the formats.
import {type Preset, velocityName, weightShapes} from '../presets.ts';
import type {WeightsInput} from './files.ts';
import {writeLayersModel} from './layers_model.ts';
import {torchTensors} from './layouts.ts';
import {writeOnnx} from './onnx.ts';
import {type NamedTensor, writeSafetensors} from './safetensors.ts';

export interface Weights {
  preset: Preset;
  /** In the order of Network.variables. */
  weights: readonly Float32Array[];
  /** Those of momentum, in the same order, which only our own layout holds. Default: none. */
  velocities?: readonly Float32Array[];
  metadata: Record<string, string>;
}

/** The `format` in the metadata of a run that the page can go on with. */
export const RUN = 'mnist-ops';

/** Makes the files of a format. A model's first file names the others. */
type Write = (weights: Weights) => WeightsInput[];

export const formats = {
  /** Our names and layout. */
  safetensors: ({preset, weights, velocities = [], metadata}) => {
    const tensors: Record<string, NamedTensor> = {};
    const shapes = Object.entries(weightShapes[preset]);
    for (const [i, values] of weights.entries()) {
      const [name, shape] = shapes[i];
      tensors[name] = {shape, values};
    }
    for (const [i, values] of velocities.entries()) {
      const [name, shape] = shapes[i];
      tensors[velocityName(name)] = {shape, values};
    }
    return [safetensors(tensors, metadata)];
  },
  /** What load_state_dict of the same network in PyTorch takes. */
  pytorch: ({preset, weights, metadata}) => [
    safetensors(torchTensors(preset, weights), {...metadata, format: 'pt'}),
  ],
  onnx: ({preset, weights, metadata}) => [
    {name: 'model.onnx', bytes: writeOnnx(preset, weights, metadata)},
  ],
  /** A Layers model of TensorFlow.js: model.json and weights.bin. */
  layers: ({preset, weights, metadata}) => writeLayersModel(preset, weights, metadata),
} satisfies Record<string, Write>;

export type Format = keyof typeof formats;

const safetensors = (
  tensors: Record<string, NamedTensor>,
  metadata: Record<string, string>,
): WeightsInput => ({
  name: 'weights.safetensors',
  bytes: writeSafetensors({tensors, metadata}),
});
