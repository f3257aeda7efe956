// What the page knows: the settings in its form, the worker's run, and its results. Panels draw it; only the worker changes the run.
import type {Evaluation} from '../evaluation.ts';
import {failureOf, onlyAnswer} from '../outcome.ts';
import {median} from '../statistics.ts';
import {WeightsError} from '../weights/weights_error.ts';
import {PageError} from './page_error.ts';
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
  ThreadsHere,
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
import {Film, type Frame} from './time/film.ts';
import type {SavedRun} from './weights_file.ts';

export interface Test {
  batch: number;
  correct: number;
  total: number;
}

/** What a run has shown up to now. */
export type Results = Pick<App, 'losses' | 'tests' | 'moves' | 'evaluation'>;

/** The most characters of a value in a sentence: a link or a file may hold a megabyte where a word is expected. */
const LONGEST = 200;
/** The speed is that of this many last steps. */
const SPEED_STEPS = 50;
/** Milliseconds between two drawings of the page. With a software GPU, drawing slows training down. */
const INTERVAL = 100;

export class App {
  language: Language = 'en';
  /** The form's settings. Their backend is always the run's. */
  settings: Settings = defaults();
  phase: Phase = 'starting';
  why?: Sentence;
  /** Batches trained. */
  batch = 0;
  /** The loss of each batch, in nats. An array that has changed otherwise than by growing is another array. */
  losses: number[] = [];
  /** Tests on samples and on all test images. */
  tests: Test[] = [];
  evaluation?: Evaluation & {batch: number};
  /** Changes of backend: each `backend` trains the batches after its `batch`. */
  moves: {batch: number; backend: Backend}[] = [];
  memory?: Memory;
  compiled?: {programs: number; ms: number};
  splits: StepSplit[] = [];
  missing: Partial<Record<Backend, TextKey>> = {};
  /** The fastest build of `simd` that this browser runs. */
  wasm?: WasmBuild;
  threads: ThreadsHere = {threads: 1, most: 1};
  /** How many training images have arrived. */
  arrived = 0;
  noData?: Sentence;
  /** The weights come from a file, whether or not they are trained further. */
  isOpened = false;
  /** The visitor has changed weights by hand, whether or not they are trained further. */
  isEdited = false;
  /** How many of these changes can be undone. */
  undoable = 0;
  readonly film = new Film();
  /** The newest weights that the worker has sent. */
  frame?: Frame;
  /** Anything else that the visitor has to know. The next command clears it. */
  notice?: Sentence;

  /** How many runs have begun, each with its own weights. */
  runs = 0;
  /** How many changes by hand the worker has reported, undone ones included. */
  edits = 0;
  /** How many commands were sent. */
  sent = 0;
  private start = () => {};
  private recent: {images: number; ms: number}[] = [];
  private clock = {start: 0, batch: 0};
  private readonly listeners: (() => void)[] = [];
  private scheduled = false;
  private drawn = 0;
  private readonly questions = new Map<number, (answer: never) => void>();
  private lastQuestion = 0;

  constructor(private readonly worker: Worker) {
    worker.onmessage = ({data}: MessageEvent<FromWorker>) => this.receive(data);
    worker.onerror = event => {
      this.phase = 'failed';
      this.why = {key: 'unexpected', values: {message: event.message ?? 'worker.js'}};
      this.changed();
    };
  }

  // ---- for panels

  /** Calls the listener after every change, at most ten times a second. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Calls the listener when the worker has started. */
  onStart(listener: () => void): void {
    this.start = listener;
  }

  changed(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    const draw = () => {
      this.scheduled = false;
      this.drawn = performance.now();
      for (const listener of this.listeners) listener();
    };
    setTimeout(() => requestAnimationFrame(draw), this.drawn + INTERVAL - performance.now());
  }

  send(command: Command): void {
    this.notice = undefined;
    this.sent++;
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

  /** Shows an error that has a sentence, and throws any other. */
  showError(error: unknown): void {
    if (!(error instanceof PageError || error instanceof WeightsError)) throw error;
    this.notice = {key: error.key, values: error.values};
    this.changed();
  }

  say(key: TextKey, values: Values = {}): string {
    return fill(texts[this.language][key], values);
  }

  sentence({key, values = {}}: Sentence): string {
    const worded: Values = {};
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === 'number') worded[name] = this.number(value);
      else worded[name] = value.slice(0, LONGEST) + (value.length > LONGEST ? ' …' : '');
    }
    return this.say(key, worded);
  }

  /** @param decimals default: as many as the value has */
  number(value: number, decimals?: number): string {
    return value.toLocaleString(this.language, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals ?? 20,
    });
  }

  /** 0.98123 -> "98.12 %". Only a share of 1 is rounded to 100 %. */
  percent(share: number, decimals = 2): string {
    const most = share < 1 ? 100 - 10 ** -decimals : 100;
    return `${this.number(Math.min(most, 100 * share), decimals)} %`;
  }

  get isBusy(): boolean {
    return ['waiting', 'compiling', 'profiling', 'training', 'testing'].includes(this.phase);
  }

  /** True before anything is trained or opened: the settings that decide the weights can still change. */
  get isFresh(): boolean {
    return this.batch === 0 && !this.hasOwnWeights && !this.isBusy && this.phase !== 'lost';
  }

  /** True if the weights are a file's or changed by hand: no link leads to them. */
  get hasOwnWeights(): boolean {
    return this.isOpened || this.isEdited;
  }

  /** Says that a run has ended without learning anything. */
  get failure(): Sentence | undefined {
    const {phase, evaluation, losses, settings} = this;
    const failure = phase === 'done' && evaluation && failureOf(evaluation, losses);
    if (!failure) return undefined;
    const {learningRate} = settings;
    const answer = onlyAnswer(evaluation.confusion);
    const values = {learningRate, total: evaluation.total, answer};
    return {key: failure === 'one digit' ? 'oneDigit' : 'lossRose', values};
  }

  /** The median time of the last steps and their images per second; undefined before the first. */
  get speed(): {ms: number; imagesPerSecond: number} | undefined {
    if (this.recent.length === 0) return undefined;
    const sum = (of: 'images' | 'ms') => this.recent.reduce((total, step) => total + step[of], 0);
    const ms = median(this.recent.map(step => step.ms));
    return {ms, imagesPerSecond: (1000 * sum('images')) / sum('ms')};
  }

  /** Milliseconds until the run's end, tests included; undefined while nobody can tell. */
  get timeLeft(): number | undefined {
    const done = this.batch - this.clock.batch;
    if (!this.isBusy || done < 5) return undefined;
    const each = (performance.now() - this.clock.start) / done;
    return each * (this.settings.batches - this.batch);
  }

  /** Differs whenever the network's answers may differ. */
  get weightsKey(): string {
    return [this.runs, this.edits, this.batch, this.phase, this.settings.backend].join(' ');
  }

  /** The run's backend, with its build. */
  get backendName(): string {
    const {backend, wasm} = this.settings;
    return backend === 'simd' && wasm === 'relaxed' ? this.say('relaxed', {backend}) : backend;
  }

  /** The settings of a link or a file, with a backend and a build that this browser has. */
  private available(settings: Settings): Settings {
    const fastest = 'simd' in this.missing ? 'cpu' : 'simd';
    const backend = settings.backend in this.missing ? fastest : settings.backend;
    const wasm = this.wasm === 'relaxed' ? (settings.wasm ?? this.wasm) : this.wasm;
    return {...settings, backend, wasm};
  }

  // ---- commands that change the page's state too

  /** Begins a run with the form's settings. */
  reset(): void {
    this.isOpened = false;
    this.send({kind: 'reset', settings: this.settings});
  }

  /** Goes on with the run of a file. */
  restore(run: SavedRun): void {
    const batches = Math.max(run.settings.batches, run.batch);
    this.settings = {...this.available(run.settings), batches};
    this.isOpened = true;
    this.send({kind: 'restore', run: {...run, settings: this.settings}});
  }

  /** Goes on with a run as it was. */
  resume(
    {settings, batch, weights, velocities}: SavedRun,
    results: Results,
    hasOwnWeights: boolean,
  ): void {
    this.settings = this.available(settings);
    this.isOpened = hasOwnWeights;
    this.send({
      kind: 'resume',
      run: {settings: this.settings, batch, weights, velocities},
      results,
    });
  }

  /** Trains the run of a link, and says so if this browser can't repeat it to the last bit. */
  open(settings: Settings): void {
    this.settings = this.available(settings);
    this.reset();
    this.train();
    const {backend, wasm} = this.settings;
    if (backend === 'simd' && wasm !== (settings.wasm ?? wasm)) this.notice = {key: 'noRelaxed'};
  }

  train(): void {
    this.send({kind: 'train', batches: this.settings.batches});
  }

  /** With the recipe `fast`, the length decides every step: a run that has begun keeps it. */
  get hasFixedLength(): boolean {
    return this.settings.recipe === 'fast' && !this.isFresh;
  }

  /** No run is longer than a link can say. */
  get canTrainOneEpochMore(): boolean {
    if (this.hasFixedLength) return false;
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

  // ---- messages of the worker

  private receive(message: FromWorker): void {
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
      this.settings = this.available(this.settings);
      this.start();
    },
    threads: ({kind: _, ...threads}) => {
      this.threads = threads;
    },
    images: ({arrived}) => {
      this.arrived = arrived;
    },
    noData: ({why}) => {
      this.noData = why;
    },
    began: ({settings, results}) => {
      this.runs++;
      const {losses, tests, moves, evaluation} = results ?? {losses: [], tests: [], moves: []};
      Object.assign(this, {batch: losses.length, losses, tests, moves, evaluation, recent: []});
      Object.assign(this, {isEdited: false, undoable: 0});
      this.film.forgetAfter(-1);
      this.frame = this.memory = undefined;
      this.settings = {...this.settings, backend: settings.backend};
    },
    phase: ({phase, why, backend, batch}) => {
      if (phase === 'training' && this.phase !== 'testing') this.startClock(batch, backend);
      Object.assign(this, {phase, why, batch});
      this.settings = {...this.settings, backend};
      if (batch < this.losses.length) this.forgetAfter(batch);
      else this.losses.length = batch; // the losses before a file's batch are not known
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
      if (this.recent.length > SPEED_STEPS) this.recent.shift();
    },
    film: ({kind: _, ...frame}) => {
      this.frame = frame;
      this.film.add(this.frame);
    },
    edits: ({undoable, isEdited}) => {
      if (undoable !== this.undoable) this.edits++;
      Object.assign(this, {undoable, isEdited});
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

  /** Drops the results after this batch, which the run will repeat. */
  private forgetAfter(batch: number): void {
    this.losses = this.losses.slice(0, batch);
    this.tests = this.tests.filter(test => test.batch <= batch);
    this.moves = this.moves.filter(move => move.batch <= batch);
    this.film.forgetAfter(batch);
    if (this.frame && this.frame.batch > batch) this.frame = undefined;
    if (this.evaluation && this.evaluation.batch > batch) this.evaluation = undefined;
  }
}
