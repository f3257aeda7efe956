// Weights files: ours come back bit for bit, others' are read if their tensors are ours, and all else is refused
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createNetwork, type Preset} from '../src/network.ts';
import {defaults} from '../src/page/settings.ts';
import {readWeights, type SavedRun, tensors, writeWeights} from '../src/page/weights_file.ts';
import {Random} from '../src/random.ts';
import {expectPageError} from './page_errors.ts';

tf.enableProdMode();

const presets: Preset[] = ['tutorial', 'mnist-core'];

function runOf(preset: Preset): SavedRun {
  const random = new Random(3, 'weights');
  const weights = Object.values(tensors[preset]).map(shape =>
    Float32Array.from({length: tf.util.sizeFromShape(shape)}, () => random.normal()),
  );
  weights[0].set([-0, 2 ** -149, 3.4028234663852886e38]); // the odd ones: -0, the smallest and the largest
  return {
    settings: {
      preset,
      seed: -7,
      batchSize: 33,
      learningRate: 0.1 + 0.2,
      batches: 5000,
      backend: 'webgl',
    },
    batch: 1234,
    weights,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: what a file may hold
type Header = Record<string, any>;

function take(bytes: Uint8Array): {header: Header; data: Uint8Array} {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = 8 + Number(view.getBigUint64(0, true));
  return {
    header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))),
    data: bytes.slice(end),
  };
}

function fileOf(json: Uint8Array, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** A file of ours with another header. */
function changed(change: (header: Header) => unknown, preset: Preset = 'tutorial'): Uint8Array {
  const {header, data} = take(writeWeights(runOf(preset)));
  const other = change(header) ?? header;
  return fileOf(new TextEncoder().encode(JSON.stringify(other)), data);
}

const bits = (weights: Float32Array[]) =>
  weights.map(({buffer, byteOffset, length}) => [...new Uint32Array(buffer, byteOffset, length)]);

for (const preset of presets) {
  test(`the tensors of a file are the variables of the network, ${preset}`, () => {
    const network = createNetwork(preset);
    assert.equal(
      network.variables.map(variable => variable.shape),
      Object.values(tensors[preset]),
    );
    network.dispose();
  });

  test(`a run comes back as it was saved, each bit of its weights too, ${preset}`, () => {
    const run = runOf(preset);
    const {settings, batch, weights} = readWeights(writeWeights(run));
    assert.equal(settings, run.settings);
    assert.is(batch, run.batch);
    assert.equal(bits(weights), bits(run.weights));
  });

  test(`tensors alone tell the network, ${preset}`, () => {
    for (const metadata of [undefined, {format: 'pt', net: 'mine', batch: '5'}]) {
      const file = changed(
        ({__metadata__, ...header}) => ({__metadata__: metadata, ...header}),
        preset,
      );
      const {settings, batch, weights} = readWeights(file);
      assert.equal(settings, defaults(preset));
      assert.is(batch, 0);
      assert.equal(bits(weights), bits(runOf(preset).weights));
    }
  });
}

test('the bytes are those of the format', () => {
  const bytes = writeWeights(runOf('mnist-core'));
  const {header, data} = take(bytes);
  assert.is((bytes.length - data.length) % 8, 0, 'aligned');
  assert.equal(header, {
    __metadata__: {
      format: 'mnist-ops',
      net: 'mnist-core',
      seed: '-7',
      'batch-size': '33',
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

test('tensors in another order, and numbers at an odd place, are read', () => {
  const run = runOf('tutorial');
  const {header, data} = take(writeWeights(run));
  const entries = Object.entries(header).reverse();
  const json = JSON.stringify(Object.fromEntries(entries));
  for (const spaces of [0, 1, 2, 3]) {
    const text = json + ' '.repeat(spaces);
    const whole = fileOf(new TextEncoder().encode(text), data);
    const inside = new Uint8Array(whole.length + 3);
    inside.set(whole, 3);
    assert.equal(bits(readWeights(inside.subarray(3)).weights), bits(run.weights));
  }
});

test('a setting that our own file leaves out has its default', () => {
  const {settings, batch} = readWeights(
    changed(header => {
      header.__metadata__ = {format: 'mnist-ops', seed: '9'};
    }, 'mnist-core'),
  );
  assert.equal(settings, {...defaults('mnist-core'), seed: 9});
  assert.is(batch, 0);
});

// Files that are none

const ascii = (text: string) => new TextEncoder().encode(text);

test('a file without a whole header is refused', () => {
  const whole = writeWeights(runOf('tutorial'));
  for (const length of [0, 7, 8]) {
    expectPageError(
      () => readWeights(whole.subarray(0, length)),
      'fileShort',
      `A weights file should have more than 8 bytes, and this file has ${length}.`,
    );
  }
  const header = whole.length - take(whole).data.length - 8;
  expectPageError(
    () => readWeights(whole.subarray(0, 8 + header - 1)),
    'fileHeaderLength',
    `This is no weights file, or only part of one: its header should fit into ${header - 1} bytes, and takes ${header}.`,
  );
  const huge = new Uint8Array(16).fill(255);
  expectPageError(
    () => readWeights(huge),
    'fileHeaderLength',
    'This is no weights file, or only part of one: its header should fit into 8 bytes, and takes 18446744073709551615.',
  );
});

test('a header that is no JSON object is refused', () => {
  for (const text of ['', 'hello', '{"a": 1', '[]', 'null', '3', '[[[[[[[[']) {
    expectPageError(
      () => readWeights(fileOf(ascii(text), new Uint8Array(4))),
      'fileHeader',
      `This is no weights file: its header should be a JSON object, and starts with “${text}”.`,
    );
  }
  expectPageError(
    () => readWeights(fileOf(Uint8Array.of(0xff, 0x22), new Uint8Array(4))),
    'fileHeader',
    'This is no weights file: its header should be a JSON object, and starts with “\ufffd"”.',
  );
});

test('metadata that is no texts by name is refused', () => {
  for (const metadata of [null, 'mnist-ops', ['mnist-ops'], {format: 'mnist-ops', seed: 1}]) {
    expectPageError(
      () => readWeights(changed(header => ({...header, __metadata__: metadata}))),
      'fileMetadata',
      'This file’s __metadata__ should hold texts by name, and holds something else as well.',
    );
  }
});

test('settings of our own file that no run has are refused', () => {
  const metadata = (texts: Record<string, string>) =>
    changed(header => void Object.assign(header.__metadata__, texts));
  expectPageError(
    () => readWeights(metadata({net: 'lenet'})),
    'badChoice',
    'net should be one of tutorial, mnist-core, and is “lenet”.',
  );
  expectPageError(
    () => readWeights(metadata({'learning-rate': '-1'})),
    'badNumber',
    'learning-rate should be a number from 0.000001 to 1000, and is “-1”.',
  );
  for (const found of ['-1', '1.5', '1000001', '']) {
    expectPageError(
      () => readWeights(metadata({batch: found})),
      'badWhole',
      `batch should be a whole number from 0 to 1000000, and is “${found}”.`,
    );
  }
});

test('an entry that is no tensor is refused', () => {
  const whole = {dtype: 'F32', shape: [8], data_offsets: [0, 32]};
  const odd = [
    null,
    8,
    'F32',
    [],
    {},
    {...whole, dtype: 32},
    {...whole, shape: 8},
    {...whole, shape: ['8']},
    {...whole, shape: [[8]]},
    {...whole, data_offsets: [0]},
    {...whole, data_offsets: [0, 32, 64]},
    {...whole, data_offsets: [0, 31.5]},
    {...whole, data_offsets: [0, 1e300]},
  ];
  for (const entry of odd) {
    expectPageError(
      () => readWeights(changed(header => ({...header, 'conv1.bias': entry}))),
      'fileEntry',
      'This file’s conv1.bias should be a tensor with dtype, shape and data_offsets, and is something else.',
    );
  }
});

for (const preset of presets) {
  for (const [name, shape] of Object.entries(tensors[preset])) {
    const text = `[${shape.join(', ')}]`;

    test(`${preset}'s ${name} is refused if it is missing, or of another shape or dtype`, () => {
      expectPageError(
        () => readWeights(changed(header => void delete header[name], preset)),
        'fileMissing',
        `This file holds no weights of ours: it should have a tensor ${name}, and has none of that name.`,
      );
      for (const other of [
        [...shape].reverse().concat(1),
        [],
        [0],
        [shape.length, ...shape.slice(1)],
      ]) {
        expectPageError(
          () =>
            readWeights(
              changed(header => void Object.assign(header[name], {shape: other}), preset),
            ),
          'fileShape',
          `This file holds no weights of ours: the tensor ${name} should be ${text}, and is [${other.join(', ')}].`,
        );
      }
      expectPageError(
        () =>
          readWeights(changed(header => void Object.assign(header[name], {dtype: 'I32'}), preset)),
        'fileDtype',
        `This file’s tensor ${name} should have the dtype F32, and has I32.`,
      );
    });

    test(`${preset}'s ${name} is refused if it does not lie in the file`, () => {
      const {header, data} = take(writeWeights(runOf(preset)));
      const [begin, end]: [number, number] = header[name].data_offsets;
      const size = end - begin;
      const length = data.length;
      const moved = (...data_offsets: number[]) =>
        changed(each => void Object.assign(each[name], {data_offsets}), preset);
      for (const [from, to] of [
        [begin, end - 4],
        [begin + 4, end],
        [-4, size - 4],
        [length - size + 4, length + 4],
        [end, begin],
      ]) {
        expectPageError(
          () => readWeights(moved(from, to)),
          'fileOffsets',
          `This file is damaged: the tensor ${name} should be ${size} of its ${length} bytes, and is at ${from} to ${to}.`,
        );
      }
    });
  }
}

test('tensors that share bytes are refused, in whatever order the header has them', () => {
  const shared = (name: string, other: string) => (header: Header) => {
    const [begin] = header[other].data_offsets;
    const [from, to] = header[name].data_offsets;
    header[name].data_offsets = [begin, begin + to - from];
  };
  expectPageError(
    () => readWeights(changed(shared('conv2.bias', 'conv2.filter'))),
    'fileOverlap',
    'This file is damaged: the tensors conv2.filter and conv2.bias share bytes.',
  );
  expectPageError(
    () => readWeights(changed(shared('conv1.bias', 'dense.weights'))),
    'fileOverlap',
    'This file is damaged: the tensors conv1.bias and dense.weights share bytes.',
  );
});

test('a name that stands in the header twice is refused, however it is written', () => {
  const {header, data} = take(writeWeights(runOf('tutorial')));
  const entry = JSON.stringify(header['conv1.bias']);
  for (const [key, name] of [
    ['"conv1.bias"', 'conv1.bias'],
    ['"conv1\\u002ebias" ', 'conv1.bias'],
  ]) {
    const json = `${JSON.stringify(header).slice(0, -1)},${key}:${entry}}`;
    expectPageError(
      () => readWeights(fileOf(new TextEncoder().encode(json), data)),
      'fileRepeated',
      `This file’s header should name ${name} once, and names it again.`,
    );
  }
  // A text that looks like a key is none.
  const {__metadata__: metadata, ...entries} = header;
  const odd = {__metadata__: {...metadata, note: '{"a":1,"a":2}', 'conv1.bias': ''}, ...entries};
  readWeights(fileOf(new TextEncoder().encode(JSON.stringify(odd)), data));
});

test('a file in another format is refused by the name of that format', () => {
  for (const [format, start] of [
    ['HDF5', '\x89HDF\r\n\x1a\n'],
    ['ZIP (npz, pt, keras)', 'PK\x03\x04\x14\0\0\0'],
    ['NumPy', '\x93NUMPY\x01\0'],
    ['gzip', '\x1f\x8b\x08\0\0\0\0\0'],
    ['pickle', '\x80\x02\x8a\nl\xfc\x9cF'],
  ]) {
    const bytes = Uint8Array.from(start.padEnd(100, '\xff'), letter => letter.charCodeAt(0));
    expectPageError(
      () => readWeights(bytes),
      'fileFormat',
      `A weights file should be in safetensors format, and this file is in the format ${format}.`,
    );
  }
});

test('a run that nobody could go on with is refused, as its images would take minutes to shuffle', () => {
  const run = runOf('tutorial');
  const of = (batch: number) => {
    const settings = {...run.settings, batchSize: 4096, batches: 1_000_000};
    return writeWeights({...run, settings, batch});
  };
  assert.is(readWeights(of(15 * 2000)).batch, 30_000);
  expectPageError(
    () => readWeights(of(1_000_000)),
    'fileEpochs',
    'A weights file should be of a run of at most 2000 epochs, and this one has 66666.',
  );
});

test('a tensor too many is refused: another network is not ours with something left over', () => {
  const bias = {dtype: 'F32', shape: [8], data_offsets: [0, 32]};
  expectPageError(
    () => readWeights(changed(header => ({...header, 'conv1.bias': bias}), 'mnist-core')),
    'fileExtra',
    'This file holds no weights of ours: mnist-core should have the tensors conv1.filter, conv2.filter, dense.weights, dense.bias, and there is also conv1.bias.',
  );
});

test('weights that are no numbers are refused', () => {
  for (const found of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const run = runOf('tutorial');
    run.weights[3][15] = found;
    expectPageError(
      () => readWeights(writeWeights(run)),
      'fileNotFinite',
      `This file’s tensor conv2.bias should hold finite numbers, and has ${found} at index 15.`,
    );
  }
});

test('a file cut short anywhere, or with random bytes in its header, is read or refused, never a crash', () => {
  const whole = writeWeights(runOf('tutorial'));
  const headerEnd = whole.length - take(whole).data.length;
  const read = (bytes: Uint8Array) => {
    try {
      readWeights(bytes);
    } catch (error) {
      assert.is((error as Error).name, 'PageError', String(error));
      return false;
    }
    return true;
  };
  const last = Math.min(headerEnd + 50, whole.length - 1);
  for (let length = 0; length <= last; length++) assert.not(read(whole.subarray(0, length)));
  assert.not(read(whole.subarray(0, -1)));

  const change = fc.tuple(fc.nat(headerEnd - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, {minLength: 1, maxLength: 4}), changes => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      read(bytes);
    }),
    {numRuns: 1000},
  );
  fc.assert(fc.property(fc.uint8Array({maxLength: 40}), bytes => void read(bytes)));
});

test('nesting deeper than a call stack is refused', () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const file = fileOf(
    ascii(`{"dense.weights": {"dtype": "F32", "shape": ${deep}, "data_offsets": [0, 4]}}`),
    new Uint8Array(4),
  );
  assert.throws(
    () => readWeights(file),
    (error: Error) => error.name === 'PageError',
  );
});

test.run();
