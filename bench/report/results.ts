// The shape of the JSON that a bench writes (--json), that --compare and --from read, and that all tables and charts are made from.
// Times are in ms, rates in GFLOP/s (10^9 floating-point operations a second) and GB/s (10^9 bytes a second).

import {type Backend, backends} from '../../src/backends.ts';

export const FORMAT = 'mnist-ops bench 1';

export interface Results {
  format: typeof FORMAT;
  /** ISO 8601, UTC. */
  date: string;
  /** How much was measured. */
  extent: Extent;
  machine: Machine;
  /** Node first, then the browser; a place where nothing was asked for is missing. */
  places: PlaceResults[];
  /** With --peers: the step of `tutorial` in other libraries, each in turns with ours on `simd` in Node. */
  peers?: PeerRow[];
  /** Interrupted: rows that were to come are missing. */
  incomplete?: true;
}

/** Images in a batch where cases are compared with each other: everywhere but in the sweep over batch sizes. */
export const batchSize = 64;

export type Extent = 'quick' | 'usual' | 'full';

export interface Machine {
  cpu: string;
  cores: number;
  /** Processes that wanted to run, over the minute before: what else kept the machine busy. A browser does not know. */
  load?: number;
  tfjs: string;
}

export type PlaceName = 'node' | 'browser';

export type {Backend};

/**
 * Who runs. 'simd', 'cpu', 'webgl': our kernels on that backend; 'wasm', 'webgpu': our ops in reference kernels, made of that
 * backend's stock slices, concatenations and matrix products; 'stock …': TensorFlow.js's own ops; 'layers …': an unmodified
 * tf.layers model, trained by trainOnBatch.
 */
export type Name = Backend | `stock ${Backend}` | `layers ${Backend}`;

export interface PlaceResults {
  place: PlaceName;
  /** "Node 20.20.2, V8 11.3" or "Chromium 156.0" */
  runtime: string;
  /** Of the kernels of `simd`. */
  build?: 'simd' | 'relaxed simd';
  /** What draws, as it calls itself, and whether that is a program instead of a GPU; only in a browser. */
  renderer?: string;
  software?: boolean;
  /** Backends that were asked for, and why they have no numbers here. */
  missing: {backend: Backend; why: string}[];
  /** The least step of the clock, in ms. A time of less than ten of them that was taken once is limited by it. */
  tick?: number;
  roofs: Roof[];
  rows: Row[];
  /** A step's time by kernel, in batches of batchSize, on the backends with kernels of ours. */
  splits: Split[];
  /** The first steps of pages in fresh browsers: every program has to be compiled. Medians of n browsers each. */
  firstSteps: FirstSteps[];
}

/** What a kind of code can reach at most on this machine. */
export interface Roof {
  code: 'scalar' | 'simd' | 'gpu';
  /** Multiply-adds without memory, two operations each. */
  gflops: number;
  /** Copying `bytes` bytes, what is read and what is written counted. */
  gbytes: number;
  bytes: number;
}

/** One case at one batch size. */
export interface Row {
  /** A path: network, layer, pass; or network, whole. */
  name: string;
  batch: number;
  /** Floating-point operations of one run: two for each product with a pixel inside the image. */
  flops?: number;
  /** Bytes that one run has to move if each input is read once and each output written once. */
  bytes?: number;
  /** Images of one run, where it takes whole images. */
  images?: number;
  /** In the order in which they took turns. */
  contenders: Contenders;
}

export type Contenders = Partial<Record<Name, Measured | NotMeasured>>;

export interface Measured {
  /** One run, once everything is compiled, what it computes read back or awaited inside the clock. */
  steady: Timing;
  /** To the row's first contender that was measured, which has none itself. */
  ratio?: Ratio;
  /** The very first run in this process or page; on a GPU it compiles the programs that no earlier case has used. */
  first: number;
  /** Moving the inputs to where the backend computes, once; undefined where that is a part of the run. */
  upload?: number;
  /** Reading the result after it is there. Only on a GPU; undefined where the run reads its result itself. */
  readBack?: number;
  /** One run by the GPU's own clock, where the extension for it exists. */
  gpu?: number;
  /** Draw calls of one run on webgl, to read the result included. */
  draws?: number;
  /** Of `simd`: its rate in parts of the best multiply-add rate around each block of runs; the median of rounds. */
  ofPeak?: Timing;
}

export interface NotMeasured {
  why: string;
  /** It disagrees with the others, or failed: a bug. Otherwise it can't be had here. */
  wrong: boolean;
}

/** Least, median and median absolute deviation of n. */
export interface Timing {
  least: number;
  median: number;
  mad: number;
  n: number;
}

export interface Ratio {
  /** How many times as long: by the medians of all. */
  ratio: number;
  /** Round by round, in order: the same rounds for every contender of a row, of which a slow one has the first alone. */
  rounds: number[];
  /** The median absolute deviation of those. */
  mad: number;
  /** The rounds differ by too much for the ratio to be quoted: mad is more than a tenth of it. */
  tooWide: boolean;
}

export interface Split {
  network: string;
  name: Name;
  /** In the order of their first call; ms of one step, calls summed. What lies between kernels is `rest`. */
  kernels: {kernel: string; ms: number; calls: number}[];
  rest: number;
}

export interface FirstSteps {
  network: string;
  first: Partial<Record<Name, number>>;
  second: Partial<Record<Name, number>>;
  n: number;
}

export interface PeerRow {
  /** "PyTorch 1.13, 2 threads" */
  name: string;
  /** Either its time beside ours, measured in turns with it; or why not. */
  measured?: {theirs: Timing; ours: Timing; ratio: Ratio};
  notMeasured?: NotMeasured;
}

/** Before anything is measured. */
export const emptyPlace = (place: PlaceName, runtime: string): PlaceResults => ({
  place,
  runtime,
  missing: [],
  roofs: [],
  rows: [],
  splits: [],
  firstSteps: [],
});

/** With five digits, and a line for each row. */
export const jsonOf = (results: Results): string =>
  JSON.stringify(results, (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(5)) : value,
  )
    .replaceAll('{"name":', '\n{"name":')
    .concat('\n');

export const isMeasured = (found: Measured | NotMeasured | undefined): found is Measured =>
  found !== undefined && 'steady' in found;

/** Everyone who has a time in one of the rows, in order. */
export const namesOf = (rows: readonly Row[]): Name[] => [
  ...new Set(rows.flatMap(row => measuredOf(row).map(([name]) => name))),
];

/** The contenders that have a time, in order. */
export const measuredOf = ({contenders}: Row): [Name, Measured][] =>
  (Object.entries(contenders) as [Name, Measured | NotMeasured][]).filter(
    (entry): entry is [Name, Measured] => isMeasured(entry[1]),
  );

/** A row's rate in GFLOP/s, and the most that the roofline lets it have: the lower of peak and intensity times bandwidth. */
export function rate({flops, bytes}: Row, {steady}: Measured, roof: Roof | undefined) {
  if (flops === undefined) return undefined;
  const gflops = flops / steady.median / 1e6;
  if (bytes === undefined || !roof) return {gflops};
  const intensity = flops / bytes;
  return {gflops, intensity, most: Math.min(roof.gflops, intensity * roof.gbytes)};
}

/** The code that a contender consists of. */
export const codeOf = (name: Name): Roof['code'] => {
  const backend = backendOf(name);
  if (backend === 'webgl' || backend === 'webgpu') return 'gpu';
  return backend === 'cpu' ? 'scalar' : 'simd';
};

export const backendOf = (name: Name): Backend => name.split(' ').at(-1) as Backend;

export const isOurs = (name: Name): name is Backend => !name.includes(' ');

export const isStock = (name: Name): boolean => name.startsWith('stock ');

export const isLayers = (name: Name): boolean => name.startsWith('layers ');

/** Backends without kernels of ours, which our ops run on all the same. */
export const isReference = (backend: Backend): boolean => !backends[backend].ownKernels;
