// ONNX models: what others write is read, and what lies is refused.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {Preset} from '../../src/presets.ts';
import {sizeOf, writeNumbers} from '../../src/weights/numbers.ts';
import {field, joined} from '../../src/weights/protobuf.ts';
import {filesBeside, readWeights, type WeightsInput} from '../../src/weights/read_weights.ts';
import {type NamedTensor, readSafetensors} from '../../src/weights/safetensors.ts';
import {filesOf, presets, refuses, weightsOf} from '../weights.ts';

/** An ONNX model as somebody else writes it. Values are the fields of a TensorProto after its shape, type and name. */
interface Initializer {
  name: string;
  shape: number[];
  type: number;
  values: Uint8Array[];
}

const float = (name: string, {shape, values}: NamedTensor): Initializer => ({
  name,
  shape,
  type: 1,
  values: [field(4, writeNumbers(values))], // float_data, packed
});

type Written = [op: string, inputs: string[], ...attributes: Uint8Array[][]];

function onnxOf(nodes: Written[], initializers: Initializer[]): Uint8Array {
  const graph = [
    ...nodes.map(([op, inputs, ...attributes], i) =>
      field(1, [
        ...inputs.map(input => field(1, input)),
        field(2, `y${i}`),
        field(4, op),
        ...attributes.map(attribute => field(5, attribute)),
      ]),
    ),
    ...initializers.map(({name, shape, type, values}) =>
      field(5, [...shape.map(size => field(1, size)), field(2, type), field(8, name), ...values]),
    ),
  ];
  return joined([field(1, 7), field(8, [field(2, 13)]), field(7, graph)]);
}

const tensorsOf = (preset: Preset): Record<string, NamedTensor> =>
  readSafetensors(filesOf('pytorch', preset)[0].bytes).tensors;

/** As PyTorch exports the network. */
function exported(
  preset: Preset,
  last: Written = ['Gemm', ['', 'dense.weight', 'dense.bias']],
): Written[] {
  const inputs = (n: number) =>
    Object.keys(tensorsOf(preset)).filter(name => name.startsWith(`conv${n}`));
  return [1, 2]
    .flatMap((n): Written[] => [
      ['Conv', ['', ...inputs(n)]],
      ['Relu', ['']],
      ['MaxPool', ['']],
    ])
    .concat([['Shape', ['']], ['Reshape', ['', 'flat']], last, ['Softmax', ['']]]);
}

const initializersOf = (preset: Preset) =>
  Object.entries(tensorsOf(preset)).map(([name, tensor]) => float(name, tensor));

const flat: Initializer = {
  name: 'flat',
  shape: [2],
  type: 7,
  values: [field(7, Uint8Array.of(1, 127))],
};

const onnxFile = (bytes: Uint8Array): WeightsInput => ({name: 'model.onnx', bytes});

for (const preset of presets) {
  test(`weights: ${preset} as PyTorch exports it to ONNX is read, with float_data`, () => {
    const bytes = onnxOf(exported(preset), [...initializersOf(preset), flat]);
    const {weights, said} = readWeights([{name: 'a model', bytes}]);
    assert.equal(weights, weightsOf(preset));
    assert.equal([said.key, said.values.inputs], ['fileRecognised', 'CHW']);
  });

  test(`weights: ${preset} as TensorFlow's converter writes ONNX is read: a transpose, a product and biases added`, () => {
    const ours = weightsOf(preset);
    const {'dense.weight': _, ...tensors} = tensorsOf(preset);
    const inputs = preset === 'tutorial' ? 256 : 784;
    const dense = float('W', {shape: [inputs, 10], values: ours.at(-2)!});
    const perm = [field(1, 'perm'), ...[0, 2, 3, 1].map(axis => field(8, axis)), field(20, 7)];
    const nodes = exported(preset, ['MatMul', ['', 'W']]).map(
      (node): Written => (node[0] === 'Shape' ? ['Transpose', [''], perm] : node),
    );
    const bias = tensors['conv1.bias'];
    const added = Object.entries(tensors).map(([name, tensor]) =>
      float(name, name === 'conv1.bias' ? {...bias, shape: [1, 8, 1, 1]} : tensor),
    );
    const [[op, [x, filter]], ...rest] = nodes;
    const first: Written[] = [[op, [x, filter]]];
    if (bias) first.push(['Add', ['', 'conv1.bias']]);
    const bytes = onnxOf([...first, ...rest, ['Add', ['', 'dense.bias']]], [...added, dense]);
    const {weights, said} = readWeights([onnxFile(bytes)]);
    assert.equal(weights, ours);
    assert.is(said.values.inputs, 'HWC');
  });
}

test('weights: ONNX’s other ways to hold numbers are read', () => {
  const ones = (name: string, {shape}: NamedTensor): Initializer => {
    const n = sizeOf(shape);
    const bits = new Uint16Array(n);
    const ways: Record<string, [number, Uint8Array]> = {
      'conv1.weight': [11, field(9, new Uint8Array(new Float64Array(n).fill(1).buffer))],
      'conv1.bias': [11, field(10, new Uint8Array(new Float64Array(n).fill(1).buffer))],
      'conv2.weight': [10, field(9, new Uint8Array(bits.fill(0x3c00).buffer))],
      'conv2.bias': [16, joined(Array(n).fill(field(5, 0x3f80)))],
      'dense.weight': [16, field(9, new Uint8Array(bits.fill(0x3f80).buffer))],
      'dense.bias': [1, joined(Array(n).fill(Uint8Array.of(4 * 8 + 5, 0, 0, 0x80, 0x3f)))],
    };
    return {name, shape, type: ways[name][0], values: [ways[name][1]]};
  };
  const initializers = Object.entries(tensorsOf('tutorial')).map(([name, each]) =>
    ones(name, each),
  );
  // A name in a Constant instead of the initializers.
  const {shape, type, values} = initializers[0];
  const tensor = [...shape.map(size => field(1, size)), field(2, type), ...values];
  const constant: Written = ['Constant', [], [field(1, 'value'), field(5, tensor), field(20, 4)]];
  const nodes = exported('tutorial');
  nodes[0] = ['Conv', ['', 'y0', 'conv1.bias']];
  const bytes = onnxOf([constant, ...nodes], initializers.slice(1));
  const expected = weightsOf('tutorial').map(values => values.fill(1));
  assert.equal(readWeights([onnxFile(bytes)]).weights, expected);
});

/** A tensor whose numbers are in another file. */
const external = (name: string, shape: number[], place: Record<string, string>): Initializer => ({
  name,
  shape,
  type: 1,
  values: [
    ...Object.entries(place).map(([key, value]) => field(13, [field(1, key), field(2, value)])),
    field(14, 1),
  ],
});

/** As PyTorch's newer exporter writes it: all numbers in model.onnx.data. */
function apart(change: (place: Record<string, string>) => object = place => place) {
  let offset = 0;
  const data: Uint8Array[] = [];
  const initializers = Object.entries(tensorsOf('tutorial')).map(([name, {shape, values}]) => {
    const bytes = writeNumbers(values);
    const place = {location: 'model.onnx.data', offset: `${offset}`, length: `${bytes.length}`};
    data.push(bytes);
    offset += bytes.length;
    return external(name, shape, name === 'conv1.bias' ? {...place, ...change(place)} : place);
  });
  const bytes = onnxOf(exported('tutorial'), initializers);
  return [onnxFile(bytes), {name: 'model.onnx.data', bytes: joined(data)}];
}

test('weights: an ONNX model with its numbers in a file beside it is read', () => {
  const files = apart();
  assert.equal(filesBeside(files[0]), ['model.onnx.data']);
  assert.equal(readWeights(files.toReversed()).weights, weightsOf('tutorial'));
  refuses(
    [files[0]],
    'This file’s numbers are in model.onnx.data, and that file did not come with it.',
  );
  for (const location of ['../model.onnx.data', '/etc/passwd']) {
    const outside = `This file’s numbers should be in a file beside it, and it names “${location}”.`;
    refuses(
      apart(() => ({location})),
      outside,
    );
  }
  const size = (found: number) =>
    `This file is damaged: conv1.bias should have 32 bytes, and has ${found}.`;
  refuses(
    apart(() => ({offset: '23960'})),
    size(16),
  );
  refuses(
    apart(() => ({offset: '99999999'})),
    size(0),
  );
  refuses(
    apart(() => ({length: '16'})),
    size(16),
  );
  refuses(
    apart(() => ({length: '-1'})),
    'This file’s numbers should be in a file beside it, and it names “-1”.',
  );
});

test('weights: an ONNX model that lies about its tensors is refused', () => {
  const withBias = (values: Partial<Initializer>) => {
    const initializers = initializersOf('tutorial').map(each =>
      each.name === 'conv1.bias' ? {...each, ...values} : each,
    );
    return [onnxFile(onnxOf(exported('tutorial'), initializers))];
  };
  const size = (expected: number) =>
    `This file is damaged: conv1.bias should have ${expected} bytes, and has 32.`;
  refuses(withBias({shape: [9]}), size(36));
  refuses(withBias({shape: [2 ** 30, 2 ** 30]}), size(2 ** 62));
  refuses(
    withBias({type: 11}),
    'This file is damaged: conv1.bias should have 64 bytes, and has 0.',
  );
  refuses(
    withBias({type: 7}),
    'This file’s tensor conv1.bias should have a dtype of F64 / F32 / F16 / BF16, and has ONNX 7.',
  );
});

test('weights: an ONNX model whose dense layer is transposed by a node of its own is read, in either order of inputs', () => {
  const transpose = (input: string, ...axes: number[]): Written => {
    const perm = [field(1, 'perm'), ...axes.map(axis => field(8, axis)), field(20, 7)];
    return ['Transpose', [input], perm];
  };
  const product: Written[] = [
    ['MatMul', ['', 'y']],
    ['Add', ['', 'dense.bias']],
  ];
  const {'dense.weight': dense, ...others} = tensorsOf('tutorial');
  const ours = weightsOf('tutorial')[4];
  const byRows = Float32Array.from(ours, (_, i) => ours[(i % 256) * 10 + Math.floor(i / 256)]);
  for (const [inputs, values] of [
    ['CHW', dense.values],
    ['HWC', byRows],
  ] as const) {
    const nodes = [...exported('tutorial', transpose('dense.weight', 1, 0)), ...product];
    if (inputs === 'HWC') nodes.splice(6, 0, transpose('', 0, 2, 3, 1));
    const tensors = {...others, 'dense.weight': {...dense, values}};
    const initializers = Object.entries(tensors).map(([name, tensor]) => float(name, tensor));
    const {weights, said} = readWeights([onnxFile(onnxOf(nodes, initializers))]);
    assert.equal([weights, said.values.inputs], [weightsOf('tutorial'), inputs]);
  }
});

test('weights: an ONNX model whose tensors share one file’s bytes a thousand times is refused', () => {
  const place = {location: 'data', offset: '0', length: '40000'};
  const names = Array.from({length: 1000}, (_, i) => `bias${i}`);
  const nodes = exported('tutorial').concat(names.map((name): Written => ['Add', ['', name]]));
  const initializers = names.map(name => external(name, [10_000], place));
  const files = [
    onnxFile(onnxOf(nodes, initializers)),
    {name: 'data', bytes: new Uint8Array(40_000)},
  ];
  refuses(files, 'A weights file should have at most 1000000 bytes, and this file has 1040000.');
});

test('weights: an ONNX model of other operators is refused', () => {
  const ours = 'Conv, Conv, Gemm, MaxPool, MaxPool, Relu, Relu';
  const sentence = (found: string) =>
    `This file holds another network than ours: it should consist of ${ours}, and consists of ${found}.`;
  const refused = (nodes: Written[], found: string) =>
    refuses([onnxFile(onnxOf(nodes, initializersOf('tutorial')))], sentence(found));
  const nodes = exported('tutorial');
  refused([...nodes, ['Sigmoid', ['']]], `${ours}, Sigmoid`);
  refused(nodes.slice(1), ours.replace('Conv, ', ''));
  const two = Uint8Array.of(2 * 8 + 5, 0, 0, 0, 0x40); // the float 2
  for (const attribute of [
    [field(1, 'alpha'), two, field(20, 1)],
    [field(1, 'beta'), two, field(20, 1)],
    [field(1, 'transA'), field(3, 1), field(20, 2)],
  ]) {
    const scaled = exported('tutorial', ['Gemm', ['', 'dense.weight', 'dense.bias'], attribute]);
    refused(scaled, ours.replace('Gemm', 'Gemm (scaled)'));
  }
  refused([], '');
});

test('weights: bytes that are no ONNX model are refused', () => {
  const cut = 'This is no ONNX model, or only part of one: a field of it reaches beyond the end.';
  const [{bytes}] = filesOf('onnx', 'tutorial');
  refuses([onnxFile(bytes.subarray(0, -1))], cut);
  refuses([onnxFile(Uint8Array.of(0x80, 0x80))], cut);
  refuses([onnxFile(new Uint8Array(20).fill(0xff))], cut);
  refuses([onnxFile(Uint8Array.of(11))], cut);
  refuses([onnxFile(field(1, 8))], 'This is no ONNX model: it should have a graph, and has none.');
  // A field of −11 bytes, which would begin again and again.
  const back = Uint8Array.of(0x0a, 0xf5, ...Array(8).fill(0xff), 0x01);
  refuses([onnxFile(back)], cut);
});

test.run();
