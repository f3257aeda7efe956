// Pictures as files, made by hand: drawings, and PNG, PGM and IDX.
import {deflateSync} from 'node:zlib';
import type {Stroke} from '../src/page/stage/strokes.ts';

/** The ink of strokes drawn by a round pen on a pad: [side, side], 255 where the pen was. */
export function inkOfStrokes(strokes: Stroke[], side: number, radius: number): Uint8Array {
  const ink = new Uint8Array(side * side);
  const dot = (x: number, y: number) => {
    for (let row = Math.ceil(y - radius); row <= y + radius; row++)
      for (let column = Math.ceil(x - radius); column <= x + radius; column++) {
        const isOnPad = row >= 0 && row < side && column >= 0 && column < side;
        const isInside = (row - y) ** 2 + (column - x) ** 2 <= radius ** 2;
        if (isOnPad && isInside) ink[row * side + column] = 255;
      }
  };
  for (const stroke of strokes)
    for (const [i, {x, y}] of stroke.entries()) {
      const from = stroke[i - 1] ?? {x, y};
      const steps = Math.ceil(Math.hypot(x - from.x, y - from.y)) + 1;
      for (let step = 0; step <= steps; step++)
        dot(from.x + (step / steps) * (x - from.x), from.y + (step / steps) * (y - from.y));
    }
  return ink;
}

export type Colour = readonly [red: number, green: number, blue: number, alpha: number];

/** Ink of one colour on paper of another: [height, width, 4] */
export const coloured = (ink: Uint8Array, strokes: Colour, paper: Colour) =>
  Uint8Array.from({length: 4 * ink.length}, (_, i) => (ink[i >> 2] ? strokes : paper)[i % 4]);

export interface Png {
  width: number;
  height: number;
  depth: number;
  colourType: number;
  /** Of the pixel in a row and column, its samples. */
  samples: (row: number, column: number) => readonly number[];
  palette?: readonly number[];
  transparency?: readonly number[];
  interlaced?: boolean;
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.concat([
    Buffer.alloc(4),
    Buffer.from(type, 'latin1'),
    data,
    Buffer.alloc(4),
  ]);
  bytes.writeUInt32BE(data.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), data.length + 8);
  return bytes;
}

const pngHeader = (png: Omit<Png, 'samples'>): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(png.width);
  header.writeUInt32BE(png.height, 4);
  header.set([png.depth, png.colourType, 0, 0, Number(png.interlaced ?? false)], 8);
  return chunk('IHDR', header);
};

/** A PNG file. Its rows take PNG's five filters in turn, and the pixels are in two chunks. */
export function encodePng(png: Png): Buffer {
  const {width, height, depth, palette, transparency, samples, interlaced} = png;
  // Every stepR-th row from `top`, and every stepC-th column from `left`.
  const passes = interlaced
    ? ['0 0 8 8', '0 4 8 8', '4 0 8 4', '0 2 4 4', '2 0 4 2', '0 1 2 2', '1 0 2 1']
    : ['0 0 1 1'];
  const channels = samples(0, 0).length;
  const step = Math.max(1, (channels * depth) >> 3);
  const rows: Uint8Array[] = [];
  for (const [top, left, stepR, stepC] of passes.map(pass => pass.split(' ').map(Number))) {
    if (left >= width) continue;
    const columns = Math.ceil((width - left) / stepC);
    let above = new Uint8Array(Math.ceil((columns * channels * depth) / 8));
    for (let row = top, filter = 4; row < height; row += stepR, filter = (filter + 1) % 5) {
      let bits = '';
      for (let column = left; column < width; column += stepC)
        for (const sample of samples(row, column)) bits += sample.toString(2).padStart(depth, '0');
      const bytes = Uint8Array.from({length: above.length}, (_, i) =>
        Number.parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2),
      );
      rows.push(Uint8Array.from([filter, ...filtered(filter, bytes, above, step)]));
      above = bytes;
    }
  }
  const data = deflateSync(Buffer.concat(rows));
  const half = data.length >> 1;
  return Buffer.concat([
    signature,
    pngHeader(png),
    ...(palette ? [chunk('PLTE', Uint8Array.from(palette))] : []),
    ...(transparency ? [chunk('tRNS', Uint8Array.from(transparency))] : []),
    chunk('IDAT', data.subarray(0, half)),
    chunk('IDAT', data.subarray(half)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function filtered(filter: number, bytes: Uint8Array, above: Uint8Array, step: number): Uint8Array {
  return bytes.map((byte, i) => {
    const [a, b, c] = [bytes[i - step] ?? 0, above[i], above[i - step] ?? 0];
    const nearest = [a, b, c].toSorted(
      (p, q) => Math.abs(a + b - c - p) - Math.abs(a + b - c - q),
    )[0];
    return byte - [0, a, b, (a + b) >> 1, nearest][filter];
  });
}

/** The checksum of PNG's chunks (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A PNG of RGBA pixels, 8 bits each. */
export const pngOf = (rgba: Uint8Array, width: number, height: number): Buffer =>
  encodePng({
    width,
    height,
    depth: 8,
    colourType: 6,
    samples: (row, column) => [...rgba.subarray(4 * (row * width + column)).subarray(0, 4)],
  });

/** An IDX file of images, or of labels. */
export function idxOf(items: readonly Uint8Array[] | Uint8Array): Buffer {
  const header =
    items instanceof Uint8Array ? [0x801, items.length] : [0x803, items.length, 28, 28];
  const bytes = Buffer.alloc(4 * header.length);
  for (const [i, word] of header.entries()) bytes.writeUInt32BE(word, 4 * i);
  return Buffer.concat([bytes, ...(items instanceof Uint8Array ? [items] : items)]);
}

/** PNGs of every kind, 13 by 11, with the colour of each pixel. */
export function pngKinds(): {
  name: string;
  png: Png;
  rgba: (row: number, column: number) => number[];
}[] {
  const [width, height] = [13, 11];
  const colourTypes = [
    {colourType: 0, name: 'grey', depths: [1, 2, 4, 8, 16], channels: 1},
    {colourType: 2, name: 'colour', depths: [8, 16], channels: 3},
    {colourType: 3, name: 'palette', depths: [1, 2, 4, 8], channels: 1},
    {colourType: 4, name: 'grey and alpha', depths: [8, 16], channels: 2},
    {colourType: 6, name: 'colour and alpha', depths: [8, 16], channels: 4},
  ];
  return colourTypes.flatMap(({colourType, name, depths, channels}) =>
    depths.flatMap(depth =>
      [false, true].flatMap(interlaced =>
        (channels % 2 ? [false, true] : [false]).map(hasTransparent => {
          const most = 2 ** depth - 1;
          const samples = (row: number, column: number) =>
            Array.from(
              {length: channels},
              (_, i) => ((row + 1) * 37 * (i + 1) + column * column * 1009) % (most + 1),
            );
          // A palette's entry i, and its alpha; of the others, the colour of the third pixel is transparent.
          const entry = (i: number) => [(i * 7) % 256, 255 - i, (i * 31) % 256];
          const indices = [...Array(most + 1).keys()];
          const key = samples(0, 2);
          const transparency =
            colourType === 3
              ? indices.slice(0, 2).map(i => 100 * i)
              : key.flatMap(sample => [sample >> 8, sample & 255]);
          const rgba = (row: number, column: number) => {
            const found = samples(row, column);
            const scaled = found.map(sample =>
              depth === 16 ? sample >> 8 : (255 * sample) / most,
            );
            const alpha = hasTransparent ? (transparency[found[0]] ?? 255) : 255;
            if (colourType === 3) return [...entry(found[0]), alpha];
            const colour = channels >= 3 ? scaled.slice(0, 3) : [scaled[0], scaled[0], scaled[0]];
            const isKey = hasTransparent && String(found) === String(key);
            return [...colour, channels % 2 ? (isKey ? 0 : 255) : scaled[channels - 1]];
          };
          const png = {
            width,
            height,
            depth,
            colourType,
            interlaced,
            samples,
            ...(colourType === 3 && {palette: indices.flatMap(entry)}),
            ...(hasTransparent && {transparency}),
          };
          const kind = [
            name,
            `${depth} bits`,
            ...(interlaced ? ['interlaced'] : []),
            ...(hasTransparent ? ['a transparent colour'] : []),
          ];
          return {name: kind.join(', '), png, rgba};
        }),
      ),
    ),
  );
}
