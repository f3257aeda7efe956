// The run that the page shows: a network, its data, and where in the training it is. Commands take their turn, each ending the
// training that goes on; questions are answered meanwhile.
import * as tf from '@tensorflow/tfjs-core';
import {ContextLostError, contextIsLost, KeptWeights, renewContext} from '../../context_loss.ts';
import {CLASSES, IMAGE_SIDE} from '../../data/idx.ts';
import {MnistData} from '../../data/mnist_data.ts';
import {evaluate} from '../../evaluation.ts';
import {createNetwork, type Network} from '../../network.ts';
import {softmax} from '../../ops/softmax_cross_entropy.ts';
import {DivergenceError, type TrainingProgress, train} from '../../training.ts';
import type {Looked, Memory, News, Phase, Sentence} from '../protocol.ts';
import {Refusal} from '../refusal.ts';
import {
  type Backend,
  batchesPerEpoch,
  defaults,
  type Settings,
  testEvery,
  testSample,
  trainSize,
} from '../settings.ts';
import type {SavedRun} from '../weights_file.ts';
import type {ArrivingImages} from './arriving.ts';
import {chooseBackend, onWebGL} from './backends.ts';
import {TrialSteps} from './step_split.ts';

const PIXELS = IMAGE_SIDE * IMAGE_SIDE;

/** The first epoch's images are shuffled within blocks of so many, and need that many to have arrived. */
const BLOCK = 6000;

/** Why training ends where it was told to. */
const paused = Symbol('paused');

export class Trainer {
  private settings = defaults();
  private network?: Network;
  private data?: MnistData;
  private kept?: KeptWeights;
  private batch = 0;
  private phase: Phase = 'starting';
  private why?: Sentence;
  /** How far the training that goes on is to go. */
  private goal?: number;
  private lost = false;
  private controller = new AbortController();
  private turn: Promise<unknown> = Promise.resolve();
  private moving: Promise<unknown> = Promise.resolve();
  private readonly prepared = new Set<string>();
  /** What waits for the end of a step. */
  private readonly waiting: (() => void)[] = [];
  /** Tensors of questions that are being answered. */
  private lent = 0;

  constructor(
    private readonly images: ArrivingImages,
    private readonly tell: (news: News) => void,
  ) {}

  // ---- commands

  reset(settings: Settings): void {
    this.next(async () => {
      this.say('ready', await this.begin(settings));
    });
  }

  restore({settings, batch, weights}: SavedRun): void {
    this.next(async signal => {
      const why = await this.begin(settings, batch);
      tf.tidy(() => {
        for (const [i, variable] of this.network!.variables.entries()) {
          variable.assign(tf.tensor(weights[i], variable.shape));
        }
      });
      this.kept = undefined; // begin has kept other weights
      await this.keep();
      if (this.images.files) await this.test(signal);
      this.say(batch === 0 ? 'ready' : 'paused', why);
    });
  }

  /** Trains until so many batches are done in all, or one. */
  train(goal: number, one = false): void {
    this.next(signal => this.run(goal, one, signal));
    this.goal = one ? undefined : goal;
  }

  pause(): void {
    this.goal = undefined;
    this.controller.abort(paused);
  }

  moveTo(backend: Backend): void {
    const {goal} = this;
    this.next(async signal => {
      await this.enter(backend);
      if (goal !== undefined) await this.run(goal, false, signal);
      else if (this.phase === 'diverged') this.say('diverged', this.why);
      else this.say(this.batch === 0 ? 'ready' : this.isDone() ? 'done' : 'paused');
    });
    this.goal = goal;
  }

  loseContext(): void {
    onWebGL()?.context().getExtension('WEBGL_lose_context')?.loseContext();
  }

  // ---- questions

  /** Probabilities [n × 10] of images [n × 784], 0 to 255; undefined while there is no network that could tell. */
  async recognise(images: Uint8Array): Promise<Float32Array | undefined> {
    await this.moving;
    if (!this.network || this.lost) return undefined;
    const {network} = this;
    const xs = Float32Array.from(images, pixel => pixel / 255);
    const probabilities = tf.tidy(() =>
      softmax(network.forward(tf.tensor2d(xs, [images.length / PIXELS, PIXELS]))),
    );
    this.lent++;
    try {
      const values = await probabilities.data<'float32'>();
      return values.length === (images.length / PIXELS) * CLASSES && !contextIsLost()
        ? values
        : undefined;
    } finally {
      this.lent--;
      probabilities.dispose();
    }
  }

  async look(indices: number[]): Promise<Looked | undefined> {
    const data = this.dataIfThere();
    if (!data) return undefined;
    const pixels = new Uint8Array(indices.length * PIXELS);
    for (const [i, index] of indices.entries()) pixels.set(data.testPixels(index), i * PIXELS);
    return {
      indices,
      pixels,
      labels: Uint8Array.from(indices, index => data.testLabels[index]),
      probabilities: await this.recognise(pixels),
    };
  }

  labels(): Uint8Array | undefined {
    return this.dataIfThere()?.testLabels.slice();
  }

  async save(): Promise<SavedRun> {
    if (this.phase === 'training') {
      await new Promise<void>(resolve => {
        this.waiting.push(resolve);
      });
    }
    const {settings, batch} = this;
    const variables = this.network!.variables;
    const weights = await Promise.all(variables.map(variable => variable.data<'float32'>()));
    if (this.lost || !contextIsLost()) return {settings, batch, weights};
    this.goBack();
    await this.turn;
    return this.save();
  }

  // ---- what they do

  /** Does the work once what was asked for before has ended, which it is told to. */
  private next(work: (signal: AbortSignal) => Promise<void>): void {
    this.pause();
    const controller = new AbortController();
    this.controller = controller;
    this.turn = this.turn.then(async () => {
      try {
        await work(controller.signal);
      } catch (error) {
        await this.stop(error);
      }
      if (this.controller === controller) this.goal = undefined; // else it is that of the next work
      for (const resolve of this.waiting.splice(0)) resolve();
    });
  }

  private say(phase: Phase, why?: Sentence): void {
    Object.assign(this, {phase, why});
    const {backend} = this.settings;
    this.tell({kind: 'phase', phase, why, backend, batch: this.batch});
  }

  /** On the backend that it was on, if the one that is asked for doesn't start. */
  private async begin(settings: Settings, batch = 0): Promise<Sentence | undefined> {
    const before = this.settings.backend;
    let why: Sentence | undefined;
    try {
      await this.enter(settings.backend, settings.wasm);
    } catch (error) {
      why = sentenceOf(error);
      await this.enter(before).catch(() => this.enter('cpu')); // which every browser has
    }
    const {backend} = this.settings;
    const network = createNetwork(settings.preset, {seed: settings.seed});
    this.network?.dispose();
    this.settings = {...settings, backend};
    Object.assign(this, {network, batch, data: undefined, kept: undefined});
    await this.keep();
    this.tell({kind: 'began', settings: this.settings});
    return why;
  }

  /** Makes it the current backend; the weights move when they are next used. */
  private async enter(backend: Backend, wasm = this.settings.wasm): Promise<void> {
    const moved = chooseBackend(backend, wasm).then(() => this.renewIfLost());
    this.moving = moved.catch(() => {});
    await moved;
    this.lost = false;
    this.settings = {...this.settings, backend};
    await this.keep();
  }

  /** A context that was lost is renewed, with the weights that were kept when training last rested. */
  private async renewIfLost(): Promise<void> {
    if (contextIsLost()) {
      if (!this.lost) this.backAtKept();
      await renewContext();
      this.prepared.clear(); // the programs are lost too
    }
    onWebGL()?.context().canvas.addEventListener('webglcontextlost', this.noticeLoss);
  }

  /** While nothing is trained, nobody else would. */
  private readonly noticeLoss = ({target}: Event): void => {
    const isCurrent = onWebGL()?.context().canvas === target;
    if (isCurrent && this.goal === undefined) this.goBack();
  };

  /** To the weights that were kept, as the context is lost. */
  private goBack(): void {
    this.next(async () => {
      // Training may have noticed, and gone back to its own last weights.
      const lost = this.lost ? undefined : this.kept!.restore('');
      if (lost) throw lost;
    });
  }

  /** The batch of the weights that the network gets back; undefined if none were kept, and it has those that it was given. */
  private backAtKept(): number | undefined {
    return this.kept?.restore('')?.batch;
  }

  private async keep(): Promise<void> {
    if (!this.network) return;
    const kept = new KeptWeights(this.network);
    await kept.keep('', this.batch);
    this.kept = kept;
  }

  private isDone(): boolean {
    return this.batch >= this.settings.batches;
  }

  /** The images, at the place that the training has reached in them. */
  private dataIfThere(): MnistData | undefined {
    if (!this.images.files) return undefined;
    if (!this.data) {
      const {seed, batchSize} = this.settings;
      this.data = new MnistData(this.images.files, {seed, blockSize: BLOCK});
      this.data.skipTrainBatches(this.batch, batchSize);
    }
    return this.data;
  }

  private async run(goal: number, one: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.settings = {...this.settings, batches: Math.max(goal, this.batch)};
    if (this.lost || contextIsLost()) await this.enter('webgl');
    if (this.images.arrived === 0) this.say('waiting');
    await this.images.until(1, signal);
    await this.prepare(signal);
    const {batchSize, learningRate} = this.settings;
    const [network, data] = [this.network!, this.dataIfThere()!];
    if (this.batch >= goal) {
      await this.test(signal);
      this.say('done');
      return;
    }
    const events = train(network, data, {
      batches: goal,
      start: this.batch,
      batchSize,
      learningRate,
      testEvery,
      testSize: testSample,
      signal,
    });
    let first: number | undefined;
    try {
      for (;;) {
        if (this.batch < goal) await this.imagesForNextBatch(signal);
        const {value, done} = await events.next();
        if (done) break;
        if (value.kind === 'batch') first ??= this.tensors();
        this.report(value, first!);
        for (const resolve of this.waiting.splice(0)) resolve();
        if (one && this.batch < goal && !this.testFollows(value)) break;
      }
    } finally {
      await events.return(undefined);
    }
    await this.keep();
    this.say(this.isDone() ? 'done' : 'paused');
  }

  /** All test images, with the weights as they are. */
  private async test(signal: AbortSignal): Promise<void> {
    this.say('testing');
    const [network, data] = [this.network!, this.dataIfThere()!];
    const evaluation = await this.kept!.during('', () => evaluate(network, data, signal));
    this.tell({kind: 'epoch', batch: this.batch, evaluation});
  }

  /** In the first epoch, a batch needs its whole block. */
  private async imagesForNextBatch(signal: AbortSignal): Promise<void> {
    const end = (this.batch + 1) * this.settings.batchSize;
    const images = Math.min(trainSize, Math.ceil(end / BLOCK) * BLOCK);
    if (images > this.images.arrived) this.say('waiting');
    await this.images.until(images, signal);
    if (this.phase !== 'training' && this.phase !== 'testing') this.say('training');
  }

  private testFollows({kind}: TrainingProgress): boolean {
    const all = this.batch % batchesPerEpoch(this.settings.batchSize) === 0;
    if (kind === 'batch') return all || this.batch % testEvery === 0;
    return kind === 'test' && all;
  }

  private report(event: TrainingProgress, first: number): void {
    if (event.kind === 'batch') {
      const {batch, batches, loss, images, ms} = event;
      this.batch = batch;
      const {numBytes} = tf.memory();
      const tensors = this.tensors();
      const memory: Memory = {tensors, bytes: numBytes, left: tensors - first};
      this.tell({kind: 'batch', batch, loss, images, ms, memory});
      const perEpoch = batchesPerEpoch(this.settings.batchSize);
      if (batch === batches || batch % perEpoch === 0) this.say('testing');
    } else if (event.kind === 'test') {
      const {correct, total} = event.evaluation;
      this.tell({kind: 'test', batch: event.batch, correct, total});
    } else {
      this.tell({kind: 'epoch', batch: event.batch, evaluation: event.evaluation});
      this.say('training');
    }
  }

  private tensors(): number {
    return tf.memory().numTensors - this.lent;
  }

  /** Compiles what WebGL has to compile, and measures the step, once for each network, batch size and backend. */
  private async prepare(signal: AbortSignal): Promise<void> {
    const {preset, batchSize, backend} = this.settings;
    const key = `${preset} ${batchSize} ${backend}`;
    if (this.prepared.has(key)) return;
    const trial = new TrialSteps(this.settings, this.dataIfThere()!);
    try {
      const webgl = onWebGL();
      if (webgl) {
        this.say('compiling');
        const start = performance.now();
        await this.kept!.during('', async () => {
          await trial.time();
          await trial.forward([testSample, 500]);
        });
        const ms = performance.now() - start;
        this.tell({kind: 'compiled', programs: webgl.programs(), ms});
        signal.throwIfAborted();
      }
      this.say('profiling');
      const split = await this.kept!.during('', () => trial.split(signal));
      this.tell({kind: 'split', split});
      this.prepared.add(key);
      signal.throwIfAborted();
    } finally {
      trial.dispose();
    }
  }

  private async stop(error: unknown): Promise<void> {
    if (error === paused) {
      try {
        await this.keep();
        this.say(this.batch === 0 ? 'ready' : 'paused');
      } catch (lost) {
        await this.stop(lost);
      }
    } else if (error instanceof ContextLostError) {
      const at = this.batch;
      // Who lost it before keeping any weights has left the network to those that were kept before.
      const back = error.batch ?? this.backAtKept();
      if (back !== undefined) this.batch = back;
      this.data = undefined; // the order goes back with the weights
      this.lost = true;
      this.say('lost', {key: 'contextLost', values: {at, batch: this.batch}});
    } else {
      this.say(error instanceof DivergenceError ? 'diverged' : 'failed', sentenceOf(error));
    }
  }
}

function sentenceOf(error: unknown): Sentence {
  if (error instanceof Refusal) return {key: error.key, values: error.values};
  if (error instanceof DivergenceError) {
    const {batch, loss, learningRate} = error;
    return {key: 'diverged', values: {batch, loss: String(loss), learningRate}};
  }
  return {key: 'unexpected', values: {message: (error as Error).message}};
}
