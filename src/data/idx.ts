// The IDX format, in which MNIST and its relatives are published: a header of big-endian 32-bit words, then bytes
//   images   0x00000803  count  rows  columns   then count · rows · columns pixels, 0 (paper) to 255 (ink)
//   labels   0x00000801  count                  then count labels, 0 to 9
// Source: yann.lecun.com/exdb/mnist. The last byte of the magic number is the number of dimensions.

/** Rows and columns of an image. */
export const IMAGE_SIDE = 28;
/** Labels are the digits 0 to 9. */
export const CLASSES = 10;

/** Unusable data. The message is one sentence for the user: the file, what was expected, what was found. */
export class DataError extends Error {
  override name = 'DataError';
}

/** The two kinds of file. */
export interface Kind {
  noun: string;
  magic: number;
  /** The number of sizes that follow the magic number. */
  dimensions: number;
}

export const IMAGES: Kind = {noun: 'images', magic: 0x00000803, dimensions: 3};
export const LABELS: Kind = {noun: 'labels', magic: 0x00000801, dimensions: 1};
const WORD = 4;

export interface Header {
  kind: Kind;
  count: number;
  /** Bytes of the header. */
  length: number;
  /** Bytes that follow it. */
  body: number;
}

/**
 * The images of an IDX file: their pixels [count, rows, columns] are a view of its bytes.
 * @param bytes the whole file, decompressed
 * @param name the file's name in an error
 * @throws DataError if these are not one or more whole 28×28 images
 */
export function parseImages(bytes: Uint8Array, name: string) {
  const header = readHeader(bytes, name, IMAGES);
  const pixels = readBody(bytes, name, header);
  return {count: header.count, rows: IMAGE_SIDE, columns: IMAGE_SIDE, pixels};
}

/**
 * The labels of an IDX file, a view of its bytes.
 * @param bytes the whole file, decompressed
 * @param name the file's name in an error
 * @throws DataError if these are not one or more labels from 0 to 9
 */
export function parseLabels(bytes: Uint8Array, name: string): Uint8Array {
  const labels = readBody(bytes, name, readHeader(bytes, name, LABELS));
  const wrong = labels.findIndex(label => label >= CLASSES);
  if (wrong >= 0) {
    const largest = labels.reduce((most, label) => Math.max(most, label), 0);
    const hint = emnist[largest] && ` (up to ${largest}, as in ${emnist[largest]} of EMNIST)`;
    const found = `${labels[wrong]} at index ${wrong}${hint ?? ''}`;
    throw new DataError(`${name}: expected labels from 0 to ${CLASSES - 1}, found ${found}`);
  }
  return labels;
}

/** The parts of EMNIST whose classes are not the digits, by their largest label. */
const emnist: Record<number, string> = {
  26: 'the letters',
  46: 'the merged classes',
  61: 'all classes',
};

export const headerLength = ({dimensions}: Kind): number => WORD * (1 + dimensions);

/**
 * The header of an IDX file.
 * @param start the file's beginning: at least the header, or the whole file if it is shorter
 * @throws DataError if it isn't the header of one or more 28×28 images, or of one or more labels
 */
export function readHeader(start: Uint8Array, name: string, kind: Kind): Header {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  // Checked before the length: a short file of another kind is best described by its magic number.
  if (start.length >= WORD && view.getUint32(0) !== kind.magic) {
    throw new DataError(
      `${name}: expected the magic number ${hex(kind.magic)} (${kind.noun}), ` +
        `found ${hex(view.getUint32(0))}${meaning(start, view.getUint32(0))}`,
    );
  }
  const length = headerLength(kind);
  if (start.length < length) {
    const found = `a file of ${start.length}`;
    throw new DataError(`${name}: expected a header of ${length} bytes, found ${found}`);
  }
  const sizeAt = (i: number) => view.getUint32(WORD * (1 + i));
  const [count, ...sides] = Array.from({length: kind.dimensions}, (_, i) => sizeAt(i));
  if (sides.some(side => side !== IMAGE_SIDE)) {
    const expected = `images of ${IMAGE_SIDE}×${IMAGE_SIDE} pixels`;
    throw new DataError(`${name}: expected ${expected}, found ${sides.join('×')}`);
  }
  if (count === 0) throw new DataError(`${name}: expected one or more ${kind.noun}, found none`);
  return {kind, count, length, body: sides.reduce((product, side) => product * side, count)};
}

/**
 * Compares the bytes after a header with the number that it promises.
 * @param more whether the file goes on after the bytes that were counted
 * @throws DataError if they differ
 */
export function checkBody(name: string, {kind, count, body}: Header, found: number, more = false) {
  if (found === body) return;
  const expected = `${body} bytes after the header (${count} ${kind.noun})`;
  const wrong = found < body ? 'truncated' : 'too long';
  throw new DataError(
    `${name}: expected ${expected}, found ${found}${more ? ' or more' : ''} (${wrong})`,
  );
}

function readBody(bytes: Uint8Array, name: string, header: Header): Uint8Array {
  const body = bytes.subarray(header.length);
  checkBody(name, header, body.length);
  return body;
}

const hex = (word: number): string => `0x${word.toString(16).padStart(2 * WORD, '0')}`;

/** The type of an IDX file's numbers, by the magic number's third byte. */
const types: Record<number, string> = {
  8: 'bytes',
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: '32-bit floats',
  14: '64-bit floats',
};

/** Files of other kinds that people have under these names, by how they begin. */
const others: [RegExp, string][] = [
  [/^PK/, 'a zip archive'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the file itself'],
  [/^(\xef\xbb\xbf)?\s*<(!doctype|html|head|!--)/i, 'a web page'],
  [/^(\xef\xbb\xbf)?\s*</, 'XML'],
  [/^PAR1/, 'Parquet'],
  [/^\x93NUMPY/, 'a NumPy array'],
  [/^(\xef\xbb\xbf)?["\w. -]+[,;\t]/, 'CSV'],
  [/^[\t\n\r -~]+$/, 'text'],
];

/** A hint at common mistakes, from images and labels swapped to a web page saved instead of the file; "" if none fits. */
function meaning(start: Uint8Array, magic: number): string {
  if (magic === IMAGES.magic) return ' (images)';
  if (magic === LABELS.magic) return ' (labels)';
  if (magic >>> 16 === 0x1f8b) return ' (gzip, still compressed)';
  const type = types[magic >>> 8];
  if (type) {
    const like = magic === 0x0c02 ? ', as QMNIST’s labels' : '';
    return ` (${type} in ${magic & 255} dimensions${like})`;
  }
  const text = String.fromCharCode(...start.subarray(0, 64));
  const [, what] = others.find(([pattern]) => pattern.test(text)) ?? [];
  return what ? ` (${what})` : '';
}
