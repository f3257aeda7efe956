// The safetensors format, which Python opens too:
//   header length N, 64-bit little-endian   N bytes of JSON {name: {dtype, shape, data_offsets}}   the numbers, little-endian
// Source: github.com/huggingface/safetensors, README, "Format".
import {type Dtype, dtypes, isDtype, readNumbers, sizeOf, writeNumbers} from './numbers.ts';
import {WeightsError} from './weights_error.ts';

export interface NamedTensor {
  shape: number[];
  values: Float32Array;
}

export interface WeightsFile {
  tensors: Record<string, NamedTensor>;
  metadata: Record<string, string>;
}

/** What a header says of a tensor. Its offsets count from the header's end. */
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [begin: number, end: number];
}
type Entries = Record<string, Entry>;

/** Bytes of the header's length. The header is padded to a multiple of it, so that the numbers are aligned. */
const LENGTH_BYTES = 8;
const SPACE = 32;

/** The tensors in their order, as F32. */
export function writeSafetensors({tensors, metadata}: WeightsFile): Uint8Array {
  const entries: Entries = {};
  let length = 0;
  for (const [name, {shape, values}] of Object.entries(tensors)) {
    const begin = length;
    length += values.length * dtypes.F32.bytes;
    entries[name] = {dtype: 'F32', shape, data_offsets: [begin, length]};
  }
  const json = new TextEncoder().encode(JSON.stringify({__metadata__: metadata, ...entries}));
  const headerLength = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  const end = LENGTH_BYTES + headerLength;

  const bytes = new Uint8Array(end + length).fill(SPACE, LENGTH_BYTES, end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, LENGTH_BYTES);
  for (const [name, {values}] of Object.entries(tensors)) {
    bytes.set(writeNumbers(values), end + entries[name].data_offsets[0]);
  }
  return bytes;
}

/**
 * The tensors of a file as float32, and its metadata. Nothing is allocated for a tensor before the whole header is checked.
 * @throws WeightsError if the bytes are another format, or if the header and the numbers don't fit together
 */
export function readSafetensors(bytes: Uint8Array): WeightsFile {
  const {metadata, entries, data} = readHeader(bytes);
  const sorted = Object.entries(entries).sort(([, a], [, b]) => beginOf(a) - beginOf(b));
  for (const [name, entry] of sorted) checkEntry(name, entry, data.length);
  checkPlaces(sorted, data.length);
  const tensors = Object.entries(entries).map(([name, {dtype, shape, data_offsets}]) => {
    const values = readNumbers(dtype as Dtype, data.subarray(...data_offsets));
    return [name, {shape, values}];
  });
  return {tensors: Object.fromEntries(tensors), metadata};
}

/** @returns also `data`, everything after the header */
function readHeader(bytes: Uint8Array) {
  if (bytes.length <= LENGTH_BYTES) throw new WeightsError('fileShort', {found: bytes.length});
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  const expected = bytes.length - LENGTH_BYTES;
  if (declared > expected) {
    const other = otherFormats.find(([, start]) => start.every((byte, i) => bytes[i] === byte));
    if (other) throw new WeightsError('fileFormat', {found: other[0]});
    throw new WeightsError('fileHeaderLength', {expected, found: String(declared)});
  }
  const end = LENGTH_BYTES + Number(declared);
  const header = parseObject(bytes.subarray(LENGTH_BYTES, end));

  const {__metadata__: metadata = {}, ...entries} = header;
  if (!isObject(metadata) || Object.values(metadata).some(text => typeof text !== 'string')) {
    throw new WeightsError('fileMetadata');
  }
  const odd = Object.keys(entries).find(name => !isEntry(entries[name]));
  if (odd !== undefined) throw new WeightsError('fileEntry', {name: odd});
  const data = bytes.subarray(end);
  return {metadata: metadata as Record<string, string>, entries: entries as Entries, data};
}

/** First bytes of other files of weights. */
const otherFormats: [format: string, bytes: number[]][] = [
  ['HDF5', [0x89, 0x48, 0x44, 0x46]],
  ['ZIP (npz, pt, keras)', [0x50, 0x4b, 0x03, 0x04]],
  ['NumPy', [0x93, 0x4e, 0x55, 0x4d]],
  ['gzip', [0x1f, 0x8b]],
  ['PNG', [0x89, 0x50, 0x4e, 0x47]],
  ['JPEG', [0xff, 0xd8, 0xff]],
  ['pickle', [0x80, 0x02, 0x8a, 0x0a]],
];

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  const text = new TextDecoder().decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // refused below, as is JSON of another kind
  }
  const SHOWN = 16;
  if (!isObject(value)) throw new WeightsError('fileHeader', {found: text.slice(0, SHOWN)});
  const name = repeatedKey(text);
  if (name !== undefined) throw new WeightsError('fileRepeated', {name});
  return value;
}

/** The first key that an object of this JSON has twice: JSON.parse takes the last one in silence, safetensors allows none. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  // Whole strings, with the colon after a key, and braces.
  for (const [token, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon) {
      const key = JSON.parse(string) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const areWhole = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(Number.isSafeInteger);

const isEntry = (value: unknown): value is Entry =>
  isObject(value) &&
  typeof value.dtype === 'string' &&
  areWhole(value.shape) &&
  value.shape.every(size => size >= 0) &&
  areWhole(value.data_offsets) &&
  value.data_offsets.length === 2;

const beginOf = ({data_offsets}: Entry): number => data_offsets[0];

function checkEntry(name: string, {dtype, shape, data_offsets}: Entry, length: number): void {
  if (!isDtype(dtype)) {
    const expected = Object.keys(dtypes).join(' / ');
    throw new WeightsError('fileDtype', {name, expected, found: dtype});
  }
  const [begin, end] = data_offsets;
  const expected = sizeOf(shape) * dtypes[dtype].bytes;
  if (begin < 0 || end > length || end - begin !== expected) {
    throw new WeightsError('fileOffsets', {name, expected, length, begin, end});
  }
}

/** Each byte of the numbers belongs to one tensor. */
function checkPlaces(sorted: [string, Entry][], length: number): void {
  let hole: {begin: number; end: number} | undefined;
  let [other, filled] = ['', 0];
  for (const [name, {data_offsets}] of sorted) {
    const [begin, end] = data_offsets;
    if (begin < filled) throw new WeightsError('fileOverlap', {name, other});
    if (begin > filled) hole ??= {begin: filled, end: begin};
    [other, filled] = [name, end];
  }
  if (filled < length) hole ??= {begin: filled, end: length};
  if (hole) throw new WeightsError('fileHole', hole);
}
