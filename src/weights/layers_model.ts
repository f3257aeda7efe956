// Weights as a Layers model of TensorFlow.js: model.json and weights.bin. tf.loadLayersModel opens it: images [batch, 28, 28, 1] in
// [0, 1] -> logits [batch, 10].
// Source: tensorflow/tfjs, tfjs-core/src/io/types.ts, ModelJSON and WeightsManifestConfig.
import {type Preset, weightShapes} from '../presets.ts';
import {bytesOf, checkBeside, checkSize, type WeightsInput} from './files.ts';
import {type Dtype, dtypes, readNumbers, sizeOf, writeNumbers} from './numbers.ts';
import {joined} from './protobuf.ts';
import {expectNetwork, type FoundTensors} from './recognise.ts';
import {WeightsError} from './weights_error.ts';

// ---- write

export function writeLayersModel(
  preset: Preset,
  weights: readonly Float32Array[],
  metadata: Record<string, string>,
): WeightsInput[] {
  const file = 'weights.bin';
  const manifest = Object.entries(weightShapes[preset]).map(([name, shape]) => {
    const kerasName = name.replace('.', '/').replace(/filter|weights/, 'kernel');
    return {name: kerasName, shape, dtype: 'float32'};
  });
  const model = {
    format: 'layers-model',
    generatedBy: 'mnist-ops',
    convertedBy: null,
    modelTopology: {
      class_name: 'Sequential',
      config: {name: preset, layers: layersOf(preset)},
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{paths: [file], weights: manifest}],
    userDefinedMetadata: metadata,
  };
  const json = new TextEncoder().encode(`${JSON.stringify(model, null, 2)}\n`);
  const numbers = joined(weights.map(writeNumbers));
  return [
    {name: 'model.json', bytes: json},
    {name: file, bytes: numbers},
  ];
}

function layersOf(preset: Preset): object[] {
  const shapes = weightShapes[preset];
  const layer = (class_name: string, name: string, config: object = {}) => ({
    class_name,
    config: {name, trainable: true, dtype: 'float32', ...config},
  });
  const conv = (n: number) => {
    const [kH, kW, , K] = shapes[`conv${n}.filter`];
    return [
      layer('Conv2D', `conv${n}`, {
        ...(n === 1 && {batch_input_shape: [null, 28, 28, 1]}),
        filters: K,
        kernel_size: [kH, kW],
        strides: [1, 1],
        padding: preset === 'mnist-core' ? 'same' : 'valid',
        data_format: 'channels_last',
        activation: 'linear',
        use_bias: `conv${n}.bias` in shapes,
      }),
      layer('MaxPooling2D', `pool${n}`, {
        pool_size: [2, 2],
        strides: [2, 2],
        padding: 'valid',
        data_format: 'channels_last',
      }),
      layer('Activation', `relu${n}`, {activation: 'relu'}),
    ];
  };
  const units = shapes['dense.bias'][0];
  return [
    ...conv(1),
    ...conv(2),
    layer('Flatten', 'flatten'),
    layer('Dense', 'dense', {units, activation: 'linear', use_bias: true}),
  ];
}

// ---- read

interface Group {
  paths: unknown[];
  weights: Json[];
}

// biome-ignore lint/suspicious/noExplicitAny: what a file may hold
type Json = Record<string, any>;

const EXPECTED = ['Conv2D', 'Conv2D', 'Dense', 'MaxPooling2D', 'MaxPooling2D', 'relu', 'relu'];
/** These only pass numbers on, or come after the logits. */
const PASSING = 'Activation Dropout Flatten InputLayer Reshape Softmax linear softmax';

/** @throws WeightsError if the files are no Layers model, or one of another network */
export function readLayersModel(bytes: Uint8Array, files: readonly WeightsInput[]): FoundTensors {
  const {groups, topology, metadata} = readJson(bytes);
  checkLayers(topology);
  refuseRepeated(groups.flatMap(({weights}) => weights.map(weight => weight?.name)));
  const tensors = groups.flatMap(({paths, weights}) => {
    const parts = paths.map(path => bytesOf(files, checkBeside(path)));
    return tensorsOf(parts, weights, String(paths));
  });
  return {
    format: 'TensorFlow.js Layers',
    tensors: Object.fromEntries(tensors),
    metadata,
    flat: 'HWC',
  };
}

/** The files that hold a model's numbers. */
export const filesOfLayersModel = (bytes: Uint8Array): string[] =>
  readJson(bytes).groups.flatMap(({paths}) => paths.map(checkBeside));

function readJson(bytes: Uint8Array) {
  let model: Json = {};
  try {
    model = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // refused below, as is JSON of another kind
  }
  const {format = 'JSON', modelTopology: topology, weightsManifest: groups} = model ?? {};
  const areGroups = Array.isArray(groups) && groups.every(isGroup);
  if (format === 'graph-model' || !topology || !areGroups) {
    throw new WeightsError('fileModel', {found: String(format)});
  }
  const texts = Object.entries(model.userDefinedMetadata ?? {});
  const metadata = Object.fromEntries(texts.filter(([, text]) => typeof text === 'string'));
  return {groups: groups as Group[], topology, metadata: metadata as Record<string, string>};
}

const isGroup = (group: Json): boolean =>
  Array.isArray(group?.paths) && Array.isArray(group.weights);

/** Counts layers and activations. */
function checkLayers({model_config, config = model_config?.config}: Json): void {
  const found: string[] = [];
  const open: Json[] = [config?.layers ?? config].flat();
  while (open.length > 0) {
    const {class_name, config = {}} = open.pop() ?? {};
    const type = class_name === 'ReLU' ? 'relu' : String(class_name ?? '?');
    if (!Array.isArray(config?.layers)) found.push(type, String(config?.activation ?? 'linear'));
    else for (const layer of config.layers) open.push(layer);
  }
  const passing = PASSING.split(' ');
  expectNetwork(
    EXPECTED,
    found.filter(name => !passing.includes(name)),
  );
}

function refuseRepeated(names: unknown[]): void {
  const seen = new Set();
  for (const name of names) {
    if (seen.has(name)) throw new WeightsError('fileWeight', {name: String(name)});
    seen.add(name);
  }
}

const dtypeOf = new Map<unknown, Dtype>([
  ['float32', 'F32'],
  ['float16', 'F16'],
]);

/** The weights of a group, which lie one after the other. */
function tensorsOf(parts: Uint8Array[], weights: Json[], files: string) {
  const places = weights.map(weight => {
    const {name, shape, dtype, quantization} = weight ?? {};
    const isShape = Array.isArray(shape) && shape.every(n => Number.isSafeInteger(n) && n >= 0);
    if (typeof name !== 'string' || !isShape) {
      throw new WeightsError('fileWeight', {name: String(name)});
    }
    const found = String(quantization?.dtype ?? dtype);
    const kind = dtypeOf.get(found);
    const expected = [...dtypeOf.keys()].join(' / ');
    if (!kind) throw new WeightsError('fileDtype', {name, expected, found});
    return {name, shape, dtype: kind, length: sizeOf(shape) * dtypes[kind].bytes};
  });
  const sum = (lengths: number[]) => lengths.reduce((sum, length) => sum + length, 0);
  const expected = sum(places.map(({length}) => length));
  const found = sum(parts.map(({length}) => length));
  if (found !== expected) throw new WeightsError('fileSize', {name: files, expected, found});
  checkSize(found);
  const bytes = joined(parts);
  let at = 0;
  return places.map(({name, shape, dtype, length}) => {
    const values = readNumbers(dtype, bytes.subarray(at, at + length));
    at += length;
    return [name, {shape, values}];
  });
}
