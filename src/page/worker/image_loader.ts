// Loads MNIST's four files, gzipped IDX, from the page's own folder: the training images last, so that training begins on the first of
// them while the rest arrive.
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
  /** How many training images have arrived. */
  arrived = 0;
  /** Set when the first training images arrive. Those that haven't arrived are zeros. */
  files?: MnistFiles;
  private readonly whole: Partial<MnistFiles> = {};
  /** Every attempt fills this same file, because batches are drawn from it. */
  private trainImages?: IdxFile;
  private failure?: PageError;
  private waiting: {images: number; resolve: () => void; reject: (why: unknown) => void}[] = [];

  /**
   * @param folder the URL up to its last slash
   * @param progress called with `arrived` after every piece
   */
  constructor(
    private readonly folder: string,
    private readonly progress: (arrived: number) => void,
  ) {}

  /**
   * Fetches the files that are missing.
   *
   * @throws PageError that names a file which can't be fetched or is damaged; another attempt may succeed
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
        const {folder, trainImages} = this;
        const file = await fetchFile(folder, names.trainImages, trainImages, progress);
        this.whole.trainImages = file;
      }
    } catch (error) {
      this.failure = error as PageError;
      for (const {reject} of this.waiting.splice(0)) reject(error);
      throw error;
    }
  }

  private arrive(trainImages: IdxFile, arrived: number): void {
    this.trainImages = trainImages;
    this.arrived = Math.max(this.arrived, arrived); // another attempt begins with fewer
    const {testImages, testLabels, trainLabels} = this.whole as MnistFiles;
    this.files = {testImages, testLabels, trainLabels, trainImages};
    for (const {images, resolve} of this.waiting) if (images <= this.arrived) resolve();
    this.waiting = this.waiting.filter(({images}) => images > this.arrived);
    this.progress(this.arrived);
  }

  /** Waits for this many training images; rejects if loading them fails, or if the signal is aborted. */
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

/**
 * @param into the file of an earlier attempt
 * @param progress called with the number of bytes in their place, header included
 */
async function fetchFile(
  folder: string,
  name: string,
  into?: IdxFile,
  progress?: (file: IdxFile, bytes: number) => void,
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
    const reader = (await unpacked(response.body)).getReader();
    let held: Uint8Array = new Uint8Array(); // the first pieces, until they have the whole header
    for (;;) {
      const {value, done} = await reader.read();
      if (done) break;
      const bytes = filled ? value : Uint8Array.from([...held, ...value]);
      if (filled === 0 && bytes.length < imageHeader) {
        held = bytes;
        continue;
      }
      file ??= {name, bytes: new Uint8Array(expectedLength(name, bytes))};
      file.bytes.set(bytes, filled); // a RangeError if the file is longer than its header says
      filled += bytes.length;
      progress?.(file, filled);
    }
  } catch (error) {
    throw error instanceof PageError ? error : new PageError('dataBroken', {name});
  }
  if (!file || filled < file.bytes.length) throw new PageError('dataBroken', {name});
  return file;
}

/** Some servers declare gzip as a content encoding, and the browser has unpacked the file already: its first bytes tell. */
async function unpacked(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const [ahead, all] = body.tee();
  const reader = ahead.getReader();
  const start: number[] = [];
  while (start.length < 2) {
    const {value, done} = await reader.read();
    if (done) break;
    start.push(...value.subarray(0, 2));
  }
  void reader.cancel();
  const isGzip = start[0] === 0x1f && start[1] === 0x8b;
  return isGzip ? all.pipeThrough(new DecompressionStream('gzip')) : all;
}

/** The length that an IDX file's header gives. The magic number's last byte is the number of sizes. */
function expectedLength(name: string, start: Uint8Array): number {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const dimensions = view.getUint32(0) - 0x800;
  if (dimensions !== 1 && dimensions !== 3) throw new PageError('dataBroken', {name});
  const sizes = Array.from({length: dimensions}, (_, i) => view.getUint32(4 + 4 * i));
  const length = 4 + 4 * dimensions + sizes.reduce((product, size) => product * size, 1);
  const largest = 2 ** 28;
  if (length > largest) throw new PageError('dataBroken', {name});
  return length;
}
