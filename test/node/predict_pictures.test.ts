// The decoders of `npm run predict`, and what it makes of a picture of another size or held another way.
import {deflateSync} from 'node:zlib';
import {encode} from 'jpeg-js';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {readJpeg} from '../../src/cli/predict/jpeg.ts';
import {readPgm} from '../../src/cli/predict/pgm.ts';
import {type Picture, seen} from '../../src/cli/predict/picture.ts';
import {readPng} from '../../src/cli/predict/png.ts';
import {DataError} from '../../src/data/idx.ts';
import {Random} from '../../src/random.ts';
import {drawnDigits} from '../drawn_digits.ts';
import {coloured, encodePng, inkOfStrokes, pngKinds, pngOf} from '../pictures.ts';

const {strokes} = drawnDigits(1, 1).find(
  ({shape, style}) => shape === '7 plain' && style === 'full',
)!;
const drawing = (side: number) => {
  const times = side / 280;
  const scaled = strokes.map(stroke => stroke.map(({x, y}) => ({x: x * times, y: y * times})));
  return coloured(inkOfStrokes(scaled, side, 10 * times), [0, 0, 90, 255], [240, 240, 220, 255]);
};

// ---- PNG

for (const kind of pngKinds()) {
  test(`PNG: ${kind.name} is decoded as it was encoded`, () => {
    const {width, height, rgba} = readPng(encodePng(kind.png), 'a');
    assert.equal([width, height], [kind.png.width, kind.png.height]);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const at = 4 * (row * width + column);
        const expected = kind.rgba(row, column).map(Math.round);
        assert.equal([...rgba.subarray(at, at + 4)], expected, `row ${row}, column ${column}`);
      }
    }
  });
}

test('PNG: a colour that is not in the palette, bits that its colour type has not, and an unknown filter are refused', () => {
  const png = {width: 3, height: 2, depth: 8, colourType: 3, samples: () => [2]};
  const read = (changes: object) => () => readPng(encodePng({...png, ...changes}), 'a.png');
  assert.throws(read({palette: [1, 2, 3, 4, 5, 6]}), /^a\.png: expected .* not in its palette$/);
  assert.throws(read({}), /not in its palette/);
  assert.throws(read({depth: 16}), /found 16 bits of colour type 3/);
  assert.throws(read({colourType: 5}), /colour type 5/);
  const chunks = encodePng({...png, palette: Array(9).fill(0)});
  const rows = chunks.indexOf('IDAT') - 4; // the first of two chunks, then the end
  const packed = deflateSync(Uint8Array.from([5, 0, 0, 0, 0, 0, 0, 0]));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(packed.length);
  head.write('IDAT', 4, 'latin1');
  const filter = Buffer.concat([
    chunks.subarray(0, rows),
    head,
    packed,
    Buffer.alloc(4),
    chunks.subarray(-12),
  ]);
  assert.throws(() => readPng(filter, 'a'), /found a filter of number 5$/);
});

// ---- PGM

test('PGM: bytes, words and decimals have the same levels, whatever stands between the numbers', () => {
  const levels = [0, 51, 255, 102, 204, 153];
  const header = '# width\n3# height\n \t2\n#\n';
  const words = Buffer.alloc(12);
  for (const [i, level] of levels.entries()) words.writeUInt16BE(100 * level, 2 * i);
  const files = [
    Buffer.concat([Buffer.from(`P5 ${header}255\n`), Uint8Array.from(levels)]),
    Buffer.concat([Buffer.from(`P5\n${header}25500 `), words]),
    Buffer.from(`P2\n${header}5\n0 1\n5#5 five\n#\n 2 4\n3 and more`),
  ];
  for (const file of files) {
    const {width, height, rgba} = readPgm(file, 'a');
    assert.equal([width, height], [3, 2]);
    assert.equal(
      [...rgba],
      levels.flatMap(level => [level, level, level, 255]),
    );
  }
});

// ---- JPEG

/** The file with Exif's orientation, little-endian or big-endian. */
function held(jpeg: Uint8Array, orientation: number, order: 'II' | 'MM'): Uint8Array {
  const exif = Buffer.alloc(36);
  const [write16, write32] =
    order === 'II'
      ? [exif.writeUInt16LE.bind(exif), exif.writeUInt32LE.bind(exif)]
      : [exif.writeUInt16BE.bind(exif), exif.writeUInt32BE.bind(exif)];
  exif.set([0xff, 0xe1, 0, 34]);
  exif.write(`Exif\0\0${order}`, 4, 'latin1');
  write16(42, 12);
  write32(8, 14);
  write16(1, 18);
  write16(0x0112, 20);
  write16(3, 22);
  write32(1, 24);
  write16(orientation, 28);
  return Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
}

/** Exif's number for how the camera was held, and which pixel of the picture that it took is in a row and column of the upright one. */
const holdings: Record<number, (row: number, column: number, side: number) => [number, number]> = {
  1: (row, column) => [row, column],
  2: (row, column, last) => [row, last - column],
  3: (row, column, last) => [last - row, last - column],
  4: (row, column, last) => [last - row, column],
  5: (row, column) => [column, row],
  6: (row, column, last) => [last - column, row],
  7: (row, column, last) => [last - column, last - row],
  8: (row, column, last) => [column, last - row],
};

test('JPEG: however the camera was held, the digit is upright', () => {
  const side = 280;
  const upright = drawing(side);
  const expected = seen(
    readJpeg(encode({width: side, height: side, data: upright}, 95).data, 'a'),
    'a',
  );
  for (const [orientation, taken] of Object.entries(holdings)) {
    const rgba = new Uint8Array(upright.length);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const [xR, xC] = taken(row, column, side - 1);
        const at = 4 * (row * side + column);
        rgba.set(upright.subarray(at, at + 4), 4 * (xR * side + xC));
      }
    }
    const jpeg = encode({width: side, height: side, data: rgba}, 95).data;
    for (const order of ['II', 'MM'] as const) {
      const found = seen(readJpeg(held(jpeg, Number(orientation), order), 'a'), 'a');
      const off = found.filter((level, i) => Math.abs(level - expected[i]) > 40).length;
      assert.ok(off === 0, `${off} pixels differ at orientation ${orientation} ${order}`);
    }
  }
});

test('JPEG: other data where Exif’s would be, and an orientation that is none, leave the picture as it is', () => {
  const jpeg = encode({width: 8, height: 8, data: new Uint8Array(256)}, 90).data;
  const other = Buffer.concat([
    Buffer.from('ffd8ffe1000a', 'hex'),
    Buffer.from('Exif\0\0II'),
    jpeg.subarray(2),
  ]);
  for (const file of [other, held(jpeg, 0, 'II'), held(jpeg, 9, 'MM')]) {
    assert.is(readJpeg(file, 'a').orientation, 1);
  }
});

// ---- sizes

const pictureOf = (rgba: Uint8Array, width: number): Picture => ({
  width,
  height: rgba.length / 4 / width,
  rgba: Uint8ClampedArray.from(rgba),
});

test('a picture of the pad’s size, and the same enlarged three times, are the same to the network', () => {
  const small = drawing(280);
  const side = 3 * 280;
  const large = new Uint8Array(4 * side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const from = 4 * (Math.floor(row / 3) * 280 + Math.floor(column / 3));
      large.set(small.subarray(from, from + 4), 4 * (row * side + column));
    }
  }
  assert.equal(seen(pictureOf(large, side), 'a'), seen(pictureOf(small, 280), 'a'));
});

test('a transparent ground has no colour: what is transparent does not darken the edges of a large picture', () => {
  const ink = inkOfStrokes(strokes, 280, 10);
  const grounds = [0, 255].map(level => coloured(ink, [9, 9, 9, 255], [level, level, level, 0]));
  const [onBlack, onWhite] = grounds.map(rgba => {
    const wide = new Uint8Array(4 * 280 * 560).map(
      (_, i) => rgba[4 * (Math.floor(i / 2240) * 280 + Math.floor((i % 2240) / 8)) + (i % 4)],
    );
    return seen(pictureOf(wide, 560), 'a');
  });
  assert.equal(onBlack, onWhite);
});

// ---- damage

test('damaged files are refused in a sentence, whatever is damaged', () => {
  const random = new Random(1, 'damage');
  const rgba = drawing(56);
  const png = pngOf(rgba, 56, 56);
  const interlaced = encodePng({
    width: 9,
    height: 7,
    depth: 4,
    colourType: 3,
    palette: Array(48).fill(7),
    interlaced: true,
    samples: (row, column) => [(row * column) % 16],
  });
  const jpeg = encode({width: 56, height: 56, data: rgba}, 70).data;
  const pgm = Buffer.from(`P2 4 4 9\n${'1 2 3 4 '.repeat(4)}`);
  let refused = 0;
  for (const [read, whole] of [
    [readPng, png],
    [readPng, interlaced],
    [readJpeg, held(jpeg, 6, 'II')],
    [readPgm, pgm],
  ] as const) {
    for (let i = 0; i < 500; i++) {
      const bytes = Uint8Array.from(
        whole.subarray(0, random.below(4) ? whole.length : random.below(whole.length)),
      );
      for (let changes = random.below(4); changes > 0; changes--)
        bytes[random.below(bytes.length)] = random.below(256);
      try {
        const {width, height, rgba} = read(bytes, 'a');
        assert.is(rgba.length, 4 * width * height);
      } catch (error) {
        assert.instance(error, DataError, `${(error as Error).stack}`);
        assert.match((error as Error).message, /^a: expected [^\n]*, found [^\n]*$/);
        refused++;
      }
    }
  }
  assert.ok(refused > 500, `${refused} of 2,000 were refused`);
});

test.run();
