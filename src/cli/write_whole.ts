// Writes files so that under their names there is never half of one.
import {open, rename, rm} from 'node:fs/promises';

const FOUND: Record<string, string> = {
  ENOENT: 'no such folder',
  ENOTDIR: 'a file where its path needs a folder',
  EISDIR: 'a folder of that name',
  EEXIST: 'a file of that name',
  EACCES: 'no permission to write it',
  EPERM: 'no permission to write it',
  EROFS: 'a read-only file system',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'no space left in the quota',
};

/** The error for a path that can't be written, in one sentence. */
export function notWritten(path: string, cause: unknown): Error {
  const {code = '', message} = cause as NodeJS.ErrnoException;
  return new Error(`${path}: expected to be written, found ${FOUND[code] ?? message}`, {cause});
}

/**
 * Writes files beside their places, and renames them once all are on the disk.
 * @throws Error in one sentence that begins with a path
 */
export async function writeWhole(files: readonly {path: string; bytes: Uint8Array}[]) {
  const partial = (path: string) => `${path}.${process.pid}.partial`;
  let now = '';
  try {
    for (const {path, bytes} of files) {
      now = path;
      const file = await open(partial(path), 'w');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    }
    for (const {path} of files) {
      now = path;
      await rename(partial(path), path);
    }
  } catch (error) {
    for (const {path} of files) await rm(partial(path), {force: true}).catch(() => {});
    throw notWritten(now, error);
  }
}
