// What a path turned out to be, in the words of an error.
import type {Stats} from 'node:fs';

/** The kind of a file or folder. */
export function nameOf(found: Stats): string {
  if (found.isFile()) return 'a file';
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

const FOUND: Record<string, string> = {
  ENOENT: 'nothing there',
  ENOTDIR: 'a file where its path needs a folder',
  EISDIR: 'a folder',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
};

/** Why it can't be read. */
export function foundBy(error: unknown): string {
  const {code = '', message} = error as NodeJS.ErrnoException;
  return FOUND[code] ?? message;
}
