// A small data set like MNIST, drawn from a seed: an upright bar's column tells the digit, so a network can learn it.
import type {MnistFiles} from '../src/data/mnist_data.ts';
import {MnistData} from '../src/index.ts';
import {Random} from '../src/random.ts';

const SIDE = 28;

function images(count: number, random: Random, name: string) {
  const header = new DataView(new ArrayBuffer(16));
  [0x803, count, SIDE, SIDE].forEach((value, i) => {
    header.setUint32(4 * i, value);
  });
  const pixels = new Uint8Array(count * SIDE * SIDE).map(() => random.below(40));
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = random.below(10);
    for (let column = 2 * labels[i] + 3; column < 2 * labels[i] + 6; column++)
      for (let row = 4; row < 24; row++)
        pixels[(i * SIDE + row) * SIDE + column] = 180 + random.below(70);
  }
  const labelHeader = new DataView(new ArrayBuffer(8));
  labelHeader.setUint32(0, 0x801);
  labelHeader.setUint32(4, count);
  const join = (head: DataView, body: Uint8Array) => {
    const bytes = new Uint8Array(head.byteLength + body.length);
    bytes.set(new Uint8Array(head.buffer));
    bytes.set(body, head.byteLength);
    return bytes;
  };
  return {
    images: {name: `${name} images`, bytes: join(header, pixels)},
    labels: {name: `${name} labels`, bytes: join(labelHeader, labels)},
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
