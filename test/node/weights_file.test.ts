// Weights files: ours come back bit for bit, others' are read if they hold our tensors, and all else is refused.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createNetwork, type Preset} from '../../src/network.ts';
import {defaults} from '../../src/page/settings.ts';
import {readRun, type SavedRun} from '../../src/page/weights_file.ts';
import {weightShapes} from '../../src/presets.ts';
import {Random} from '../../src/random.ts';
import {readSafetensors, writeSafetensors} from '../../src/weights/safetensors.ts';
import {expectPageError} from '../page_errors.ts';
import {writeRun} from '../saved_file.ts';

tf.enableProdMode();

const presets: Preset[] = ['tutorial', 'mnist-core'];

function runOf(preset: Preset): SavedRun {
  const random = new Random(3, 'weights');
  const weights = Object.values(weightShapes[preset]).map(shape =>
    Float32Array.from({length: tf.util.sizeFromShape(shape)}, () => random.normal()),
  );
  weights[0].set([-0, 2 ** -149, 3.4028234663852886e38]); // the odd ones: -0, the smallest and the largest
  const numbers = {seed: -7, batchSize: 33, learningRate: 0.1 + 0.2, batches: 5000};
  return {
    settings: {preset, ...numbers, recipe: 'sgd', backend: 'webgl'},
    batch: 1234,
    weights,
    velocities: [],
  };
}

// biome-ignore lint/suspicious/noExplicitAny: what a file may hold
type Header = Record<string, any>;

const ascii = (text: string) => new TextEncoder().encode(text);

function take(bytes: Uint8Array): {header: Header; data: Uint8Array} {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = 8 + Number(view.getBigUint64(0, true));
  const json = new TextDecoder().decode(bytes.subarray(8, end));
  return {header: JSON.parse(json), data: bytes.slice(end)};
}

function fileOf(json: string | Uint8Array, data: Uint8Array = new Uint8Array(4)): Uint8Array {
  const header = typeof json === 'string' ? ascii(json) : json;
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(header.length), true);
  return Uint8Array.from([...new Uint8Array(length.buffer), ...header, ...data]);
}

const bytesOf = (preset: Preset) => writeRun(runOf(preset));

/** A file of ours with another header. */
function changed(change: (header: Header) => unknown, preset: Preset = 'tutorial'): Uint8Array {
  const {header, data} = take(bytesOf(preset));
  return fileOf(JSON.stringify(change(header) ?? header), data);
}
/** A file of ours with something else about one tensor. */
const withTensor = (name: string, values: object, preset: Preset = 'tutorial') =>
  changed(header => void Object.assign(header[name], values), preset);

/** A file of ours in which one tensor has another shape, and as many numbers. */
function withShape(name: string, shape: number[], preset: Preset): Uint8Array {
  const {tensors, metadata} = readSafetensors(bytesOf(preset));
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  return writeSafetensors({tensors: {...tensors, [name]: {shape, values}}, metadata});
}

const readOf = (bytes: Uint8Array) => readRun([{name: 'a file', bytes}]);

const refuses = (bytes: Uint8Array, sentence: string) =>
  expectPageError(() => readOf(bytes), sentence);

const bits = (weights: Float32Array[]) =>
  weights.map(({buffer, byteOffset, length}) => [...new Uint32Array(buffer, byteOffset, length)]);

for (const preset of presets) {
  test(`weights file: its tensors are the variables of the network, ${preset}`, () => {
    const network = createNetwork(preset);
    const shapes = network.variables.map(variable => variable.shape);
    assert.equal(shapes, Object.values(weightShapes[preset]));
    network.dispose();
  });

  test(`weights file: a run comes back as it was saved, each bit of its weights too, ${preset}`, () => {
    const run = runOf(preset);
    const {weights, said, ...rest} = readOf(writeRun(run));
    assert.equal(rest, {settings: run.settings, batch: run.batch, velocities: []});
    assert.equal(bits(weights), bits(run.weights));
  });

  test(`weights file: velocities come back, each bit of them, ${preset}`, () => {
    const {settings, batch, weights} = runOf(preset);
    const velocities = weights.map(values => values.toReversed());
    const run = {settings: {...settings, recipe: 'fast' as const}, batch, weights, velocities};
    const {said, ...found} = readOf(writeRun(run));
    assert.equal(found.settings, run.settings);
    assert.equal(bits(found.velocities), bits(velocities));
    assert.equal(bits(found.weights), bits(weights));
  });

  test(`weights file: tensors alone tell the network, ${preset}`, () => {
    for (const metadata of [undefined, {format: 'pt', net: 'mine', batch: '5'}]) {
      const other = ({__metadata__, ...header}: Header) => ({__metadata__: metadata, ...header});
      const {weights, said, ...rest} = readOf(changed(other, preset));
      assert.equal(rest, {settings: defaults({preset}), batch: 0, velocities: []});
      assert.equal(bits(weights), bits(runOf(preset).weights));
    }
  });
}

test('weights file: its bytes are those of the format', () => {
  const bytes = bytesOf('mnist-core');
  const {header, data} = take(bytes);
  assert.is((bytes.length - data.length) % 8, 0, 'aligned');
  assert.equal(header, {
    __metadata__: {
      format: 'mnist-ops',
      net: 'mnist-core',
      seed: '-7',
      'batch-size': '33',
      recipe: 'sgd',
      'learning-rate': '0.30000000000000004',
      backend: 'webgl',
      batches: '5000',
      batch: '1234',
    },
    'conv1.filter': {dtype: 'F32', shape: [5, 5, 1, 8], data_offsets: [0, 800]},
    'conv2.filter': {dtype: 'F32', shape: [5, 5, 8, 16], data_offsets: [800, 13600]},
    'dense.weights': {dtype: 'F32', shape: [784, 10], data_offsets: [13600, 44960]},
    'dense.bias': {dtype: 'F32', shape: [10], data_offsets: [44960, 45000]},
  });
  assert.is(data.length, 45000);
  assert.equal([...data.subarray(0, 12)], [0, 0, 0, 128, 1, 0, 0, 0, 255, 255, 127, 127]);
});

test('weights file: tensors in another order, and numbers at an odd place, are read', () => {
  const run = runOf('tutorial');
  const {header, data} = take(writeRun(run));
  const json = JSON.stringify(Object.fromEntries(Object.entries(header).reverse()));
  for (const spaces of [0, 1, 2, 3]) {
    const whole = fileOf(json + ' '.repeat(spaces), data);
    const inside = new Uint8Array(whole.length + 3);
    inside.set(whole, 3);
    assert.equal(bits(readOf(inside.subarray(3)).weights), bits(run.weights));
  }
});

test('weights file: a setting that our own file leaves out has its default', () => {
  const __metadata__ = {format: 'mnist-ops', seed: '9'};
  const file = changed(header => ({...header, __metadata__}), 'mnist-core');
  const {settings, batch} = readOf(file);
  assert.equal(settings, {...defaults({preset: 'mnist-core'}), seed: 9});
  assert.is(batch, 0);
});

test('weights file: a file without a whole header is refused', () => {
  const whole = bytesOf('tutorial');
  for (const length of [0, 7, 8]) {
    const sentence = `A weights file should have more than 8 bytes, and this file has ${length}.`;
    refuses(whole.subarray(0, length), sentence);
  }
  const header = whole.length - take(whole).data.length - 8;
  const cut = (room: number, length: number | string) =>
    `This is no weights file, or only part of one: its header should fit into ${room} bytes, and takes ${length}.`;
  refuses(whole.subarray(0, 8 + header - 1), cut(header - 1, header));
  refuses(new Uint8Array(16).fill(255), cut(8, '18446744073709551615'));
});

test('weights file: a header that is no JSON object is refused', () => {
  const sentence = (start: string) =>
    `This is no weights file: its header should be a JSON object, and starts with “${start}”.`;
  for (const text of ['', 'hello', '{"a": 1', '[]', 'null', '3', '[[[[[[[[']) {
    refuses(fileOf(text), sentence(text));
  }
  refuses(fileOf(Uint8Array.of(0xff, 0x22)), sentence('\ufffd"'));
});

test('weights file: metadata other than texts by name are refused', () => {
  const sentence = 'should hold texts by name, and holds something else as well.';
  for (const __metadata__ of [null, 'mnist-ops', ['mnist-ops'], {format: 'mnist-ops', seed: 1}]) {
    const file = changed(header => ({...header, __metadata__}));
    refuses(file, `This file’s __metadata__ ${sentence}`);
  }
});

test('weights file: settings of our own file that no run has are refused', () => {
  for (const [name, found, expected] of [
    ['net', 'lenet', 'one of tutorial, mnist-core'],
    ['learning-rate', '-1', 'a number from 0.000001 to 1000'],
    ...['-1', '1.5', '1000001', ''].map(n => ['batch', n, 'a whole number from 0 to 1000000']),
  ]) {
    const file = withTensor('__metadata__', {[name]: found});
    refuses(file, `${name} should be ${expected}, and is “${found}”.`);
  }
});

test('weights file: metadata that name the other network are refused', () => {
  const file = withTensor('__metadata__', {net: 'mnist-core'});
  const names = 'and its metadata names mnist-core';
  refuses(file, `This file’s tensors are those of the network tutorial, ${names}.`);
});

test('weights file: a shape that is not of the bytes’ size is refused', () => {
  for (const shape of [[], [9], [2 ** 40, 2 ** 40], [8, 8]]) {
    const expected = shape.reduce((product, size) => product * size, 4);
    const places = `${expected} of its 23976 bytes, and is at 800 to 832`;
    const sentence = `This file is damaged: the tensor conv1.bias should be ${places}.`;
    refuses(withTensor('conv1.bias', {shape}), sentence);
  }
});

test('weights file: an entry that is no tensor is refused', () => {
  const whole = {dtype: 'F32', shape: [8], data_offsets: [0, 32]};
  const wrong = [
    {dtype: 32},
    ...[8, ['8'], [[8]], [-8]].map(shape => ({shape})),
    ...[[0], [0, 32, 64], [0, 31.5], [0, 1e300]].map(data_offsets => ({data_offsets})),
  ];
  const sentence = 'should be a tensor with dtype, shape and data_offsets, and is something else.';
  for (const entry of [null, 8, 'F32', [], {}, ...wrong.map(values => ({...whole, ...values}))]) {
    const file = changed(header => ({...header, 'conv1.bias': entry}));
    refuses(file, `This file’s conv1.bias ${sentence}`);
  }
});

for (const preset of presets) {
  for (const [name, shape] of Object.entries(weightShapes[preset])) {
    test(`weights file: ${preset}'s ${name} is refused if it is missing, or of another shape or dtype`, () => {
      const notOurs = 'This file holds no weights of ours';
      const {[name]: _, ...tensors} = readSafetensors(bytesOf(preset)).tensors;
      const should = `${preset} should have a tensor ${name} of shape`;
      const [H, W, C, K] = shape;
      const torch = shape.length === 4 ? [K, C, H, W] : shape.toReversed();
      const shapes = shape.length === 1 ? [shape] : [shape, torch];
      const texts = shapes.map(sizes => `[${sizes.join(', ')}]`).join(' / ');
      const sentence = `${notOurs}: ${should} ${texts}, and there is none.`;
      refuses(writeSafetensors({tensors, metadata: {net: preset}}), sentence);
      const [expected, ...rest] = shape;
      for (const other of [[...rest, expected, 1], [], [0], [shape.length, ...rest]]) {
        const [should, is] = [shape, other].map(sizes => `[${sizes.join(', ')}]`);
        const sentence = `${notOurs}: the tensor ${name} should be ${should}, and is ${is}.`;
        refuses(withShape(name, other, preset), sentence);
      }
      const known = 'F64 / F32 / F16 / BF16';
      const dtype = `This file’s tensor ${name} should have a dtype of ${known}, and has I32.`;
      refuses(withTensor(name, {dtype: 'I32'}, preset), dtype);
    });

    test(`weights file: ${preset}'s ${name} is refused if it does not lie in the file`, () => {
      const {header, data} = take(bytesOf(preset));
      const [begin, end]: [number, number] = header[name].data_offsets;
      const size = end - begin;
      const {length} = data;
      const beyond = [length - size + 4, length + 4];
      for (const data_offsets of [
        [begin, end - 4],
        [begin + 4, end],
        [-4, size - 4],
        beyond,
        [end, begin],
      ]) {
        const places = `${size} of its ${length} bytes, and is at ${data_offsets.join(' to ')}`;
        const sentence = `This file is damaged: the tensor ${name} should be ${places}.`;
        refuses(withTensor(name, {data_offsets}, preset), sentence);
      }
    });
  }
}

test('weights file: tensors that share bytes are refused, in whatever order the header has them', () => {
  const sharing = (name: string, other: string) =>
    changed(header => {
      const [begin] = header[other].data_offsets;
      const [from, to] = header[name].data_offsets;
      header[name].data_offsets = [begin, begin + to - from];
    });
  const sentence = (names: string) => `This file is damaged: the tensors ${names} share bytes.`;
  refuses(sharing('conv2.bias', 'conv2.filter'), sentence('conv2.filter and conv2.bias'));
  refuses(sharing('conv1.bias', 'dense.weights'), sentence('conv1.bias and dense.weights'));
});

test('weights file: numbers that belong to no tensor are refused, wherever they lie', () => {
  const {header, data} = take(bytesOf('tutorial'));
  const longer = fileOf(JSON.stringify(header), Uint8Array.from([...data, 0, 0, 0, 0]));
  const sentence = (places: string) =>
    `This file is damaged: its bytes ${places} of numbers belong to no tensor.`;
  refuses(longer, sentence('23976 to 23980'));
  const without = (name: string) => changed(header => void delete header[name]);
  refuses(without('conv1.filter'), sentence('0 to 800'));
  refuses(without('conv2.bias'), sentence('13632 to 13696'));
});

test('weights file: a name that the header has twice is refused, however it is written', () => {
  const {header, data} = take(bytesOf('tutorial'));
  const entry = JSON.stringify(header['conv1.bias']);
  for (const key of ['"conv1.bias"', '"conv1\\u002ebias" ']) {
    const file = fileOf(`${JSON.stringify(header).slice(0, -1)},${key}:${entry}}`, data);
    refuses(file, 'This file’s header should name conv1.bias once, and names it again.');
  }
  // A text that only looks like a key is allowed.
  const {__metadata__: metadata, ...entries} = header;
  const odd = {__metadata__: {...metadata, note: '{"a":1,"a":2}', 'conv1.bias': ''}, ...entries};
  readOf(fileOf(JSON.stringify(odd), data));
});

test('weights file: a file in another format is refused by the name of that format', () => {
  for (const [format, start] of [
    ['HDF5', '\x89HDF\r\n\x1a\n'],
    ['ZIP (npz, pt, keras)', 'PK\x03\x04\x14\0\0\0'],
    ['NumPy', '\x93NUMPY\x01\0'],
    ['gzip', '\x1f\x8b\x08\0\0\0\0\0'],
    ['PNG', '\x89PNG\r\n\x1a\n'],
    ['JPEG', '\xff\xd8\xff\xe0\0\x10JFIF'],
    ['pickle', '\x80\x02\x8a\nl\xfc\x9cF'],
  ]) {
    const file = Uint8Array.from(start.padEnd(100, '\xff'), letter => letter.charCodeAt(0));
    const expected = 'A weights file should be in safetensors format';
    refuses(file, `${expected}, and this file is in the format ${format}.`);
  }
});

test('weights file: a run of more than 2000 epochs is refused', () => {
  const run = runOf('tutorial');
  const settings = {...run.settings, batchSize: 4096, batches: 1_000_000};
  const of = (batch: number) => writeRun({...run, settings, batch});
  assert.is(readOf(of(15 * 2000)).batch, 30_000);
  const epochs = 'at most 2000 epochs, and this one has 66666';
  refuses(of(1_000_000), `A weights file should be of a run of ${epochs}.`);
});

test('weights file: an extra tensor is refused', () => {
  const {tensors, metadata} = readSafetensors(bytesOf('mnist-core'));
  const bias = {shape: [8], values: new Float32Array(8)};
  const file = writeSafetensors({tensors: {'conv1.bias': bias, ...tensors}, metadata});
  const ours = 'the tensors conv1.filter, conv2.filter, dense.weights, dense.bias';
  const sentence = `mnist-core should have ${ours}, and there is also conv1.bias.`;
  refuses(file, `This file holds no weights of ours: ${sentence}`);
});

test('weights file: weights that are no numbers are refused', () => {
  for (const found of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const run = runOf('tutorial');
    run.weights[3][15] = found;
    const tensor = 'This file’s tensor conv2.bias should hold finite numbers';
    refuses(writeRun(run), `${tensor}, and has ${found} at index 15.`);
  }
});

test('weights file: a file cut short, or with random bytes in its header, is read or refused, never a crash', () => {
  const whole = bytesOf('tutorial');
  const headerEnd = whole.length - take(whole).data.length;
  const read = (bytes: Uint8Array) => {
    try {
      readOf(bytes);
    } catch (error) {
      assert.match((error as Error).name, /^(Page|Weights)Error$/, String(error));
      return false;
    }
    return true;
  };
  const last = Math.min(headerEnd + 50, whole.length - 1);
  for (let length = 0; length <= last; length++) assert.not(read(whole.subarray(0, length)));
  assert.not(read(whole.subarray(0, -1)));

  const change = fc.tuple(fc.nat(headerEnd - 1), fc.nat(255));
  const changes = fc.array(change, {minLength: 1, maxLength: 4});
  const readChanged = (changes: [number, number][]) => {
    const bytes = whole.slice();
    for (const [at, value] of changes) bytes[at] = value;
    read(bytes);
  };
  fc.assert(fc.property(changes, readChanged), {numRuns: 1000});
  fc.assert(fc.property(fc.uint8Array({maxLength: 40}), bytes => void read(bytes)));
});

test('weights file: nesting deeper than a call stack is refused', () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const entry = `{"dtype": "F32", "shape": ${deep}, "data_offsets": [0, 4]}`;
  assert.throws(
    () => readOf(fileOf(`{"dense.weights": ${entry}}`)),
    (error: Error) => error.name === 'WeightsError',
  );
});

test.run();
