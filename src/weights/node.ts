// Weights from a path, for the command lines.
import {readdir, readFile, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {foundBy, nameOf} from '../data/found.ts';
import {
  checkSize,
  filesBeside,
  type ReadWeights,
  readWeights,
  type WeightsInput,
} from './read_weights.ts';
import {WeightsError} from './weights_error.ts';

/**
 * The weights in a file, with the files that it names. In a folder: those of its model.json, or of the newest .safetensors file that can be
 * read, as the folder of a run's checkpoints has them.
 * @throws Error in one sentence that begins with the path
 */
export async function readWeightsFrom(path: string): Promise<ReadWeights> {
  const names = await readdir(path).catch(() => undefined); // a file, or nothing, which its reading will tell
  if (!names) return readWeightsFile(path);
  if (names.includes('model.json')) return readWeightsFile(join(path, 'model.json'));
  const files = names.filter(name => name.endsWith('.safetensors')).map(name => join(path, name));
  const times = new Map(await Promise.all(files.map(timeOf)));
  files.sort((a, b) => times.get(b)! - times.get(a)!);
  let failure = new Error(
    `${path}: expected a model.json or a file .safetensors in it, found none`,
  );
  for (const [i, file] of files.entries()) {
    try {
      return await readWeightsFile(file);
    } catch (error) {
      if (i === 0) failure = error as Error;
    }
  }
  throw failure;
}

const timeOf = async (file: string): Promise<[string, number]> => [
  file,
  (await stat(file)).mtimeMs,
];

async function readWeightsFile(path: string): Promise<ReadWeights> {
  try {
    const main = await readInput(path);
    const files = [main];
    for (const name of new Set(filesBeside(main))) {
      files.push(await readInput(join(dirname(path), name)));
    }
    return readWeights(files);
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    throw new Error(`${path}: ${error.message}`, {cause: error});
  }
}

async function readInput(path: string): Promise<WeightsInput> {
  const expected = `${path}: expected a file of weights`;
  try {
    const found = await stat(path);
    // A pipe or a device may never end.
    if (!found.isFile()) throw new Error(nameOf(found));
    checkSize(found.size);
    return {name: basename(path), bytes: await readFile(path)};
  } catch (error) {
    if (error instanceof WeightsError) throw error;
    throw new Error(`${expected}, found ${foundBy(error)}`, {cause: error});
  }
}
