// One IDX file in Node, raw or gzipped.
import {type FileHandle, open} from 'node:fs/promises';
import {pipeline} from 'node:stream';
import {createGunzip} from 'node:zlib';
import {foundBy} from './found.ts';
import {checkBody, DataError, type Header, headerLength, type Kind, readHeader} from './idx.ts';

/**
 * The bytes of an IDX file, unpacked if gzipped. Reads no more, and takes no more memory, than the header asks for.
 * @param size the file's length
 * @throws DataError if the file can't be read, or is not as its header says
 */
export async function readIdxFile(path: string, kind: Kind, size: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    const {buffer, bytesRead} = await file.read(new Uint8Array(2), 0, 2, 0).catch(async error => {
      await file.close();
      throw error;
    });
    const isGzip = bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    if (!isGzip) return await collect(piecesOf(file), path, kind, size);
    const stream = file.createReadStream({start: 0, highWaterMark: PIECE});
    const unpacked = createGunzip({chunkSize: PIECE});
    pipeline(stream, unpacked, () => {}); // `unpacked` also reports its errors
    return await collect(unpacked, path, kind);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const {code, message} = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw unreadable(path, 'a file', error);
    const found = `one that can't be unpacked (${message})`;
    throw new DataError(`${path}: expected a whole gzip file, found ${found}`, {cause: error});
  }
}

/** Bytes that are read, or unpacked, at a time. */
const PIECE = 2 ** 18;

/** Each piece lies in the same bytes: a stream would leave as many as the file has to the garbage collector. Closes the file. */
async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    const piece = new Uint8Array(PIECE);
    for (let position = 0; ; ) {
      const {bytesRead} = await file.read(piece, 0, PIECE, position);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** @param size the file's length, if known */
async function collect(pieces: AsyncIterable<Uint8Array>, path: string, kind: Kind, size?: number) {
  let start: Uint8Array = new Uint8Array();
  let header: Header | undefined;
  let bytes = new Uint8Array();
  let filled = 0;
  for await (let piece of pieces) {
    if (!header) {
      piece = start = Buffer.concat([start, piece]);
      if (start.length < headerLength(kind)) continue;
      header = readHeader(start, path, kind);
      if (size !== undefined) checkBody(path, header, size - header.length);
      bytes = allocate(path, header.length + header.body);
    }
    const end = filled + piece.length;
    if (end > bytes.length) checkBody(path, header, end - header.length, true);
    bytes.set(piece, filled);
    filled = end;
  }
  return header ? bytes.subarray(0, filled) : start; // the parser names what is missing
}

function allocate(path: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    const sentence = `expected a file that fits into memory, found ${length} bytes`;
    throw new DataError(`${path}: ${sentence}`, {cause});
  }
}

export function unreadable(path: string, expected: string, cause: unknown): DataError {
  return new DataError(`${path}: expected ${expected}, found ${foundBy(cause)}`, {cause});
}
