// What the page and its worker say to each other: commands one way, news the other, and questions that are answered by number.
import type {Evaluation} from '../evaluation.ts';
import type {Backend, Settings, WasmBuild} from './settings.ts';
import type {TextKey, Values} from './texts.ts';
import type {SavedRun} from './weights_file.ts';

/** A sentence in any language. */
export interface Sentence {
  key: TextKey;
  values?: Values;
}

export type Command =
  /** Fetches what is missing of the images. */
  | {kind: 'load'}
  /** Fresh weights, and the first batch is next. */
  | {kind: 'reset'; settings: Settings}
  /** Goes on until so many batches are trained in all; at their end, or if none are left, all test images are tested. */
  | {kind: 'train'; batches: number}
  | {kind: 'trainOne'; batches: number}
  | {kind: 'pause'}
  /** The weights move to it; training that was going on goes on. */
  | {kind: 'backend'; backend: Backend}
  /** Takes a run from where a file has it. */
  | {kind: 'restore'; run: SavedRun}
  | {kind: 'loseContext'};

export type Question =
  /** Images [n × 784], 0 paper to 255 ink -> probabilities [n × 10]; undefined while the GPU is lost. */
  | {kind: 'recognise'; images: Uint8Array}
  /** Test images. */
  | {kind: 'look'; indices: number[]}
  /** Those of all test images; undefined until they have arrived. */
  | {kind: 'labels'}
  | {kind: 'save'};

export interface Answers {
  recognise: Float32Array | undefined;
  look: Looked | undefined;
  labels: Uint8Array | undefined;
  save: SavedRun | undefined;
}

/** n test images: their pixels [n × 784], labels [n] and probabilities [n × 10]. */
export interface Looked {
  indices: number[];
  pixels: Uint8Array;
  labels: Uint8Array;
  probabilities: Float32Array | undefined;
}

/** What the worker is doing. The last six wait for the visitor. */
export type Phase =
  | 'starting'
  | 'waiting'
  | 'compiling'
  | 'profiling'
  | 'training'
  | 'testing'
  | 'ready'
  | 'paused'
  | 'done'
  | 'lost'
  | 'diverged'
  | 'failed';

export interface KernelTime {
  kernel: string;
  /** Of all calls in a step; NaN if the GPU's clock can't be read. */
  ms: number;
  calls: number;
}

/** One training step, in ms, by kernel; what isn't in a kernel of ours is the rest. */
export interface StepSplit extends Pick<Settings, 'preset' | 'batchSize' | 'backend'> {
  kernels: KernelTime[];
  whole: number;
}

/** Tensors and bytes alive after a batch, and how many tensors more than after the first batch since training began or went on. */
export interface Memory {
  tensors: number;
  bytes: number;
  left: number;
}

export type News =
  /** Why a backend can't be chosen, and the faster build of `simd` that can. */
  | {kind: 'missing'; missing: Partial<Record<Backend, TextKey>>; wasm?: WasmBuild}
  | {kind: 'images'; arrived: number}
  /** Another run takes the place of the last one: with fresh weights, or with a file's. */
  | {kind: 'began'; settings: Settings}
  | {kind: 'noData'; why: Sentence}
  | {kind: 'phase'; phase: Phase; why?: Sentence; backend: Backend; batch: number}
  | {kind: 'compiled'; programs: number; ms: number}
  | {kind: 'split'; split: StepSplit}
  | {kind: 'batch'; batch: number; loss: number; images: number; ms: number; memory: Memory}
  | {kind: 'test'; batch: number; correct: number; total: number}
  | {kind: 'epoch'; batch: number; evaluation: Evaluation};

export type ToWorker = Command | (Question & {id: number});
export type FromWorker = News | {kind: 'answer'; id: number; answer: Answers[keyof Answers]};
