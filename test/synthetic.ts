// A small data set like MNIST, drawn from a seed: an upright bar's column tells the digit, so a network can learn it.
import type {MnistFiles} from '../src/data/mnist_data.ts';
import {MnistData} from '../src/index.ts';
import {Random} from '../src/random.ts';

const SIDE = 28;

/** A file in the IDX format: a header of 32-bit integers, then bytes. */
function idxFile(header: number[], body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 * header.length + body.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of header.entries()) view.setUint32(4 * i, value);
  bytes.set(body, 4 * header.length);
  return bytes;
}

function images(count: number, random: Random, name: string) {
  const pixels = new Uint8Array(count * SIDE * SIDE).map(() => random.below(40));
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = random.below(10);
    for (let column = 2 * labels[i] + 3; column < 2 * labels[i] + 6; column++)
      for (let row = 4; row < 24; row++)
        pixels[(i * SIDE + row) * SIDE + column] = 180 + random.below(70);
  }
  return {
    images: {name: `${name} images`, bytes: idxFile([0x803, count, SIDE, SIDE], pixels)},
    labels: {name: `${name} labels`, bytes: idxFile([0x801, count], labels)},
  };
}

export function syntheticFiles({train = 100, test = 60, seed = 1} = {}): MnistFiles {
  const random = new Random(seed, 'synthetic');
  const [trainSet, testSet] = [images(train, random, 'train'), images(test, random, 'test')];
  return {
    trainImages: trainSet.images,
    trainLabels: trainSet.labels,
    testImages: testSet.images,
    testLabels: testSet.labels,
  };
}

export const syntheticData = (options: {train?: number; test?: number; seed?: number} = {}) =>
  new MnistData(syntheticFiles(options), {seed: options.seed ?? 1});
