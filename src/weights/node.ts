// Weights from a path, for the command lines.
import {readFile, stat} from 'node:fs/promises';
import {basename} from 'node:path';
import {checkSize, type ReadWeights, readWeights} from './read_weights.ts';

/**
 * The weights in a file.
 * @throws Error in one sentence that begins with the path
 */
export async function readWeightsFrom(path: string): Promise<ReadWeights> {
  try {
    checkSize((await stat(path)).size);
    return readWeights([{name: basename(path), bytes: await readFile(path)}]);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, {cause: error});
  }
}
