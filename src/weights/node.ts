// Weights from a path, for the command lines.
import {readFile, stat} from 'node:fs/promises';
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
 * The weights in a file, with the files that it names, or in a folder that holds a model.json.
 * @throws Error in one sentence that begins with the path
 */
export async function readWeightsFrom(path: string): Promise<ReadWeights> {
  const isFolder = await stat(path).then(
    found => found.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, 'model.json') : path;
  try {
    const main = await readInput(file);
    const files = [main];
    for (const name of filesBeside(main)) files.push(await readInput(join(dirname(file), name)));
    return readWeights(files);
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    throw new Error(`${file}: ${error.message}`, {cause: error});
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
