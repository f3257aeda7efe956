// Weights as an ONNX model, which onnxruntime runs: image [batch, 1, 28, 28] in [0, 1] -> logits [batch, 10]. And those in other
// people's models of the same network.
// Sources: onnx.ai/onnx/operators, opset 17; onnx/onnx.proto3, for the numbers of the fields.
import {type Preset, weightShapes} from '../presets.ts';
import {bytesOf, checkBeside, checkSize, type WeightsInput} from './files.ts';
import {torchTensors} from './layouts.ts';
import {type Dtype, dtypes, readNumbers, sizeOf, writeNumbers} from './numbers.ts';
import {type Node, pairOf, readModel} from './onnx_file.ts';
import {chunks, field, integers, joined, type Message, messages} from './protobuf.ts';
import {expectNetwork, type Flat, type FoundTensors} from './recognise.ts';
import type {NamedTensor} from './safetensors.ts';
import {WeightsError} from './weights_error.ts';

const OPSET = 17;
/** The version of ONNX's own format that came with that opset. */
const IR_VERSION = 8;
/** TensorProto.DataType */
const FLOAT = 1;
const dtypeOf: Record<number, Dtype> = {[FLOAT]: 'F32', 10: 'F16', 11: 'F64', 16: 'BF16'};

// ---- write

export function writeOnnx(
  preset: Preset,
  weights: readonly Float32Array[],
  metadata: Record<string, string>,
): Uint8Array {
  const tensors = torchTensors(preset, weights);
  const weightsOf = (layer: string) =>
    Object.keys(tensors).filter(name => name.startsWith(`${layer}.`));
  const half = weightShapes[preset]['conv1.filter'][0] >> 1;
  const pad = preset === 'mnist-core' ? half : 0; // 'same', else 'valid'
  const layer = (n: number, input: string) => [
    node('Conv', [input, ...weightsOf(`conv${n}`)], `conv${n}`, {pads: Array(4).fill(pad)}),
    node('MaxPool', [`conv${n}`], `pool${n}`, {kernel_shape: [2, 2], strides: [2, 2]}),
    node('Relu', [`pool${n}`], `relu${n}`),
  ];
  const nodes = [
    ...layer(1, 'image'),
    ...layer(2, 'relu1'),
    node('Flatten', ['relu2'], 'flatten'),
    node('Gemm', ['flatten', ...weightsOf('dense')], 'logits', {transB: 1}),
  ];
  const graph = [
    ...nodes.map(node => field(1, node)),
    field(2, preset),
    ...Object.entries(tensors).map(([name, tensor]) => field(5, tensorProto(name, tensor))),
    field(11, valueInfo('image', ['batch', 1, 28, 28])),
    field(12, valueInfo('logits', ['batch', 10])),
  ];
  return joined([
    field(1, IR_VERSION),
    field(2, 'mnist-ops'),
    field(7, graph),
    field(8, [field(2, OPSET)]),
    ...Object.entries(metadata).map(([key, value]) => field(14, [field(1, key), field(2, value)])),
  ]);
}

/** NodeProto */
const node = (
  op: string,
  inputs: string[],
  output: string,
  attributes: Record<string, number | number[]> = {},
): Uint8Array[] => [
  ...inputs.map(input => field(1, input)),
  field(2, output),
  field(3, output),
  field(4, op),
  ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
];

/** AttributeProto, of type INT or INTS */
const attribute = (name: string, value: number | number[]): Uint8Array[] =>
  Array.isArray(value)
    ? [field(1, name), ...value.map(each => field(8, each)), field(20, 7)]
    : [field(1, name), field(3, value), field(20, 2)];

/** TensorProto */
const tensorProto = (name: string, {shape, values}: NamedTensor): Uint8Array[] => [
  ...shape.map(size => field(1, size)),
  field(2, FLOAT),
  field(8, name),
  field(9, writeNumbers(values)),
];

/** ValueInfoProto of a float tensor; an axis of any size has a name. */
function valueInfo(name: string, shape: (number | string)[]): Uint8Array[] {
  const sizes = shape.map(size => field(1, [field(typeof size === 'number' ? 1 : 2, size)]));
  return [field(1, name), field(2, [field(1, [field(1, FLOAT), field(2, sizes)])])];
}

// ---- read

/** MatMul counts as Gemm. */
const EXPECTED = ['Conv', 'Conv', 'Gemm', 'MaxPool', 'MaxPool', 'Relu', 'Relu'];
/** These only pass numbers on, work out a shape, or come after the logits. */
const PASSING =
  'Add Cast Concat Constant Dropout Flatten Gather Identity LogSoftmax Reshape Shape Slice Softmax Squeeze Transpose Unsqueeze';

/** @throws WeightsError if the bytes are no ONNX model, or one of another network */
export function readOnnx(bytes: Uint8Array, files: readonly WeightsInput[]): FoundTensors {
  const {nodes, initializers, metadata} = readModel(bytes);
  checkNodes(nodes);
  const inputsOf = (...ops: string[]) =>
    nodes.filter(({op}) => ops.includes(op)).flatMap(({inputs}) => inputs);
  const added = new Set(inputsOf('Add'));
  const names = new Set([...inputsOf('Conv', 'Gemm', 'MatMul', 'Transpose', 'Identity'), ...added]);
  let size = 0;
  const tensors = [...names]
    .filter(name => initializers.has(name))
    .map(name => {
      const {shape, dtype, bytes} = findTensor(name, initializers.get(name)!, files);
      size += bytes.length;
      checkSize(size); // tensors may share their bytes
      // A bias that is added to maps is [K, 1, 1].
      const shown = added.has(name) ? shape.filter(size => size !== 1) : shape;
      return [name, {shape: shown, values: readNumbers(dtype, bytes)}];
    });
  return {format: 'ONNX', tensors: Object.fromEntries(tensors), metadata, flat: flatOf(nodes)};
}

/** The files that hold a model's numbers, if it doesn't hold them itself. */
export function filesOfOnnx(bytes: Uint8Array): string[] {
  const {initializers} = readModel(bytes);
  const places = [...initializers.values()].map(placeOf);
  return [...new Set(places.flatMap(place => (place ? [place.file] : [])))];
}

function checkNodes(nodes: Node[]): void {
  const found = nodes.map(({op, attributes: {alpha = 1, beta = 1, transA = 0}}) => {
    if (op === 'MatMul') return 'Gemm';
    return op === 'Gemm' && (alpha !== 1 || beta !== 1 || transA) ? 'Gemm (scaled)' : String(op);
  });
  const passing = PASSING.split(' ');
  expectNetwork(
    EXPECTED,
    found.filter(op => !passing.includes(op)),
  );
}

/** ONNX's maps are [C, H, W]; converters from TensorFlow transpose the last one before they flatten it. */
function flatOf(nodes: Node[]): Flat {
  const isOfMap = ({op, attributes: {perm}}: Node) =>
    op === 'Transpose' && Array.isArray(perm) && perm.length === 4;
  const turn = nodes.findLast(isOfMap);
  return String(turn?.attributes.perm) === '0,2,3,1' ? 'HWC' : 'CHW';
}

/** Where the numbers of a tensor are. */
function findTensor(name: string, proto: Message, files: readonly WeightsInput[]) {
  const shape = integers(proto, 1);
  const [type] = integers(proto, 2);
  const dtype = dtypeOf[type];
  if (!dtype) {
    const expected = Object.keys(dtypes).join(' / ');
    throw new WeightsError('fileDtype', {name, expected, found: `ONNX ${type}`});
  }
  const bytes = numbersOf(proto, dtype, files);
  const expected = sizeOf(shape) * dtypes[dtype].bytes;
  if (bytes.length !== expected) {
    throw new WeightsError('fileSize', {name, expected, found: bytes.length});
  }
  return {shape, dtype, bytes};
}

/** The numbers of a tensor: in raw_data, in a file beside the model, or in the field of their type. */
function numbersOf(proto: Message, dtype: Dtype, files: readonly WeightsInput[]): Uint8Array {
  const place = placeOf(proto);
  if (place) {
    const {file, offset, length} = place;
    const bytes = bytesOf(files, file);
    return bytes.subarray(offset, offset + (length ?? bytes.length));
  }
  const [raw] = chunks(proto, 9);
  if (raw) return raw;
  if (dtype === 'F32') return joined(chunks(proto, 4));
  if (dtype === 'F64') return joined(chunks(proto, 10));
  return new Uint8Array(Uint16Array.from(integers(proto, 5)).buffer); // the bits of 16-bit floats
}

/** The external_data of a TensorProto. */
function placeOf(proto: Message): {file: string; offset: number; length?: number} | undefined {
  if (integers(proto, 14)[0] !== 1) return undefined;
  const {location, offset = '0', length} = Object.fromEntries(messages(proto, 13).map(pairOf));
  const wrong = [offset, length ?? '0'].find(text => !/^\d{1,15}$/.test(text));
  if (wrong !== undefined) throw new WeightsError('fileOutside', {found: wrong});
  return {
    file: checkBeside(location),
    offset: Number(offset),
    length: length === undefined ? undefined : Number(length),
  };
}
