// The messages between the page and its worker: commands one way, news the other, and questions with an answer to each.
import type {Evaluation} from '../evaluation.ts';
import type {WhyOneThread} from '../kernels/simd/backend/threads.ts';
import type {Preset} from '../presets.ts';
import type {Results} from './app.ts';
import type {Cell} from './inside/cells.ts';
import type {Nudge} from './inside/explanation.ts';
import type {Stop} from './inside/inside.ts';
import type {Backend, Settings, WasmBuild} from './settings.ts';
import type {TextKey, Values} from './texts.ts';
import type {Frame} from './time/film.ts';
import type {SavedRun} from './weights_file.ts';

/** A sentence in any language: a text's key, and the values to fill in. */
export interface Sentence {
  key: TextKey;
  values?: Values;
}

export type Command =
  /** Fetches the images that are missing. */
  | {kind: 'load'}
  /** Begins a run with fresh weights. */
  | {kind: 'reset'; settings: Settings}
  /** Trains until the run has this many batches, then tests all test images; only tests if none are left to train. */
  | {kind: 'train'; batches: number}
  | {kind: 'trainOne'; batches: number}
  | {kind: 'pause'}
  /** Moves the run, and training goes on there. */
  | {kind: 'backend'; backend: Backend}
  /** Gives `simd` so many threads, and training goes on with them. */
  | {kind: 'threads'; threads: number}
  /** Goes on with the run of a file. */
  | {kind: 'restore'; run: SavedRun}
  /** Goes on with a run as it was; its results come back with the news that it began. */
  | {kind: 'resume'; run: SavedRun; results: Results}
  /** Gives weights other values, by name. It pauses training. */
  | {kind: 'edit'; weights: Record<string, Float32Array>}
  /** Takes back the last edit since training last went on. */
  | {kind: 'undo'}
  /** Goes back to after this batch. */
  | {kind: 'returnTo'; frame: Frame}
  | {kind: 'loseContext'};

export type Question =
  /** Images [n × 784], 0 (paper) to 255 (ink), to probabilities [n × 10]; undefined while the GPU is lost. */
  | {kind: 'predict'; images: Uint8Array}
  /** Test images by their indices, with the network's answers. */
  | {kind: 'testImages'; indices: number[]}
  /** The labels of all test images; undefined until they have arrived. */
  | {kind: 'testLabels'}
  | {kind: 'save'}
  /** What stands in the network for an image [784], 0 to 255; undefined before the first run and while the GPU is lost. */
  | {kind: 'look'; image: Uint8Array; label: number; frame?: Frame}
  /** The same on every other backend that this browser has. Answered at rest only, else undefined. */
  | {kind: 'lookElsewhere'; image: Uint8Array; label: number}
  /** For each relu, which of its channels are 0 in all of the first 64 test images; undefined until these have arrived. */
  | {kind: 'dead'}
  /** The next batch's step, without taking it. It pauses training; undefined if another command comes in between, or if it fails. */
  | {kind: 'slowStep'}
  /** The loss with this weight moved, in float64: too long for the page, which has to answer clicks. */
  | {kind: 'nudge'; look: Look; cell: Cell}
  /** Answered when all commands before it are carried out, or cancelled. */
  | {kind: 'rest'};

export interface Answers {
  predict: Float32Array | undefined;
  testImages: TestImages | undefined;
  testLabels: Uint8Array | undefined;
  save: SavedRun | undefined;
  look: Look | undefined;
  lookElsewhere: Look[] | undefined;
  dead: Record<string, boolean[]> | undefined;
  slowStep: SlowStep | undefined;
  nudge: Nudge | undefined;
  rest: undefined;
}

/** Every number in the network while one image flows through it, and the gradient of the image's loss. */
export interface Look {
  preset: Preset;
  backend: Backend;
  /** Batches trained. */
  batch: number;
  image: Uint8Array;
  label: number;
  /** By the names of stations and weights (inside/stations.ts): flat arrays, without the batch axis. */
  values: Record<string, Float32Array>;
  /** ∂loss/∂ each of them. The softmax has none: it is one op with the loss. */
  gradients: Record<string, Float32Array>;
  /** The rate of the next step, for a whole batch. */
  learningRate: number;
  /** Of each weight, by name; none with the recipe `sgd`. */
  velocities: Record<string, Float32Array>;
  /** Milliseconds that the worker took. */
  ms: number;
}

/** Everything that happens in the step of one batch. */
export interface SlowStep {
  /** As it counts once it is trained. */
  batch: number;
  /** How many images it has. */
  images: number;
  /** The first of its images, [n × 784], and their labels [n]. */
  pixels: Uint8Array;
  labels: Uint8Array;
  /** The mean over the images. */
  loss: number;
  /** Of this batch: an epoch's last batch may be short, and its step is as much shorter. */
  learningRate: number;
  /** The first image alone, with the gradients of its own loss. */
  look: Look;
  /** ∂loss/∂ each weight, by name, for the loss of the batch: the mean of the gradients of all images. */
  gradients: Record<string, Float32Array>;
  /** From the batch to the update. */
  stops: SlowStop[];
}

/** What flows at a stop. Shapes have the batch axis. */
export interface SlowStop extends Stop {
  /** The op's file. */
  file: string;
  input: number[];
  /** Backward: the gradient of the op's input, if a step needs it, and those of its weights. */
  outputs: number[][];
  /** Of the outputs. */
  bytes: number;
  /** The time of the op's kernels; NaN if none runs, or the GPU's clock can't be read. */
  ms: number;
}

/** n test images: their pixels [n × 784], labels [n] and probabilities [n × 10]. */
export interface TestImages {
  indices: number[];
  pixels: Uint8Array;
  labels: Uint8Array;
  probabilities: Float32Array | undefined;
}

/** What the worker is doing. In the last six phases it waits for the visitor. */
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
  /** The time of all its calls in a step; NaN if the GPU's clock can't be read. */
  ms: number;
  calls: number;
}

/** The milliseconds of one training step, whole and by kernel. Time outside our kernels is in `whole` only. */
export interface StepSplit extends Pick<Settings, 'preset' | 'batchSize' | 'backend'> {
  kernels: KernelTime[];
  whole: number;
}

/** How many threads `simd` has, how many it may have, and if that is one, why. */
export interface ThreadsHere {
  threads: number;
  most: number;
  why?: WhyOneThread | 'oneCore';
}

/** Tensors and bytes in memory after a batch. `left`: tensors more than after the first batch since training last started. */
export interface Memory {
  tensors: number;
  bytes: number;
  left: number;
}

export type News =
  /** Why backends can't be chosen, and the fastest build of `simd` that this browser runs. */
  | {kind: 'missing'; missing: Partial<Record<Backend, TextKey>>; wasm?: WasmBuild}
  | ({kind: 'threads'} & ThreadsHere)
  | {kind: 'images'; arrived: number}
  /** A new run replaces the last one, with fresh weights or a file's, or goes on with its results up to now. */
  | {kind: 'began'; settings: Settings; results?: Results}
  | {kind: 'noData'; why: Sentence}
  | {kind: 'phase'; phase: Phase; why?: Sentence; backend: Backend; batch: number}
  | {kind: 'compiled'; programs: number; ms: number}
  | {kind: 'split'; split: StepSplit}
  | {kind: 'batch'; batch: number; loss: number; images: number; ms: number; memory: Memory}
  /** The weights after a batch: the first of a run, and every tenth. */
  | ({kind: 'film'} & Frame)
  /** How many edits can be undone, and whether any has a part in the weights. */
  | {kind: 'edits'; undoable: number; isEdited: boolean}
  | {kind: 'test'; batch: number; correct: number; total: number}
  | {kind: 'epoch'; batch: number; evaluation: Evaluation};

export type ToWorker = Command | (Question & {id: number});
export type FromWorker = News | {kind: 'answer'; id: number; answer: Answers[keyof Answers]};
