// The IDX format, in which MNIST and its relatives are published: a header of big-endian 32-bit words, then bytes
//   images   0x00000803  count  rows  columns   then count · rows · columns pixels, 0 (paper) to 255 (ink)
//   labels   0x00000801  count                  then count labels, 0 to 9
// Source: yann.lecun.com/exdb/mnist. The last byte of the magic number is the number of dimensions.

/** Rows and columns of an image: what the networks here take. */
export const IMAGE_SIDE = 28;
/** Labels are digits, 0 to 9. */
export const CLASSES = 10;

/** Data that can't be used. The message is one sentence for the user: which file, what was expected, what was found. */
export class DataError extends Error {
  override name = 'DataError';
}

export interface Images {
  count: number;
  rows: number;
  columns: number;
  /** [count, rows, columns], a view of the file's bytes. */
  pixels: Uint8Array;
}

interface Kind {
  noun: string;
  magic: number;
  /** How many sizes follow the magic number. */
  dimensions: number;
}

const IMAGES: Kind = {noun: 'images', magic: 0x00000803, dimensions: 3};
const LABELS: Kind = {noun: 'labels', magic: 0x00000801, dimensions: 1};
const WORD = 4;

/**
 * The images of an IDX file, without copying them.
 * @param bytes the whole file, decompressed
 * @param name what to call the file in an error
 * @throws DataError if these are not one or more whole 28×28 images
 */
export function parseImages(bytes: Uint8Array, name: string): Images {
  const [count, rows, columns] = readHeader(bytes, name, IMAGES);
  if (rows !== IMAGE_SIDE || columns !== IMAGE_SIDE) {
    throw new DataError(
      `${name}: expected images of ${IMAGE_SIDE}×${IMAGE_SIDE} pixels, found ${rows}×${columns}`,
    );
  }
  const pixels = readBody(bytes, name, IMAGES, count, rows * columns);
  return {count, rows, columns, pixels};
}

/**
 * The labels of an IDX file, without copying them.
 * @param bytes the whole file, decompressed
 * @param name what to call the file in an error
 * @throws DataError if these are not one or more labels from 0 to 9
 */
export function parseLabels(bytes: Uint8Array, name: string): Uint8Array {
  const [count] = readHeader(bytes, name, LABELS);
  const labels = readBody(bytes, name, LABELS, count, 1);
  const wrong = labels.findIndex(label => label >= CLASSES);
  if (wrong >= 0) {
    throw new DataError(
      `${name}: expected labels from 0 to ${CLASSES - 1}, found ${labels[wrong]} at index ${wrong}`,
    );
  }
  return labels;
}

function headerLength({dimensions}: Kind): number {
  return WORD * (1 + dimensions);
}

function readHeader(bytes: Uint8Array, name: string, kind: Kind): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The magic number comes first, as a short file of another kind is best described by it.
  if (bytes.length >= WORD && view.getUint32(0) !== kind.magic) {
    throw new DataError(
      `${name}: expected the magic number ${hex(kind.magic)} (${kind.noun}), ` +
        `found ${hex(view.getUint32(0))}${meaning(view.getUint32(0))}`,
    );
  }
  const length = headerLength(kind);
  if (bytes.length < length) {
    throw new DataError(
      `${name}: expected a header of ${length} bytes, found a file of ${bytes.length}`,
    );
  }
  return Array.from({length: kind.dimensions}, (_, i) => view.getUint32(WORD * (1 + i)));
}

function readBody(
  bytes: Uint8Array,
  name: string,
  kind: Kind,
  count: number,
  itemLength: number,
): Uint8Array {
  if (count === 0) throw new DataError(`${name}: expected one or more ${kind.noun}, found none`);
  const body = bytes.subarray(headerLength(kind));
  const expected = count * itemLength;
  if (body.length !== expected) {
    const defect = body.length < expected ? 'truncated' : 'too long';
    throw new DataError(
      `${name}: expected ${expected} bytes after the header (${count} ${kind.noun}), ` +
        `found ${body.length} (${defect})`,
    );
  }
  return body;
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(2 * WORD, '0')}`;
}

/** The mistakes worth naming: images and labels swapped, and a gzipped file named as if it were raw. */
function meaning(magic: number): string {
  if (magic === IMAGES.magic) return ' (images)';
  if (magic === LABELS.magic) return ' (labels)';
  return magic >>> 16 === 0x1f8b ? ' (gzip, still compressed)' : '';
}
