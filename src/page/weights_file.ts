// The weights of a run as a safetensors file, which Python opens too:
//   header length N, 64-bit little-endian   N bytes of JSON {name: {dtype, shape, data_offsets}}   the numbers, little-endian
// Source: github.com/huggingface/safetensors, README, "Format".
import {weightShapes} from '../presets.ts';
import {PageError} from './page_error.ts';
import {
  batchesPerEpoch,
  ranges,
  readSettings,
  type Settings,
  settingNames,
  settingTexts,
  whole,
} from './settings.ts';

export interface SavedRun {
  settings: Settings;
  /** Batches trained so far. */
  batch: number;
  /** In the order of Network.variables. */
  weights: Float32Array[];
}

/** What a header says of a tensor. Its offsets count from the header's end. */
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [begin: number, end: number];
}
type Entries = Record<string, Entry>;
type Metadata = Record<string, string>;

const FORMAT = 'mnist-ops';
/** To go on, a run shuffles the images once per trained epoch, about 2 ms each. */
const MOST_EPOCHS = 2000;
/** Bytes of the header's length. The header is padded to a multiple of it, so that the numbers are aligned. */
const LENGTH_BYTES = 8;
const {BYTES_PER_ELEMENT} = Float32Array;

const sizeOf = (shape: number[]) => shape.reduce((product, size) => product * size, 1);

export function writeWeights({settings, batch, weights}: SavedRun): Uint8Array {
  const entries: Entries = {};
  let length = 0;
  for (const [name, shape] of Object.entries(weightShapes[settings.preset])) {
    const begin = length;
    length += sizeOf(shape) * BYTES_PER_ELEMENT;
    entries[name] = {dtype: 'F32', shape, data_offsets: [begin, length]};
  }
  const metadata: Metadata = {format: FORMAT, ...settingTexts(settings), batch: String(batch)};
  const json = JSON.stringify({__metadata__: metadata, ...entries});
  const padded = json.padEnd(Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES);
  const header = new TextEncoder().encode(padded);

  const bytes = new Uint8Array(LENGTH_BYTES + header.length + length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + header.length;
  for (const value of weights.flatMap(each => [...each])) {
    view.setFloat32(at, value, true);
    at += BYTES_PER_ELEMENT;
  }
  return bytes;
}

/**
 * The run in a file of ours. From another file with our tensors: its weights, with default settings and no batch trained.
 * @throws PageError if the file is neither, or holds settings or numbers that no run has
 */
export function readWeights(bytes: Uint8Array): SavedRun {
  const {metadata, entries, data} = readHeader(bytes);
  const ours = metadata.format === FORMAT ? metadata : {};
  const preset = presetOf(entries);
  const settings = readSettings(n => ours[n] ?? (n === settingNames.preset ? preset : undefined));
  const batch = whole([0, ranges.batches[1]])('batch', ours.batch ?? '0');

  const epochs = Math.floor(batch / batchesPerEpoch(settings.batchSize));
  if (epochs > MOST_EPOCHS)
    throw new PageError('fileEpochs', {expected: MOST_EPOCHS, found: epochs});

  const shapes = weightShapes[settings.preset];
  const tensor = ([name, shape]: [string, number[]]) =>
    readTensor(name, shape, entries[name], data);
  const weights = Object.entries(shapes).map(tensor);
  const extra = Object.keys(entries).find(name => !Object.hasOwn(shapes, name));
  if (extra !== undefined) {
    const expected = Object.keys(shapes).join(', ');
    throw new PageError('fileExtra', {net: settings.preset, expected, found: extra});
  }
  refuseOverlap(entries);
  return {settings, batch, weights};
}

/** @returns also `data`, everything after the header */
function readHeader(bytes: Uint8Array) {
  if (bytes.length <= LENGTH_BYTES) throw new PageError('fileShort', {found: bytes.length});
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  const expected = bytes.length - LENGTH_BYTES;
  if (declared > expected) {
    const other = otherFormats.find(([, start]) => start.every((byte, i) => bytes[i] === byte));
    if (other) throw new PageError('fileFormat', {found: other[0]});
    throw new PageError('fileHeaderLength', {expected, found: String(declared)});
  }
  const end = LENGTH_BYTES + Number(declared);
  const header = parseObject(bytes.subarray(LENGTH_BYTES, end));

  const {__metadata__: metadata = {}, ...entries} = header;
  if (!isObject(metadata) || Object.values(metadata).some(text => typeof text !== 'string')) {
    throw new PageError('fileMetadata');
  }
  const odd = Object.keys(entries).find(name => !isEntry(entries[name]));
  if (odd !== undefined) throw new PageError('fileEntry', {name: odd});
  const data = new DataView(bytes.buffer, bytes.byteOffset + end, bytes.length - end);
  return {metadata: metadata as Metadata, entries: entries as Entries, data};
}

/** First bytes of other files of weights. */
const otherFormats: [format: string, bytes: number[]][] = [
  ['HDF5', [0x89, 0x48, 0x44, 0x46]],
  ['ZIP (npz, pt, keras)', [0x50, 0x4b, 0x03, 0x04]],
  ['NumPy', [0x93, 0x4e, 0x55, 0x4d]],
  ['gzip', [0x1f, 0x8b]],
  ['pickle', [0x80, 0x02, 0x8a, 0x0a]],
];

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

/** Each byte of the numbers may belong to one tensor. */
function refuseOverlap(entries: Entries): void {
  const begin = ([, {data_offsets}]: [string, Entry]) => data_offsets[0];
  const sorted = Object.entries(entries).sort((a, b) => begin(a) - begin(b));
  for (const [i, [name, {data_offsets}]] of sorted.slice(1).entries()) {
    const [other, before] = sorted[i];
    if (data_offsets[0] < before.data_offsets[1]) throw new PageError('fileOverlap', {name, other});
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const areWhole = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(Number.isSafeInteger);

const isEntry = (value: unknown): value is Entry =>
  isObject(value) &&
  typeof value.dtype === 'string' &&
  areWhole(value.shape) &&
  areWhole(value.data_offsets) &&
  value.data_offsets.length === 2;

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  const text = new TextDecoder().decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // refused below, as is JSON of another kind
  }
  const SHOWN = 16;
  if (!isObject(value)) throw new PageError('fileHeader', {found: text.slice(0, SHOWN)});
  const name = repeatedKey(text);
  if (name !== undefined) throw new PageError('fileRepeated', {name});
  return value;
}

/** The network whose dense layer has this many inputs, which tells the two apart. */
function presetOf(entries: Entries): string | undefined {
  const shape = String(entries['dense.weights']?.shape);
  const presets = Object.entries(weightShapes);
  return presets.find(([, shapes]) => String(shapes['dense.weights']) === shape)?.[0];
}

function readTensor(name: string, shape: number[], entry: Entry | undefined, data: DataView) {
  if (!entry) throw new PageError('fileMissing', {name});
  if (entry.dtype !== 'F32') throw new PageError('fileDtype', {name, found: entry.dtype});
  const [expected, found] = [shape, entry.shape].map(sizes => `[${sizes.join(', ')}]`);
  if (found !== expected) throw new PageError('fileShape', {name, expected, found});

  const [begin, end] = entry.data_offsets;
  const size = sizeOf(shape) * BYTES_PER_ELEMENT;
  const length = data.byteLength;
  if (begin < 0 || end > length || end - begin !== size) {
    throw new PageError('fileOffsets', {name, expected: size, length, begin, end});
  }
  // A writer that doesn't pad its header leaves the numbers where no Float32Array may start.
  const values = Float32Array.from({length: sizeOf(shape)}, (_, i) =>
    data.getFloat32(begin + i * BYTES_PER_ELEMENT, true),
  );
  const index = values.findIndex(value => !Number.isFinite(value));
  if (index >= 0) throw new PageError('fileNotFinite', {name, found: values[index], index});
  return values;
}
