// The shape of the bench's JSON: --json writes it, --compare and --from read it, and all tables and charts are made from it.
// Times are in ms, rates in GFLOP/s (10^9 floating-point operations a second) and GB/s (10^9 bytes a second).
import {type Backend, backends} from '../../src/backends.ts';
import type {PeerRow} from './peers.ts';
import type {Seeds} from './seeds.ts';
import type {Speedrun} from './speedrun.ts';

export const FORMAT = 'mnist-ops bench 1';

export interface Results {
  format: typeof FORMAT;
  /** ISO 8601, UTC. */
  date: string;
  /** How much was measured. */
  extent: Extent;
  machine: Machine;
  /** Node first, then the browser; a place without a requested backend is missing. */
  places: PlaceResults[];
  /** With --peers: steps and inference in other libraries, each in turns with ours on `simd` in Node. */
  peers?: PeerRow[];
  /** The run was interrupted: the rest of the rows is missing. */
  incomplete?: true;
}

/** The images in a batch, except in the sweep over batch sizes. */
export const batchSize = 64;

export type Extent = 'quick' | 'usual' | 'full';

export interface Machine {
  cpu: string;
  cores: number;
  /** The load average of the minute before: how many processes wanted to run. A browser does not know it. */
  load?: number;
  tfjs: string;
}

export type PlaceName = 'node' | 'browser';

export type {Backend};

/**
 * A contender. 'simd', 'cpu', 'webgl': our kernels on that backend; 'wasm', 'webgpu': our ops in reference kernels, made of that
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
  /** How many threads `simd` has. */
  threads?: number;
  /** The name of WebGL's renderer, and whether it is software instead of a GPU; only in a browser. */
  renderer?: string;
  software?: boolean;
  /** The requested backends that have no numbers here, and why. */
  missing: {backend: Backend; why: string}[];
  /** The least step of the clock, in ms: a single time of less than ten ticks is not exact. */
  tick?: number;
  roofs: Roof[];
  rows: Row[];
  /** A step's time by kernel, in batches of batchSize, on the backends with our own kernels. */
  splits: Split[];
  /** The first steps of pages in fresh browsers, which compile every program. Medians of n browsers each. */
  firstSteps: FirstSteps[];
}

/** The most that this machine allows one kind of code. */
export interface Roof {
  code: 'scalar' | 'simd' | 'gpu';
  /** Multiply-adds without memory, two operations each. */
  gflops: number;
  /** The rate of copying; `bytes` counts bytes read and bytes written. */
  gbytes: number;
  bytes: number;
}

/** One case at one batch size. */
export interface Row {
  /** A path: network, layer, pass; or network, whole; or `layers`, model. */
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
  /** One run once everything is compiled. The clock includes reading or awaiting the result. */
  steady: Timing;
  /** To the row's first measured contender, which has no ratio itself. */
  ratio?: Ratio;
  /** The very first run in this process or page; on a GPU it compiles the programs that no earlier case has used. */
  first: number;
  /** Moving the inputs to the backend, once; undefined where the run includes it. */
  upload?: number;
  /** Reading a computed result. Only on a GPU; undefined where the run reads its result itself. */
  readBack?: number;
  /** One run by the GPU's own clock, where the extension for it exists. */
  gpu?: number;
  /** Draw calls of one run on webgl, including those that read the result. */
  draws?: number;
  /** Only on `simd`: its rate divided by the best multiply-add rate around each block of runs; the median of rounds. */
  ofPeak?: Timing;
}

export interface NotMeasured {
  why: string;
  /** True for a bug: it disagrees with the others, or it failed. False if this place can't run it. */
  wrong: boolean;
}

/** The least, the median and the median absolute deviation of n times. */
export interface Timing {
  least: number;
  median: number;
  mad: number;
  n: number;
}

export interface Ratio {
  /** How many times as long it takes, by the medians of all times. */
  ratio: number;
  /** The ratios of the rounds, in order. All contenders of a row share the rounds; a slow one stops after the first ones. */
  rounds: number[];
  /** The median absolute deviation of `rounds`. */
  mad: number;
  /** The rounds differ too much to quote the ratio: mad is more than a tenth of it. */
  tooWide: boolean;
}

export interface Split {
  network: string;
  name: Name;
  /** In the order of their first call; `ms` sums all calls in one step. */
  kernels: {kernel: string; ms: number; calls: number}[];
  /** The time between kernels. */
  rest: number;
}

export interface FirstSteps {
  network: string;
  first: Partial<Record<Name, number>>;
  second: Partial<Record<Name, number>>;
  n: number;
}

export const emptyResults = (extent: Extent, machine: Machine): Results => ({
  format: FORMAT,
  date: new Date().toISOString(),
  extent,
  machine,
  places: [],
});

/** A place before the first measurement. */
export const emptyPlace = (place: PlaceName, runtime: string): PlaceResults => ({
  place,
  runtime,
  missing: [],
  roofs: [],
  rows: [],
  splits: [],
  firstSteps: [],
});

/** The JSON text: numbers with five digits, one line a row or a seed. */
export const jsonOf = (results: Results | Seeds | Speedrun): string =>
  JSON.stringify(results, (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(5)) : value,
  )
    .replace(/\{"(name|seed)":/g, '\n$&')
    .concat('\n');

export const isMeasured = (found: Measured | NotMeasured | undefined): found is Measured =>
  found !== undefined && 'steady' in found;

/** The contenders that have a time in one of the rows, in order. */
export const namesOf = (rows: readonly Row[]): Name[] => [
  ...new Set(rows.flatMap(row => measuredOf(row).map(([name]) => name))),
];

/** The row's contenders that have a time, in order. */
export const measuredOf = ({contenders}: Row): [Name, Measured][] =>
  (Object.entries(contenders) as [Name, Measured | NotMeasured][]).filter(
    (entry): entry is [Name, Measured] => isMeasured(entry[1]),
  );

export const backendOf = (name: Name): Backend => name.split(' ').at(-1) as Backend;
export const isOurs = (name: Name): name is Backend => !name.includes(' ');
export const isStock = (name: Name): boolean => name.startsWith('stock ');
export const isLayers = (name: Name): boolean => name.startsWith('layers ');

/** True for the case of another's Layers model, which has one name below `layers`. */
export const isModel = (name: string): boolean => name.startsWith('layers/');

/** The network of "tutorial/step" or "tutorial/conv2/forward"; the model of "layers/keras". */
export const networkOf = (name: string): string => name.split('/')[isModel(name) ? 1 : 0];

/** True for a backend without our own kernels: our ops run there on the reference kernels. */
export const isReference = (backend: Backend): boolean => !backends[backend].ownKernels;
