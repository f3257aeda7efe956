// Weights from a path, for the command lines.
import {readdir, readFile, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {foundBy, nameOf} from '../data/found.ts';
import {CHECKPOINT, checkpointsIn, checkWhole} from './checkpoint_files.ts';
import {
  checkSize,
  filesBeside,
  type ReadWeights,
  readWeights,
  type WeightsInput,
} from './read_weights.ts';
import {WeightsError} from './weights_error.ts';

/** Weights, and where they were. */
export interface FoundWeights extends ReadWeights {
  path: string;
  /** Why newer checkpoints were not taken, a sentence each. */
  refused: string[];
}

/**
 * The weights in a file, with the files that it names. In a folder: those of its newest checkpoint that is whole, or of its model.json, or of
 * its one .safetensors file.
 * @throws Error in one sentence that begins with the path
 */
export async function readWeightsFrom(path: string): Promise<FoundWeights> {
  const names = await readdir(path).catch(() => undefined); // a file, or nothing, which its reading will tell
  if (!names) return readWeightsFile(path);
  const refused: string[] = [];
  let failure: unknown;
  for (const name of checkpointsIn(path)) {
    try {
      return {...(await readWeightsFile(join(path, name))), refused};
    } catch (error) {
      failure ??= error;
      refused.push((error as Error).message);
    }
  }
  if (failure) throw failure;
  if (names.includes('model.json')) return readWeightsFile(join(path, 'model.json'));
  const files = names.filter(name => name.endsWith('.safetensors')).sort();
  if (files.length === 1) return readWeightsFile(join(path, files[0]));
  const expected = 'expected checkpoints, a model.json or one file .safetensors in it';
  throw new Error(`${path}: ${expected}, found ${files.join(', ') || 'none'}`);
}

async function readWeightsFile(path: string): Promise<FoundWeights> {
  try {
    const main = await readInput(path);
    const files = [main];
    for (const name of new Set(filesBeside(main))) {
      files.push(await readInput(join(dirname(path), name)));
    }
    const read = readWeights(files);
    if (read.metadata.format === CHECKPOINT) checkWhole(path, main.bytes);
    return {...read, path, refused: []};
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
