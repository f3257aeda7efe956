// The formats of weights: each comes back bit for bit, tensors are told by their shapes, and no file makes a crash.
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {weightShapes} from '../../src/presets.ts';
import {type Order, reorder} from '../../src/weights/layouts.ts';
import {readNumbers} from '../../src/weights/numbers.ts';
import {readWeights} from '../../src/weights/read_weights.ts';
import {
  type NamedTensor,
  readSafetensors,
  writeSafetensors,
} from '../../src/weights/safetensors.ts';
import {WeightsError} from '../../src/weights/weights_error.ts';
import {type Format, formats} from '../../src/weights/write_weights.ts';
import {filesOf, formatNames, presets, refuses, weightsOf} from '../weights.ts';

const numbered = (length: number) => Float32Array.from({length}, (_, i) => i);

test('weights: a 2×1 filter of 3 channels to 2 is moved from and to every order', () => {
  const sizes = {H: 2, W: 1, C: 3, K: 2};
  const moved = reorder(numbered(12), sizes, 'HWCK', 'KCHW');
  assert.equal([...moved], [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  for (const order of ['KCHW', 'CHWK', 'KHWC', 'HWCK'] as Order[]) {
    const there = reorder(numbered(12), sizes, 'HWCK', order);
    assert.equal(reorder(there, sizes, order, 'HWCK'), numbered(12), order);
  }
});

test('weights: float16, bfloat16 and float64 are read as float32', () => {
  const halves = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x0400, 0x7c00, 0x3555];
  const bytes = new Uint8Array(Uint16Array.from(halves).buffer);
  const expected = [1, -2, 65504, 2 ** -24, -0, 2 ** -14, Number.POSITIVE_INFINITY, 0.333251953125];
  assert.equal([...readNumbers('F16', bytes)], expected);
  const upper = new Uint8Array(Uint16Array.from([0x3f80, 0xc049, 0x0001]).buffer);
  assert.equal([...readNumbers('BF16', upper)], [1, -3.140625, 2 ** -133]);
  const doubles = new Uint8Array(Float64Array.of(0.1, -2).buffer);
  assert.equal([...readNumbers('F64', doubles)], [Math.fround(0.1), -2]);
  assert.ok(Number.isNaN(readNumbers('F16', Uint8Array.of(1, 0x7c))[0]));
});

for (const preset of presets) {
  for (const format of formatNames) {
    test(`weights: ${preset} comes back from ${format} bit for bit, with its metadata`, () => {
      const read = readWeights(filesOf(format, preset));
      assert.is(read.preset, preset);
      assert.equal(read.weights, weightsOf(preset));
      const {format: _, ...metadata} = read.metadata;
      assert.equal(metadata, {net: preset, note: 'ä'});
    });
  }

  test(`weights: the velocities of ${preset} come back bit for bit, and broken ones are refused`, () => {
    const [weights, shapes] = [weightsOf(preset), Object.entries(weightShapes[preset])];
    const velocities = weights.map(values => values.map(value => -value));
    const [file] = formats.safetensors({preset, weights, velocities, metadata: {}});
    const read = readWeights([file]);
    assert.equal([read.weights, read.velocities], [weights, velocities]);
    assert.equal(readWeights(filesOf('safetensors', preset)).velocities, []);

    const {tensors} = readSafetensors(file.bytes);
    const [name, shape] = shapes.at(-1)!;
    const [key, values] = [`${name}/momentum`, velocities.at(-1)!];
    const changed = (change: Record<string, NamedTensor>) => [
      {name: 'x', bytes: writeSafetensors({tensors: {...tensors, ...change}, metadata: {}})},
    ];
    const turned = {[key]: {shape: [...shape, 1], values}};
    const begin = 'This file holds no weights of ours:';
    const where = `the tensor ${key} should be [10]`;
    refuses(changed(turned), `${begin} ${where}, and is [10, 1].`);
    const infinite = values.with(3, Number.POSITIVE_INFINITY);
    const finite = `This file’s tensor ${key} should hold finite numbers`;
    refuses(changed({[key]: {shape, values: infinite}}), `${finite}, and has Infinity at index 3.`);
    const {[key]: _, ...incomplete} = tensors;
    const bytes = writeSafetensors({tensors: incomplete, metadata: {}});
    const names = shapes.map(([name]) => name).join(', ');
    const extra = `and there is also ${shapes[0][0]}/momentum`;
    refuses([{name: 'x', bytes}], `${begin} ${preset} should have the tensors ${names}, ${extra}.`);
  });

  test(`weights: PyTorch's layout of ${preset} has its names and shapes`, () => {
    const {tensors, metadata} = readSafetensors(filesOf('pytorch', preset)[0].bytes);
    const shapes = Object.entries(tensors).map(([name, {shape}]) => `${name} [${shape}]`);
    const bias = (text: string) => (preset === 'tutorial' ? [text] : []);
    assert.equal(shapes, [
      'conv1.weight [8,1,5,5]',
      ...bias('conv1.bias [8]'),
      'conv2.weight [16,8,5,5]',
      ...bias('conv2.bias [16]'),
      `dense.weight [10,${preset === 'tutorial' ? 256 : 784}]`,
      'dense.bias [10]',
    ]);
    assert.is(metadata.format, 'pt');
    // Output 3's factor of row 1, column 2 and channel 5 of the map that is flattened.
    const side = preset === 'tutorial' ? 4 : 7;
    const ours = weightsOf(preset).at(-2)!;
    const at = 3 * side * side * 16 + 5 * side * side + side + 2;
    assert.is(tensors['dense.weight'].values[at], ours[((side + 2) * 16 + 5) * 10 + 3]);
  });
}

test('weights: what was recognised is said, with the one thing that was assumed', () => {
  const saidOf = (format: Format) => readWeights(filesOf(format, 'tutorial')).said;
  const values = {net: 'tutorial', filters: 'HWIO', inputs: 'HWC'};
  const torch = {...values, filters: 'OIHW', inputs: 'CHW'};
  const assumed = (values: object) => ({key: 'fileAssumed', values});
  const known = (values: object) => ({key: 'fileRecognised', values});
  assert.equal(saidOf('safetensors'), assumed({format: 'safetensors', ...values}));
  assert.equal(saidOf('pytorch'), assumed({format: 'safetensors', ...torch}));
  assert.equal(saidOf('onnx'), known({format: 'ONNX', ...torch}));
  assert.equal(saidOf('layers'), known({format: 'TensorFlow.js Layers', ...values}));
});

// ---- other people's safetensors

/** The tensors of a network in our layout, by names of somebody else's and in another order. */
function renamed(tensors: Record<string, NamedTensor>): Record<string, NamedTensor> {
  const entries = Object.values(tensors).map((tensor, i) => [`model.layers.${i}`, tensor]);
  return Object.fromEntries(entries.reverse());
}

test('weights: any names in any order are read by shape', () => {
  for (const preset of presets) {
    for (const format of ['safetensors', 'pytorch'] as const) {
      const {tensors} = readSafetensors(filesOf(format, preset)[0].bytes);
      const bytes = writeSafetensors({tensors: renamed(tensors), metadata: {author: 'me'}});
      assert.equal(readWeights([{name: 'x', bytes}]).weights, weightsOf(preset));
    }
  }
});

test('weights: a dense layer in PyTorch’s order beside filters in TensorFlow’s has its inputs in the filters’ order', () => {
  const {tensors} = readSafetensors(filesOf('safetensors', 'tutorial')[0].bytes);
  const ours = tensors['dense.weights'].values;
  const turned = Float32Array.from(ours, (_, i) => ours[(i % 256) * 10 + Math.floor(i / 256)]);
  const dense = {shape: [10, 256], values: turned};
  const bytes = writeSafetensors({tensors: {...tensors, 'dense.weights': dense}, metadata: {}});
  assert.equal(readWeights([{name: 'x', bytes}]).weights, weightsOf('tutorial'));
});

test('weights: a network with one tensor more is none of ours', () => {
  const {tensors} = readSafetensors(filesOf('pytorch', 'tutorial')[0].bytes);
  const average = {shape: [16, 8, 5, 5], values: new Float32Array(3200)};
  const bytes = writeSafetensors({tensors: {...tensors, 'ema.conv2': average}, metadata: {}});
  refuses(
    [{name: 'x', bytes}],
    'This file holds no weights of ours: tutorial should have the tensors conv1.filter, conv1.bias, conv2.filter, conv2.bias, dense.weights, dense.bias, and there is also ema.conv2.',
  );
});

// ---- all of them

for (const format of formatNames) {
  test(`weights: a file of ${format} that is cut short, or has random bytes, is read or refused, never a crash`, () => {
    const [main, ...others] = filesOf(format, 'mnist-core');
    const read = (bytes: Uint8Array) => {
      try {
        readWeights([{...main, bytes}, ...others]);
      } catch (error) {
        assert.ok(error instanceof WeightsError, String((error as Error).stack));
      }
    };
    const {length} = main.bytes;
    for (let end = 0; end < length; end += Math.ceil(length / 300))
      read(main.bytes.subarray(0, end));
    // The heads of the formats, where there is most to lie about.
    const at = fc.oneof(fc.nat(Math.min(length, 1200) - 1), fc.nat(length - 1));
    const changes = fc.array(fc.tuple(at, fc.nat(255)), {minLength: 1, maxLength: 4});
    const readChanged = (changes: [number, number][]) => {
      const bytes = main.bytes.slice();
      for (const [at, value] of changes) bytes[at] = value;
      read(bytes);
    };
    fc.assert(fc.property(changes, readChanged), {numRuns: 300});
  });
}

test.run();
