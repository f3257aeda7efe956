// The four files as they arrive: gzipped IDX from the page's own folder. The test images come first, then the training images
// one after the other, so that training can begin on the first of them.
import {IMAGE_SIDE} from '../../data/idx.ts';
import type {IdxFile, MnistFiles} from '../../data/mnist_data.ts';
import {PageError} from '../page_error.ts';

const names: Record<keyof MnistFiles, string> = {
  testLabels: 't10k-labels-idx1-ubyte.gz',
  trainLabels: 'train-labels-idx1-ubyte.gz',
  testImages: 't10k-images-idx3-ubyte.gz',
  trainImages: 'train-images-idx3-ubyte.gz',
};

const imageHeader = 16;

export class ImageLoader {
  /** Training images that are there. */
  arrived = 0;
  /** Set as soon as the first training images come in; those of their bytes that haven't arrived are zeros. */
  files?: MnistFiles;
  private readonly whole: Partial<MnistFiles> = {};
  /** The same in every attempt, as batches are drawn from it. */
  private trainImages?: IdxFile;
  private failure?: PageError;
  private waiting: {images: number; resolve: () => void; reject: (why: unknown) => void}[] = [];

  /**
   * @param folder the URL up to its last slash
   * @param progress told about every piece that arrives
   */
  constructor(
    private readonly folder: string,
    private readonly progress: (arrived: number) => void,
  ) {}

  /**
   * Fetches what isn't there yet.
   *
   * @throws PageError that names the file, if one can't be fetched or isn't what it should be; fetching again may go better
   */
  async load(): Promise<void> {
    this.failure = undefined;
    try {
      for (const part of ['testLabels', 'trainLabels', 'testImages'] as const) {
        this.whole[part] ??= await fetchFile(this.folder, names[part]);
      }
      if (!this.whole.trainImages) {
        const progress = (file: IdxFile, bytes: number) =>
          this.arrive(file, Math.floor((bytes - imageHeader) / IMAGE_SIDE ** 2));
        this.whole.trainImages = await fetchFile(this.folder, names.trainImages, {
          into: this.trainImages,
          progress,
        });
      }
    } catch (error) {
      this.failure = error as PageError;
      for (const {reject} of this.waiting.splice(0)) reject(error);
      throw error;
    }
  }

  private arrive(trainImages: IdxFile, arrived: number): void {
    this.trainImages = trainImages;
    // In a second attempt, some of them were there before.
    this.arrived = Math.max(this.arrived, arrived);
    const {testImages, testLabels, trainLabels} = this.whole as MnistFiles;
    this.files = {testImages, testLabels, trainLabels, trainImages};
    const there = this.waiting.filter(({images}) => images <= this.arrived);
    this.waiting = this.waiting.filter(({images}) => images > this.arrived);
    for (const {resolve} of there) resolve();
    this.progress(this.arrived);
  }

  /** Waits for so many training images; rejects if they fail to come, or if the signal is aborted meanwhile. */
  async until(images: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (images <= this.arrived) return;
    if (this.failure) throw this.failure;
    await new Promise<void>((resolve, reject) => {
      this.waiting.push({images, resolve, reject});
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }
}

interface Fetching {
  /** The file of an earlier attempt. */
  into?: IdxFile;
  /** Told how many of the bytes are in their place, header included. */
  progress?: (file: IdxFile, bytes: number) => void;
}

async function fetchFile(
  folder: string,
  name: string,
  {into, progress}: Fetching = {},
): Promise<IdxFile> {
  const response = await fetch(folder + name).catch(() => {
    throw new PageError('dataNoAnswer', {name});
  });
  if (!response.ok || !response.body) {
    throw new PageError('dataStatus', {name, status: response.status});
  }
  let file = into;
  let filled = 0;
  try {
    const reader = atLeast(imageHeader, await unpacked(response.body)).getReader();
    for (;;) {
      const {value, done} = await reader.read();
      if (done) break;
      file ??= {name, bytes: new Uint8Array(expectedLength(name, value))};
      file.bytes.set(value, filled); // a RangeError where there is more than the header says
      filled += value.length;
      progress?.(file, filled);
    }
  } catch (error) {
    throw error instanceof PageError ? error : new PageError('dataBroken', {name});
  }
  if (!file || filled < file.bytes.length) throw new PageError('dataBroken', {name});
  return file;
}

/** The same bytes, of which the first piece has so many at least: a network may send them one by one. */
function atLeast<Bytes extends Uint8Array>(
  count: number,
  body: ReadableStream<Bytes>,
): ReadableStream<Bytes> {
  let held: Uint8Array = new Uint8Array();
  let isOpen = false;
  return body.pipeThrough(
    new TransformStream<Bytes, Bytes>({
      transform(piece, out) {
        if (isOpen) return out.enqueue(piece);
        const joined = new Uint8Array(held.length + piece.length);
        joined.set(held);
        joined.set(piece, held.length);
        held = joined;
        isOpen = held.length >= count;
        if (isOpen) out.enqueue(held as Bytes);
      },
      flush(out) {
        if (!isOpen && held.length) out.enqueue(held as Bytes);
      },
    }),
  );
}

/** Some servers declare a .gz as the encoding of what it holds, and the browser has unpacked it already: its first bytes tell. */
async function unpacked(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStream<Uint8Array>> {
  const [ahead, all] = atLeast(2, body).tee();
  const reader = ahead.getReader();
  const {value} = await reader.read();
  void reader.cancel();
  return value?.[0] === 0x1f && value[1] === 0x8b
    ? all.pipeThrough(new DecompressionStream('gzip'))
    : all;
}

/** By the header of an IDX file, which its first piece begins with: the magic number's last byte is the number of sizes. */
function expectedLength(name: string, start: Uint8Array): number {
  if (start.length < imageHeader) throw new PageError('dataBroken', {name});
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const dimensions = view.getUint32(0) - 0x800;
  if (dimensions !== 1 && dimensions !== 3) throw new PageError('dataBroken', {name});
  const sizes = Array.from({length: dimensions}, (_, i) => view.getUint32(4 + 4 * i));
  const length = 4 + 4 * dimensions + sizes.reduce((product, size) => product * size, 1);
  const largest = 2 ** 28;
  if (length > largest) throw new PageError('dataBroken', {name});
  return length;
}
