// Writes files so that under their names there is never half of one, whenever the program or the machine dies.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {dirname} from 'node:path';
import {whyNotWritten} from './output.ts';

/** What stands behind a file's name until it is whole. */
export const UNFINISHED = /\.\d+\.tmp$/;

/** The error for a path that can't be written, in one sentence. */
export function notWritten(path: string, cause: unknown): Error {
  const found = whyNotWritten(cause as NodeJS.ErrnoException);
  return new Error(`${path}: expected to be written, found ${found}`, {cause});
}

/**
 * Writes files under other names, and renames them in this order once all are on the disk.
 * @throws Error in one sentence that begins with a path
 */
export function writeWhole(files: readonly {path: string; bytes: Uint8Array}[]): void {
  const temporary = (path: string) => `${path}.${process.pid}.tmp`; // a name for each program
  let now = '';
  try {
    for (const {path, bytes} of files) {
      now = path;
      withOpen(temporary(path), 'w', file => {
        writeFileSync(file, bytes);
        fsyncSync(file);
      });
    }
    for (const {path} of files) {
      now = path;
      renameSync(temporary(path), path);
    }
  } catch (error) {
    for (const {path} of files) remove(temporary(path));
    throw notWritten(now, error);
  }
  if (process.platform === 'win32') return; // which opens no folders
  for (const folder of new Set(files.map(({path}) => dirname(path)))) {
    withOpen(folder, 'r', fsyncSync);
  }
}

/** Makes a folder, and those that it is in. Node's own way to do that never ends in /proc, which lets none be made. */
export function makeFolder(path: string): void {
  if (statSync(path, {throwIfNoEntry: false})?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  mkdirSync(path);
}

/** Removes a file, or leaves it: one too many does no harm. */
export function remove(path: string): void {
  try {
    rmSync(path);
  } catch {
    // it is gone, or the folder lets none be removed
  }
}

function withOpen(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags);
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}
