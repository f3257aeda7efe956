// Which network and which layouts the tensors of a file have. Their shapes tell all but one thing, whoever named them: in which order
// the dense layer's inputs lie. If the file's format doesn't tell it either, it is taken to be that of the filters.
import type {Values} from '../format.ts';
import {type Preset, velocityName, weightShapes} from '../presets.ts';
import {filterSizes, type Order, reorder} from './layouts.ts';
import type {NamedTensor, WeightsFile} from './safetensors.ts';
import type {WeightsKey} from './texts.ts';
import {WeightsError} from './weights_error.ts';

export interface ReadWeights {
  preset: Preset;
  /** In the order of Network.variables. */
  weights: Float32Array[];
  /** Those of momentum, in the same order; none if the file has none. */
  velocities: Float32Array[];
  metadata: Record<string, string>;
  /** What was recognised: a sentence. */
  said: {key: WeightsKey; values: Values};
}

/** The order of a flattened map. */
export type Flat = 'HWC' | 'CHW';

export interface FoundTensors extends WeightsFile {
  format: string;
  /** How the dense layer's inputs lie, if the format tells. */
  flat?: Flat;
}

/**
 * The weights of one of the two networks.
 * @throws WeightsError if a tensor is missing or too many, or holds something else than finite numbers
 */
export function recognise({tensors, metadata, format, flat}: FoundTensors): ReadWeights {
  const preset = presetOf(tensors, metadata.net);
  const shapes = weightShapes[preset];
  const left = new Map(Object.entries(tensors));
  const velocities = takeVelocities(left, shapes);

  const found = Object.keys(shapes).map(name => {
    const forms = formsOf(preset, name);
    const formOf = ({shape}: NamedTensor) => forms.find(form => isShape(shape, form));
    const key = [...left.keys()].find(key => formOf(left.get(key)!));
    if (key === undefined) refuse(preset, name, tensors);
    const tensor = left.get(key)!;
    left.delete(key);
    checkFinite(key, tensor);
    return {name, values: tensor.values, isTurned: formOf(tensor) !== forms[0]};
  });
  const [extra] = left.keys();
  if (extra !== undefined) {
    const expected = Object.keys(shapes).join(', ');
    throw new WeightsError('fileExtra', {net: preset, expected, found: extra});
  }

  const isTurned = found.some(({name, isTurned}) => name === 'conv2.filter' && isTurned);
  const inputs = flat ?? (isTurned ? 'CHW' : 'HWC');
  const weights = found.map(({name, values, isTurned}) => {
    const sizes = filterSizes(preset, name);
    if (!sizes) return values;
    const isDense = name === 'dense.weights';
    const dense: Order = isTurned ? `K${inputs}` : `${inputs}K`;
    return reorder(values, sizes, isDense ? dense : isTurned ? 'KCHW' : 'HWCK', 'HWCK');
  });
  const filters = isTurned ? 'OIHW' : 'HWIO';
  const key = flat ? 'fileRecognised' : 'fileAssumed';
  return {
    preset,
    weights,
    velocities,
    metadata,
    said: {key, values: {format, net: preset, filters, inputs}},
  };
}

/** Takes the velocities of a run of ours out of the tensors: all, or none. */
function takeVelocities(tensors: Map<string, NamedTensor>, shapes: Record<string, number[]>) {
  const names = Object.keys(shapes);
  if (!names.every(name => tensors.has(velocityName(name)))) return [];
  return names.map(weight => {
    const name = velocityName(weight);
    const tensor = tensors.get(name)!;
    tensors.delete(name);
    if (!isShape(tensor.shape, shapes[weight])) {
      const [expected, found] = [shapes[weight], tensor.shape].map(text);
      throw new WeightsError('fileShape', {name, expected, found});
    }
    checkFinite(name, tensor);
    return tensor.values;
  });
}

function checkFinite(name: string, {values}: NamedTensor): void {
  const index = values.findIndex(value => !Number.isFinite(value));
  if (index >= 0) throw new WeightsError('fileNotFinite', {name, found: values[index], index});
}

/**
 * Compares what a network consists of, in any order: networks of the same parts in another order have other shapes.
 * @throws WeightsError if it is another network
 */
export function expectNetwork(expected: string[], parts: string[]): void {
  const found = parts.toSorted();
  if (String(found) === String(expected)) return;
  const SHOWN = 20;
  const list = [...found.slice(0, SHOWN), ...(found.length > SHOWN ? ['…'] : [])].join(', ');
  throw new WeightsError('fileNetwork', {expected: expected.join(', '), found: list});
}

/** The shapes that a weight may have: TensorFlow's first, then PyTorch's. */
function formsOf(preset: Preset, name: string): number[][] {
  const shape = weightShapes[preset][name];
  const [H, W, C, K] = shape;
  if (shape.length === 4) return [shape, [K, C, H, W]];
  return shape.length === 2 ? [shape, shape.toReversed()] : [shape];
}

const isShape = (shape: number[], expected: number[]) => String(shape) === String(expected);

/**
 * The network whose dense layer has this many inputs, which tells the two apart. Without a dense layer, the one that the metadata name, so
 * that the error names it.
 */
function presetOf(tensors: Record<string, NamedTensor>, named: string): Preset {
  const presets = Object.keys(weightShapes) as Preset[];
  const hasDense = (preset: Preset) =>
    Object.values(tensors).some(tensor =>
      formsOf(preset, 'dense.weights').some(form => isShape(tensor.shape, form)),
    );
  return presets.find(hasDense) ?? presets.find(preset => preset === named) ?? presets[0];
}

const text = (shape: number[]) => `[${shape.join(', ')}]`;

function refuse(net: Preset, name: string, tensors: FoundTensors['tensors']): never {
  const forms = formsOf(net, name).map(text);
  const sameName = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (!sameName) throw new WeightsError('fileMissing', {net, name, expected: forms.join(' / ')});
  throw new WeightsError('fileShape', {name, expected: forms[0], found: text(sameName.shape)});
}
