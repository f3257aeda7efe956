// The images in a file, whatever its format: the first bytes tell it, not the name.
import {open, readFile, stat} from 'node:fs/promises';
import {nameOf} from '../../data/found.ts';
import {DataError, IMAGE_SIDE, IMAGES, LABELS, parseImages, parseLabels} from '../../data/idx.ts';
import {readIdxFile, unreadable} from '../../data/idx_file.ts';
import {readJpeg} from './jpeg.ts';
import {readPgm} from './pgm.ts';
import {type Picture, seen} from './picture.ts';
import {readPng} from './png.ts';

export interface Images {
  /** As the network sees them: [images, 28, 28], 0 (paper) to 255 (ink). */
  pixels: Uint8Array;
  /** It is an IDX file, whose images count from 0; other files are one picture. */
  isIdx: boolean;
  /** [images], from the file of labels beside it. */
  labels?: Uint8Array;
}

const formats = 'a PNG, JPEG, PGM or IDX file';
/** Most bytes of a picture's file. */
const MOST_BYTES = 2 ** 28;

type Decoder = (bytes: Uint8Array, name: string) => Picture;
const decoders: [starts: string[], decode: Decoder][] = [
  [['\x89PNG\r\n\x1a\n'], readPng],
  [['\xff\xd8\xff'], readJpeg],
  [['P2', 'P5'], readPgm],
];
/** IDX files of bytes, and gzip. */
const idxStarts = ['\0\0\x08', '\x1f\x8b'];

/** Formats that people have, and that are none of these. */
const others: [start: RegExp, name: string][] = [
  [/^GIF8/, 'GIF'],
  [/^RIFF....WEBP/s, 'WebP'],
  [/^....ftyp/s, 'HEIC, AVIF or a film'],
  [/^(II\*|MM.\*)/s, 'TIFF'],
  [/^BM/, 'BMP'],
  [/^P[13467]\s/, 'another of PGM’s family'],
  [/^%PDF/, 'PDF'],
  [/^(\xef\xbb\xbf)?\s*</, 'SVG or another XML'],
];

/** @throws DataError if the file can't be read, is damaged or of another format, or shows no digit */
export async function readImages(path: string): Promise<Images> {
  const found = await stat(path).catch(error => {
    throw unreadable(path, formats, error);
  });
  if (!found.isFile()) throw new DataError(`${path}: expected ${formats}, found ${nameOf(found)}`);
  const start = await firstBytes(path);
  if (idxStarts.some(each => start.startsWith(each))) return readIdx(path, found.size);
  const decode = decoders.find(([starts]) => starts.some(each => start.startsWith(each)))?.[1];
  if (!decode) {
    const other = others.find(([pattern]) => pattern.test(start))?.[1];
    const what = found.size === 0 ? 'an empty file' : (other ?? 'none of these');
    throw new DataError(`${path}: expected ${formats}, found ${what}`);
  }
  if (found.size > MOST_BYTES) {
    const expected = `a picture of at most ${MOST_BYTES} bytes`;
    throw new DataError(`${path}: expected ${expected}, found ${found.size}`);
  }
  const bytes = await readFile(path).catch(error => {
    throw unreadable(path, formats, error);
  });
  return {pixels: seen(decode(bytes, path), path), isIdx: false};
}

/** As text, a byte a character. */
async function firstBytes(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const {buffer, bytesRead} = await file.read(Buffer.alloc(64), 0, 64, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, formats, error);
  }
}

async function readIdx(path: string, size: number): Promise<Images> {
  const {pixels} = parseImages(await readIdxFile(path, IMAGES, size), path);
  const labels = await readLabels(path);
  const count = pixels.length / IMAGE_SIDE ** 2;
  if (labels && labels.length !== count) {
    const expected = `${count} labels beside it, one for each image`;
    throw new DataError(`${path}: expected ${expected}, found ${labels.length}`);
  }
  return {pixels, isIdx: true, labels};
}

/** The labels in the file that is named as the images' is, raw or gzipped; undefined if there is none. */
async function readLabels(images: string): Promise<Uint8Array | undefined> {
  const name = images.replaceAll(/images([-.])idx3/g, 'labels$1idx1').replace(/\.gz$/, '');
  if (name === images.replace(/\.gz$/, '')) return undefined;
  for (const path of [name, `${name}.gz`]) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return parseLabels(await readIdxFile(path, LABELS, found.size), path);
  }
  return undefined;
}
