// The files that weights come in: one, or a model and the files beside it that hold its numbers.
import {WeightsError} from './weights_error.ts';

export interface WeightsInput {
  name: string;
  bytes: Uint8Array;
}

/** The most bytes of a weights file, many times as many as the weights of either network take. */
const LARGEST = 1_000_000;

/** @throws WeightsError for a file of more bytes than weights of ours take, before anybody reads it */
export function checkSize(bytes: number): void {
  if (bytes > LARGEST) throw new WeightsError('fileLarge', {expected: LARGEST, found: bytes});
}

/**
 * A name that a model gives to a file beside it.
 * @throws WeightsError if it leads to another folder
 */
export function checkBeside(name: unknown): string {
  if (typeof name === 'string' && /^[^/\\:\0]+$/.test(name) && !/^\.+$/.test(name)) return name;
  throw new WeightsError('fileOutside', {found: String(name)});
}

/** @throws WeightsError if that file is not among these */
export function bytesOf(files: readonly WeightsInput[], name: string): Uint8Array {
  const file = files.find(file => file.name === name);
  if (!file) throw new WeightsError('fileApart', {found: name});
  return file.bytes;
}
