// PGM, grey levels: "P5" or "P2", width, height and the level of white, as decimal numbers between spaces and comments, then the levels:
//   P5   one space, then a byte a level, or two, big-endian, if white is above 255
//   P2   decimal numbers
// Source: netpbm.sourceforge.net/doc/pgm.html.
import {DataError} from '../../data/idx.ts';
import {checkSize, type Picture} from './picture.ts';

/** The header is not longer, comments included. */
const HEADER_BYTES = 4096;
const gap = '(?:\\s|#[^\\n]*\\n)+';
const header = new RegExp(`^P([25])${gap}(\\d+)${gap}(\\d+)${gap}(\\d+)\\s`);

/**
 * @param bytes a file that begins with P2 or P5
 * @param name the file's name in an error
 * @throws DataError if the file is damaged, or its size is none that we take; then no memory has been taken for it
 */
export function readPgm(bytes: Uint8Array, name: string): Picture {
  const damaged = (found: string) => new DataError(`${name}: expected a whole PGM, found ${found}`);
  const found = header.exec(Buffer.from(bytes.subarray(0, HEADER_BYTES)).toString('latin1'));
  if (!found) throw damaged('no width, height and level of white');
  const [type, width, height, white] = found.slice(1).map(Number);
  checkSize(name, width, height);
  if (white < 1 || white > 65535) throw damaged(`a level of white of ${white}`);

  const body = bytes.subarray(found[0].length);
  const count = height * width;
  const levels = type === 2 ? decimals(body, count) : binary(body, count, white > 255);
  if (levels.length < count) throw damaged(`${levels.length} of ${count} pixels`);
  const rgba = new Uint8ClampedArray(count * 4).fill(255);
  for (let i = 0; i < count; i++) rgba.fill((255 * levels[i]) / white, 4 * i, 4 * i + 3);
  return {width, height, rgba};
}

function binary(bytes: Uint8Array, count: number, isWide: boolean): ArrayLike<number> {
  if (!isWide) return bytes.subarray(0, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = Math.min(count, bytes.length >> 1);
  return Uint16Array.from({length}, (_, i) => view.getUint16(2 * i));
}

/** The first `count` decimal numbers, or fewer if there are no more. */
function decimals(text: Uint8Array, count: number): Uint16Array {
  const [ZERO, NINE, HASH, NEWLINE] = [...'09#\n'].map(letter => letter.charCodeAt(0));
  const isDigit = (at: number) => text[at] >= ZERO && text[at] <= NINE;
  const numbers = new Uint16Array(Math.min(count, text.length));
  let filled = 0;
  for (let at = 0; filled < numbers.length && at < text.length; at++) {
    if (text[at] === HASH) while (at < text.length && text[at] !== NEWLINE) at++;
    if (!isDigit(at)) continue;
    let number = 0;
    while (isDigit(at)) number = Math.min(10 * number + text[at++] - ZERO, 65535);
    numbers[filled++] = number;
    at--; // a comment may follow at once
  }
  return numbers.subarray(0, filled);
}
