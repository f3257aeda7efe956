// PNG: a signature of 8 bytes, then chunks of   length, 32-bit big-endian   type, 4 letters   data   checksum, 32 bits
//   IHDR   width  height  bits of a sample  colour type  0  0  interlaced     PLTE   the palette, 3 bytes a colour
//   tRNS   what is transparent                                               IDAT   the rows, compressed, in one or more chunks
// The rows: each is a byte, its filter, and the samples, packed. A filter has subtracted what it predicts from the left and from above.
// Node decompresses; the rest is here, since npm's decoders either inflate without a limit or reach into Node's insides.
// Source: w3.org/TR/png.
import {inflateSync} from 'node:zlib';
import {DataError} from '../../data/idx.ts';
import {checkSize, type Picture} from './picture.ts';

/** Samples of a pixel, and the allowed bits of a sample, by colour type. */
const colourTypes: Record<number, {channels: number; depths: number[]}> = {
  0: {channels: 1, depths: [1, 2, 4, 8, 16]}, // grey
  2: {channels: 3, depths: [8, 16]}, // colour
  3: {channels: 1, depths: [1, 2, 4, 8]}, // index into the palette
  4: {channels: 2, depths: [8, 16]}, // grey, alpha
  6: {channels: 4, depths: [8, 16]}, // colour, alpha
};
const PALETTE = 3;
const SIGNATURE_BYTES = 8;
/** Bytes of a chunk beside its data. */
const CHUNK_BYTES = 12;

/** A picture of every stepR-th row from row `top`, and every stepC-th column from column `left`. */
interface Pass {
  top: number;
  left: number;
  stepR: number;
  stepC: number;
}
const whole: Pass[] = [{top: 0, left: 0, stepR: 1, stepC: 1}];
/** The seven passes of an interlaced picture (Adam Costello's). */
const interlaced: Pass[] = [
  {top: 0, left: 0, stepR: 8, stepC: 8},
  {top: 0, left: 4, stepR: 8, stepC: 8},
  {top: 4, left: 0, stepR: 8, stepC: 4},
  {top: 0, left: 2, stepR: 4, stepC: 4},
  {top: 2, left: 0, stepR: 4, stepC: 2},
  {top: 0, left: 1, stepR: 2, stepC: 2},
  {top: 1, left: 0, stepR: 2, stepC: 1},
];

/**
 * @param bytes a file that begins with PNG's signature
 * @param name the file's name in an error
 * @throws DataError if the file is damaged, or its size is none that we take; then no memory has been taken for it
 */
export function readPng(bytes: Uint8Array, name: string): Picture {
  const damaged = (found: string) => new DataError(`${name}: expected a whole PNG, found ${found}`);
  const {IHDR, PLTE, tRNS, IDAT} = chunksOf(bytes, damaged);
  if (IHDR?.length !== 13 || !IDAT) throw damaged('one without a header or pixels');
  const header = new DataView(IHDR.buffer, IHDR.byteOffset, IHDR.length);
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  checkSize(name, width, height);
  const [depth, colourType, , , isInterlaced] = IHDR.subarray(8);
  const {channels, depths} = colourTypes[colourType] ?? {channels: 0, depths: []};
  if (!depths.includes(depth)) throw damaged(`${depth} bits of colour type ${colourType}`);

  const passes = passesOf(width, height, channels * depth, isInterlaced === 1);
  const length = passes.reduce((sum, pass) => sum + pass.length, 0);
  const packed = inflate(IDAT, length, damaged);

  const rgba = new Uint8ClampedArray(height * width * 4);
  // Of 16 bits, the upper 8, as in browsers.
  const toByte = depth === 16 ? 2 ** -8 : 255 / (2 ** depth - 1);
  /** The colour that is transparent, of a type without alpha. */
  const key = tRNS?.length === 2 * channels ? Buffer.from(tRNS) : undefined;
  /** Writes the pixel whose samples these are. */
  function write(to: number, sample: (channel: number) => number): void {
    if (colourType === PALETTE) {
      const index = sample(0);
      const colour = PLTE?.subarray(3 * index, 3 * index + 3);
      if (colour?.length !== 3) throw damaged('a colour that is not in its palette');
      rgba.set(colour, to);
      rgba[to + 3] = tRNS?.[index] ?? 255;
      return;
    }
    for (let i = 0; i < 3; i++) rgba[to + i] = Math.floor(toByte * sample(channels >= 3 ? i : 0));
    let isKey = key !== undefined;
    for (let i = 0; isKey && i < channels; i++) isKey = key?.readUInt16BE(2 * i) === sample(i);
    const alpha = channels % 2 === 0 ? Math.floor(toByte * sample(channels - 1)) : 255;
    rgba[to + 3] = isKey ? 0 : alpha;
  }
  let at = 0;
  for (const {top, left, stepR, stepC, rows, columns, rowBytes} of passes) {
    for (let row = 0; row < rows; row++) {
      if (packed[at] > 4) throw damaged(`a filter of number ${packed[at]}`);
      unfilter(packed, at, row === 0, rowBytes, Math.max(1, (channels * depth) >> 3));
      const samples = packed.subarray(at + 1, at + 1 + rowBytes);
      at += 1 + rowBytes;
      for (let column = 0; column < columns; column++) {
        const to = 4 * ((top + row * stepR) * width + left + column * stepC);
        write(to, channel => sampleAt(samples, column * channels + channel, depth));
      }
    }
  }
  return {width, height, rgba};
}

/** The passes that have pixels, with their sizes. `length` is in bytes, with a filter for each row. */
function passesOf(width: number, height: number, bits: number, isInterlaced: boolean) {
  return (isInterlaced ? interlaced : whole)
    .map(({top, left, stepR, stepC}) => {
      const rows = Math.ceil((height - top) / stepR);
      const columns = Math.ceil((width - left) / stepC);
      const rowBytes = Math.ceil((columns * bits) / 8);
      return {top, left, stepR, stepC, rows, columns, rowBytes, length: rows * (1 + rowBytes)};
    })
    .filter(({rows, columns}) => rows > 0 && columns > 0);
}

type Damaged = (found: string) => DataError;

/** The data of the chunks by type; of IDAT, of all of them together. */
function chunksOf(bytes: Uint8Array, damaged: Damaged): Record<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Record<string, Uint8Array> = {};
  const rows: Uint8Array[] = [];
  let type = '';
  for (let at = SIGNATURE_BYTES; type !== 'IEND'; ) {
    const length = at + CHUNK_BYTES <= bytes.length ? view.getUint32(at) : Infinity;
    if (at + CHUNK_BYTES + length > bytes.length) throw damaged('its end missing');
    const data = bytes.subarray(at + 8, at + 8 + length);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === 'IDAT') rows.push(data);
    else chunks[type] ??= data;
    at += CHUNK_BYTES + length;
  }
  if (rows.length > 0) chunks.IDAT = Buffer.concat(rows);
  return chunks;
}

function inflate(bytes: Uint8Array, length: number, damaged: Damaged): Uint8Array {
  try {
    const inflated = inflateSync(bytes, {maxOutputLength: length});
    if (inflated.length === length) return inflated;
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw damaged('more pixels than its size says');
    throw damaged(`one that can't be unpacked (${message})`);
  }
  throw damaged('fewer pixels than its size says');
}

/** Adds to a row, which begins with its filter, what the filter predicts. `step` is the distance to the pixel on the left, in bytes. */
function unfilter(y: Uint8Array, at: number, isFirst: boolean, rowBytes: number, step: number) {
  const filter = y[at];
  if (filter === 0) return;
  for (let i = 1; i <= rowBytes; i++) {
    const here = at + i;
    const above = here - 1 - rowBytes;
    const a = i > step ? y[here - step] : 0;
    const b = isFirst ? 0 : y[above];
    const c = isFirst || i <= step ? 0 : y[above - step];
    if (filter === 1) y[here] += a;
    else if (filter === 2) y[here] += b;
    else if (filter === 3) y[here] += (a + b) >> 1;
    else y[here] += paeth(a, b, c);
  }
}

/** Of left, above and above left, the one that is nearest to a + b - c. */
function paeth(a: number, b: number, c: number): number {
  const [fromA, fromB, fromC] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (fromA <= fromB && fromA <= fromC) return a;
  return fromB <= fromC ? b : c;
}

/** Sample `i` of a row, with `depth` bits. */
function sampleAt(row: Uint8Array, i: number, depth: number): number {
  if (depth === 8) return row[i];
  if (depth === 16) return (row[2 * i] << 8) | row[2 * i + 1];
  const bit = i * depth;
  return (row[bit >> 3] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}
