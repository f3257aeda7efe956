// The images and labels, and batches of them as tensors
//   xs [batch, 784] in [0, 1]   labels [batch, 10] one-hot
// The data stays in the bytes of the files (55 MB for MNIST; as float32 220 MB). Only a batch is converted.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from '../kernels/simd/backend/backend.ts';
import {checkOptions, checkSeed} from '../ops/checks.ts';
import {Random} from '../random.ts';
import {CLASSES, DataError, IMAGE_SIDE, parseImages, parseLabels} from './idx.ts';

const PIXELS = IMAGE_SIDE * IMAGE_SIDE;

/** Images and their labels. The caller disposes of both tensors. */
export interface Batch {
  /** [batch, 784] in [0, 1] */
  xs: tf.Tensor2D;
  /** [batch, 10] one-hot */
  labels: tf.Tensor2D;
}

/** The bytes of an IDX file, decompressed, and its name for errors. */
export interface IdxFile {
  name: string;
  bytes: Uint8Array;
}

/** The four files, by the names under which they are published. */
export const fileNames = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

export type MnistFiles = Record<keyof typeof fileNames, IdxFile>;

interface Split {
  pixels: Uint8Array;
  labels: Uint8Array;
}

export class MnistData {
  readonly trainSize: number;
  readonly testSize: number;
  /** The digit of each test image, in file order. */
  readonly testLabels: Uint8Array;
  private readonly train: Split;
  private readonly test: Split;
  private readonly trainOrder: ShuffledOrder;
  private readonly testOrder: ShuffledOrder;

  /**
   * @param files not copied: an image's bytes may arrive later, but before its batch is drawn
   * @param options seed: any integer (default 1); the same seed gives the same batches in the same order
   *     blockSize: the first epoch shuffles the training images within blocks of this many, one block after the other, so
   *     that it can begin before the whole file has arrived (default: all images are one block)
   * @throws DataError if a file is not as it should be, or images and labels differ in number
   * @throws Error for an unknown option, or a seed that isn't an integer
   */
  constructor(files: MnistFiles, options: {seed?: number; blockSize?: number} = {}) {
    checkOptions('MnistData', options, ['seed', 'blockSize']);
    const {seed = 1, blockSize} = options;
    checkSeed('MnistData', seed);
    this.train = parseSplit(files.trainImages, files.trainLabels);
    this.test = parseSplit(files.testImages, files.testLabels);
    this.trainSize = this.train.labels.length;
    this.testSize = this.test.labels.length;
    this.testLabels = this.test.labels;
    this.trainOrder = new ShuffledOrder(this.trainSize, new Random(seed, 'train order'), blockSize);
    this.testOrder = new ShuffledOrder(this.testSize, new Random(seed, 'test order'));
  }

  /**
   * The next training images, in an order shuffled anew each epoch. Each epoch has every image once, so its last batch may
   * have fewer than batchSize.
   * @throws RangeError unless batchSize is an integer from 1 to trainSize
   */
  nextTrainBatch(batchSize: number): Batch {
    checkBatchSize('nextTrainBatch', batchSize, this.trainSize, 'training');
    return makeBatch(this.train, this.nextTrainIndices(batchSize));
  }

  /** Skips this many batches as if they had been drawn. */
  skipTrainBatches(batches: number, batchSize: number): void {
    checkBatchSize('skipTrainBatches', batchSize, this.trainSize, 'training');
    for (let i = 0; i < batches; i++) this.nextTrainIndices(batchSize);
  }

  private nextTrainIndices(batchSize: number): Uint32Array {
    const order = this.trainOrder;
    if (order.remaining === 0) order.reshuffle();
    return order.take(Math.min(batchSize, order.remaining));
  }

  /**
   * A random sample of exactly batchSize different test images. An image returns in later samples only after a new shuffle,
   * which comes when fewer than batchSize images are left.
   * @throws RangeError unless batchSize is an integer from 1 to testSize
   */
  nextTestBatch(batchSize: number): Batch {
    checkBatchSize('nextTestBatch', batchSize, this.testSize, 'test');
    return makeBatch(this.test, this.nextTestIndices(batchSize));
  }

  /** Skips this many samples as if they had been drawn. */
  skipTestBatches(batches: number, batchSize: number): void {
    checkBatchSize('skipTestBatches', batchSize, this.testSize, 'test');
    for (let i = 0; i < batches; i++) this.nextTestIndices(batchSize);
  }

  private nextTestIndices(batchSize: number): Uint32Array {
    const order = this.testOrder;
    if (order.remaining < batchSize) order.reshuffle();
    return order.take(batchSize);
  }

  /**
   * The test images from start up to, not including, end, in file order.
   * @throws RangeError unless both are integers and 0 ≤ start < end ≤ testSize
   */
  testBatch(start: number, end: number): Batch {
    const integers = Number.isInteger(start) && Number.isInteger(end);
    if (!integers || start < 0 || start >= end || end > this.testSize) {
      const expected = `integers with 0 ≤ start < end ≤ ${this.testSize} (the number of test images)`;
      throw new RangeError(`testBatch: expected ${expected}, found start ${start} and end ${end}`);
    }
    const indices = Uint32Array.from({length: end - start}, (_, i) => start + i);
    return makeBatch(this.test, indices);
  }

  /** The bytes of one test image, a view [784]: 0 is paper, 255 is ink. */
  testPixels(index: number): Uint8Array {
    return this.test.pixels.subarray(index * PIXELS, (index + 1) * PIXELS);
  }
}

/** Gives out the numbers from 0 to size − 1 in random order, piece by piece. At first none remain: shuffle before taking. */
class ShuffledOrder {
  private readonly indices: Uint32Array;
  private position: number;

  constructor(
    size: number,
    private readonly random: Random,
    private blockSize = size,
  ) {
    this.indices = Uint32Array.from({length: size}, (_, i) => i);
    this.position = size;
  }

  get remaining(): number {
    return this.indices.length - this.position;
  }

  reshuffle(): void {
    const size = this.indices.length;
    for (let start = 0; start < size; start += this.blockSize) {
      this.random.shuffle(this.indices.subarray(start, start + this.blockSize));
    }
    this.blockSize = size; // only the first shuffle is in blocks
    this.position = 0;
  }

  /** A view, valid until the next shuffle. */
  take(count: number): Uint32Array {
    const start = this.position;
    this.position += count;
    return this.indices.subarray(start, this.position);
  }
}

function parseSplit(imageFile: IdxFile, labelFile: IdxFile): Split {
  const {count, pixels} = parseImages(imageFile.bytes, imageFile.name);
  const labels = parseLabels(labelFile.bytes, labelFile.name);
  if (labels.length !== count) {
    const expected = `${count} labels, one for each image of ${imageFile.name}`;
    throw new DataError(`${labelFile.name}: expected ${expected}, found ${labels.length}`);
  }
  return {pixels, labels};
}

function checkBatchSize(method: string, batchSize: number, size: number, split: string): void {
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= size) return;
  const expected = `a batch size from 1 to ${size} (the number of ${split} images)`;
  throw new RangeError(`${method}: expected ${expected}, found ${batchSize}`);
}

function makeBatch({pixels, labels}: Split, indices: Uint32Array): Batch {
  const B = indices.length;
  const oneHot = new Float32Array(B * CLASSES);
  for (let b = 0; b < B; b++) oneHot[b * CLASSES + labels[indices[b]]] = 1;
  return {
    xs: imagesOf(pixels, indices),
    labels: tf.tensor2d(oneHot, [B, CLASSES], 'float32'),
  };
}

/** The images with these indices, [images, 784] in [0, 1]. The backend `simd` converts bytes itself. */
function imagesOf(pixels: Uint8Array, indices: Uint32Array): tf.Tensor2D {
  const simd = tf.backend() as Partial<SimdBackend>;
  if (simd.imagesFromBytes) {
    const images = simd.imagesFromBytes(pixels, indices, PIXELS);
    return tf.engine().makeTensorFromTensorInfo(images) as tf.Tensor2D;
  }
  const xs = new Float32Array(indices.length * PIXELS);
  for (let b = 0; b < indices.length; b++) {
    const image = indices[b] * PIXELS;
    xs.set(pixels.subarray(image, image + PIXELS), b * PIXELS);
  }
  for (let i = 0; i < xs.length; i++) xs[i] /= 255;
  return tf.tensor2d(xs, [indices.length, PIXELS], 'float32');
}
