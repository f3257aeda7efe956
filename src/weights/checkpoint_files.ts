// Files of checkpoints, in Node: their names in a folder, and the checksum that each holds of itself.
import {createHash} from 'node:crypto';
import {readdirSync} from 'node:fs';

/** The format in a checkpoint's metadata. Whoever gives the metadata another meaning gives them another name. */
export const CHECKPOINT = 'mnist-ops checkpoint 1';

const NAME = /^checkpoint-(\d{8,})\.safetensors$/;

/** The name of the file after this many batches. */
export const checkpointName = (batch: number): string =>
  `checkpoint-${String(batch).padStart(8, '0')}.safetensors`;

export const isCheckpointName = (name: string): boolean => NAME.test(name);

/** The names of the checkpoints in a folder, the newest first. @throws Error if the folder can't be read */
export function checkpointsIn(folder: string): string[] {
  const batchOf = (name: string) => Number(NAME.exec(name)?.[1]);
  return readdirSync(folder)
    .filter(isCheckpointName)
    .sort((a, b) => batchOf(b) - batchOf(a));
}

/** The newest checkpoint in a folder; undefined without one, and without a folder. */
export function newestCheckpoint(folder: string): string | undefined {
  try {
    return checkpointsIn(folder)[0];
  } catch {
    return undefined;
  }
}

/** Stands in a file for its checksum while that is computed. */
export const NO_CHECKSUM = '0'.repeat(64);

/** The file, which has NO_CHECKSUM in its metadata, with the SHA-256 of all its bytes in that place. */
export const withChecksum = (bytes: Uint8Array): Uint8Array =>
  replaced(bytes, NO_CHECKSUM, sha256(bytes));

/** @throws Error if the file has no checksum, or another than its bytes */
export function checkWhole(path: string, bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('latin1');
  const [, found] = /"sha256":"([\da-f]{64})"/.exec(text) ?? [];
  if (found && found === sha256(replaced(bytes, found, NO_CHECKSUM))) return;
  throw new Error(
    `${path}: expected a whole checkpoint, found one that is truncated or altered (its checksum differs)`,
  );
}

export const sha256 = (...parts: Uint8Array[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

/** A copy of the file with another checksum. */
function replaced(bytes: Uint8Array, before: string, after: string): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.write(after, copy.indexOf(`"${before}"`) + 1, 'latin1');
  return copy;
}
