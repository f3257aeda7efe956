// What the page knows: the settings in its form, the run that the worker is at, and what came of it. Panels draw from it; the
// worker alone changes the run.

import type {Evaluation} from '../evaluation.ts';
import {median} from '../numbers.ts';
import {type Failure, failureOf, onlyAnswer} from '../outcome.ts';
import type {
  Answers,
  Command,
  FromWorker,
  Memory,
  News,
  Phase,
  Question,
  Sentence,
  StepSplit,
} from './protocol.ts';
import {
  type Backend,
  batchesPerEpoch,
  defaults,
  ranges,
  type Settings,
  type WasmBuild,
} from './settings.ts';
import {fill, type Language, type TextKey, texts, type Values} from './texts.ts';
import type {SavedRun} from './weights_file.ts';

export interface Test {
  batch: number;
  correct: number;
  total: number;
}

/** A link or a file may hold a megabyte where a word is expected. */
const LONGEST = 200;
const shortened = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;

/** Steps that the speed is taken from. */
const RECENT = 50;
/** Between two drawings of the page, in ms: where the GPU is a program, drawing takes from training. */
const REST = 100;

export class App {
  language: Language = 'en';
  /** What the form says. Its backend is always the run's. */
  settings: Settings = defaults();
  phase: Phase = 'starting';
  why?: Sentence;
  /** Batches trained. */
  batch = 0;
  /** Of each batch, in nats. */
  losses: number[] = [];
  /** On samples of test images, and on all of them. */
  tests: Test[] = [];
  evaluation?: Evaluation & {batch: number};
  /** Where the run went to another backend: that one does the batches from here on. */
  moves: {batch: number; backend: Backend}[] = [];
  memory?: Memory;
  compiled?: {programs: number; ms: number};
  splits: StepSplit[] = [];
  missing: Partial<Record<Backend, TextKey>> = {};
  /** The faster build of `simd` that there is. */
  wasm?: WasmBuild;
  /** Training images that have arrived. */
  arrived = 0;
  noData?: Sentence;
  /** The weights are those of a file, trained further or not: no link has them. */
  isOpened = false;
  /** Something else that the visitor has to be told, until the next command. */
  notice?: Sentence;

  /** Counts the runs: each begins with weights of its own. */
  private runs = 0;
  private begun = () => {};
  private recent: {images: number; ms: number}[] = [];
  private clock = {start: 0, batch: 0};
  private readonly listeners: (() => void)[] = [];
  private scheduled = false;
  private drawn = 0;
  private readonly questions = new Map<number, (answer: never) => void>();
  private lastQuestion = 0;

  constructor(private readonly worker: Worker) {
    worker.onmessage = ({data}: MessageEvent<FromWorker>) => this.hear(data);
    worker.onerror = event => {
      this.phase = 'failed';
      this.why = {key: 'unexpected', values: {message: event.message ?? 'worker.js'}};
      this.changed();
    };
  }

  // ---- for panels

  /** Calls it after every change, but not more often than ten times a second. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Calls it once the worker is there. */
  onStart(begin: () => void): void {
    this.begun = begin;
  }

  changed(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setTimeout(
      () =>
        requestAnimationFrame(() => {
          this.scheduled = false;
          this.drawn = performance.now();
          for (const listener of this.listeners) listener();
        }),
      this.drawn + REST - performance.now(),
    );
  }

  send(command: Command): void {
    this.notice = undefined;
    if (command.kind === 'load') this.noData = undefined;
    this.worker.postMessage(command);
    this.changed();
  }

  ask<Q extends Question>(question: Q): Promise<Answers[Q['kind']]> {
    const id = ++this.lastQuestion;
    this.worker.postMessage({...question, id});
    return new Promise(resolve => {
      this.questions.set(id, resolve as (answer: never) => void);
    });
  }

  say(key: TextKey, values: Values = {}): string {
    return fill(texts[this.language][key], values);
  }

  sentence({key, values = {}}: Sentence): string {
    const worded = Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' ? this.number(value) : shortened(value),
    ]);
    return this.say(key, Object.fromEntries(worded));
  }

  /** With so many decimals, or as many as it has. */
  number(value: number, decimals?: number): string {
    return value.toLocaleString(this.language, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals ?? 20,
    });
  }

  /** 0.98123 -> "98.12 %"; only all right is 100 %. */
  percent(share: number, decimals = 2): string {
    const most = share < 1 ? 100 - 10 ** -decimals : 100;
    return `${this.number(Math.min(most, 100 * share), decimals)} %`;
  }

  get isBusy(): boolean {
    return ['waiting', 'compiling', 'profiling', 'training', 'testing'].includes(this.phase);
  }

  /** Nothing is trained, and no file was opened: another network, seed or batch size would still be the same run. */
  get isFresh(): boolean {
    return this.batch === 0 && !this.isOpened && !this.isBusy && this.phase !== 'lost';
  }

  /** What a run says that has come to its end and learnt nothing. */
  get failure(): Sentence | undefined {
    const {phase, evaluation, losses, settings} = this;
    const failure = phase === 'done' && evaluation && failureOf(evaluation, losses);
    if (!failure) return undefined;
    const {learningRate} = settings;
    const values = {
      learningRate,
      total: evaluation.total,
      answer: onlyAnswer(evaluation.confusion),
    };
    const keys: Record<Failure, TextKey> = {'one digit': 'oneDigit', 'loss rose': 'lossRose'};
    return {key: keys[failure], values};
  }

  /** The milliseconds of one step and the images a second, of the last steps; undefined before the first. */
  get speed(): {ms: number; imagesPerSecond: number} | undefined {
    if (this.recent.length === 0) return undefined;
    const sum = (of: 'images' | 'ms') => this.recent.reduce((total, step) => total + step[of], 0);
    return {
      ms: median(this.recent.map(({ms}) => ms)),
      imagesPerSecond: (1000 * sum('images')) / sum('ms'),
    };
  }

  /** Milliseconds until the run's end, tests included; undefined if nothing is known yet. */
  get timeLeft(): number | undefined {
    const done = this.batch - this.clock.batch;
    if (!this.isBusy || done < 5) return undefined;
    const each = (performance.now() - this.clock.start) / done;
    return each * (this.settings.batches - this.batch);
  }

  /** Which weights the network has: another text, other answers. */
  get weights(): string {
    return `${this.runs} ${this.batch} ${this.phase}`;
  }

  /** The fastest backend that is there. */
  get usable(): Backend {
    return 'simd' in this.missing ? 'cpu' : 'simd';
  }

  /** The backend that the run is on, and the build of it. */
  get place(): string {
    const {backend, wasm} = this.settings;
    return backend === 'simd' && wasm === 'relaxed' ? this.say('relaxed', {backend}) : backend;
  }

  /** Settings of a link or a file, with a backend and a build that there are. */
  private here(settings: Settings): Settings {
    const backend = settings.backend in this.missing ? this.usable : settings.backend;
    const wasm = this.wasm === 'relaxed' ? (settings.wasm ?? this.wasm) : this.wasm;
    return {...settings, backend, wasm};
  }

  // ---- commands that change more than the worker

  /** Begins anew with what the form says. */
  reset(): void {
    this.isOpened = false;
    this.send({kind: 'reset', settings: this.settings});
  }

  /** Goes on from what a file has. */
  restore(run: SavedRun): void {
    const batches = Math.max(run.settings.batches, run.batch);
    this.settings = {...this.here(run.settings), batches};
    this.isOpened = true;
    this.send({kind: 'restore', run: {...run, settings: this.settings}});
  }

  /** Trains the run of a link, and says so if it can't be the same to the last bit. */
  open(settings: Settings): void {
    this.settings = this.here(settings);
    this.reset();
    this.train();
    const {backend, wasm} = this.settings;
    if (backend === 'simd' && wasm !== (settings.wasm ?? wasm)) this.notice = {key: 'noRelaxed'};
  }

  train(): void {
    this.send({kind: 'train', batches: this.settings.batches});
  }

  /** Of a run at its end; no run is longer than a link can say. */
  get canTrainOneEpochMore(): boolean {
    return this.batch + batchesPerEpoch(this.settings.batchSize) <= ranges.batches[1];
  }

  trainOneEpochMore(): void {
    const batches = this.batch + batchesPerEpoch(this.settings.batchSize);
    this.settings = {...this.settings, batches};
    this.train();
  }

  moveTo(backend: Backend): void {
    this.settings = {...this.settings, backend};
    this.send({kind: 'backend', backend});
  }

  // ---- what the worker says

  private hear(message: FromWorker): void {
    if (message.kind === 'answer') {
      this.questions.get(message.id)?.(message.answer as never);
      this.questions.delete(message.id);
      return;
    }
    (this.handlers[message.kind] as (news: News) => void)(message);
    this.changed();
  }

  private readonly handlers: {[K in News['kind']]: (news: Extract<News, {kind: K}>) => void} = {
    missing: ({missing, wasm}) => {
      Object.assign(this, {missing, wasm});
      this.settings = this.here(this.settings);
      this.begun();
    },
    images: ({arrived}) => {
      this.arrived = arrived;
    },
    noData: ({why}) => {
      this.noData = why;
    },
    began: ({settings}) => {
      this.runs++;
      Object.assign(this, {batch: 0, losses: [], tests: [], moves: [], recent: []});
      this.evaluation = this.memory = undefined;
      this.settings = {...this.settings, backend: settings.backend};
    },
    phase: ({phase, why, backend, batch}) => {
      if (phase === 'training' && this.phase !== 'testing') this.startClock(batch, backend);
      Object.assign(this, {phase, why, batch});
      this.settings = {...this.settings, backend};
      if (batch < this.losses.length) this.forgetAfter(batch);
      else this.losses.length = batch; // those before a file's batch are not known
    },
    compiled: compiled => {
      this.compiled = compiled;
    },
    split: ({split}) => {
      const same = (other: StepSplit) =>
        other.preset === split.preset && other.batchSize === split.batchSize;
      this.splits = this.splits.filter(other => same(other) && other.backend !== split.backend);
      this.splits.push(split);
    },
    batch: ({batch, loss, images, ms, memory}) => {
      this.batch = batch;
      this.losses[batch - 1] = loss;
      this.memory = memory;
      this.recent.push({images, ms});
      if (this.recent.length > RECENT) this.recent.shift();
    },
    test: ({batch, correct, total}) => {
      this.tests.push({batch, correct, total});
    },
    epoch: ({batch, evaluation}) => {
      this.evaluation = {...evaluation, batch};
      this.tests.push({batch, correct: evaluation.correct, total: evaluation.total});
    },
  };

  private startClock(batch: number, backend: Backend): void {
    this.clock = {start: performance.now(), batch};
    const last = this.moves.at(-1);
    if (last?.backend === backend) return;
    this.recent = [];
    this.moves = this.moves.filter(move => move.batch < batch);
    this.moves.push({batch, backend});
  }

  /** The run went back to an earlier batch: what came after it will come again. */
  private forgetAfter(batch: number): void {
    this.losses.length = batch;
    this.tests = this.tests.filter(test => test.batch <= batch);
    this.moves = this.moves.filter(move => move.batch <= batch);
    if (this.evaluation && this.evaluation.batch > batch) this.evaluation = undefined;
  }
}
