// Carries out the page's commands, each as a task in a queue. A new task ends the training before it. Every task tells the page its
// phase.
import * as tf from '@tensorflow/tfjs-core';
import {ContextLostError, contextIsLost, renewContext} from '../../context_loss.ts';
import {PORTION} from '../../evaluation.ts';
import type {State} from '../../recipe.ts';
import {DivergenceError, type TrainingProgress} from '../../training.ts';
import type {Results} from '../app.ts';
import {PageError} from '../page_error.ts';
import type {Look, News, Phase, Sentence, SlowStep} from '../protocol.ts';
import {
  type Backend,
  backends,
  batchesPerEpoch,
  defaults,
  type Settings,
  testSample,
} from '../settings.ts';
import {FILM_EVERY, type Frame} from '../time/film.ts';
import type {SavedRun} from '../weights_file.ts';
import {Answers} from './answers.ts';
import {chooseBackend, findMissing, onWebGL, threadsNow} from './backends.ts';
import type {ImageLoader} from './image_loader.ts';
import {cancelled, TaskQueue} from './queue.ts';
import {Run} from './run.ts';
import {slowStep} from './slow_step.ts';
import {TrialSteps} from './step_split.ts';

export class Trainer {
  run?: Run;
  readonly answers = new Answers(this);
  phase: Phase = 'starting';
  /** The context is lost, and the run is back at its kept weights. */
  isLost = false;
  /** Resolves when the last change of backend is over. */
  entered: Promise<unknown> = Promise.resolve();
  private backend = defaults().backend;
  /** Of `simd`. */
  private threads = 1;
  private why?: Sentence;
  /** The batch that the newest training goes on to; undefined if there is none, it is paused, or it is a single batch. */
  private target?: number;
  /** Network, batch size and backend of each measured step. */
  private readonly measured = new Set<string>();
  readonly queue = new TaskQueue(
    error => this.stop(error),
    () => {
      this.target = undefined;
    },
  );

  constructor(
    private readonly images: ImageLoader,
    private readonly tell: (news: News) => void,
  ) {}

  // ---- commands

  reset(settings: Settings): void {
    this.add(async () => {
      const why = await this.begin(settings);
      await this.film(this.run!);
      this.say('ready', why);
    });
  }

  restore(saved: SavedRun): void {
    this.add(async signal => {
      const {batch} = saved;
      const why = await this.goOn(saved);
      if (this.images.files) await this.test(signal);
      this.say(batch === 0 ? 'ready' : 'paused', why);
    });
  }

  /** Goes on with a run as it was. */
  resume(saved: SavedRun, results: Results): void {
    this.add(async () => {
      const why = await this.goOn(saved, results);
      this.rest(this.run!, why);
    });
  }

  /** Trains up to batch `target`, or one batch of the way there. */
  train(target: number, one = false): void {
    this.add(signal => this.trainTo(target, one, signal));
    this.target = one ? undefined : target;
  }

  pause(): void {
    this.target = undefined;
    this.queue.cancel();
  }

  moveTo(backend: Backend): void {
    const {target} = this;
    this.add(async signal => {
      await this.enter(backend);
      if (!this.run) return; // before the first reset no run can move
      if (target !== undefined) await this.trainTo(target, false, signal);
      else if (this.phase === 'diverged') this.say('diverged', this.why);
      else this.rest(this.run);
    });
    this.target = target;
  }

  useThreads(threads: number): void {
    this.threads = threads;
    this.moveTo(this.backend);
  }

  edit(weights: Record<string, Float32Array>): void {
    void this.between(run => this.change(run, () => run.edit(weights)));
  }

  undo(): void {
    void this.between(run => this.change(run, () => run.undo()));
  }

  returnTo(frame: Frame): void {
    void this.between(async run => {
      run.goBackTo(frame.batch);
      await run.setState(frame);
    });
  }

  async slowStep(): Promise<SlowStep | undefined> {
    let step: SlowStep | undefined;
    await this.between(async (run, signal) => {
      await this.waitForImages(run, signal);
      await this.measure(run, signal);
      step = await run.guard(() => slowStep(run));
    });
    return step;
  }

  loseContext(): void {
    onWebGL()?.context().getExtension('WEBGL_lose_context')?.loseContext();
  }

  /** Notices a lost context while nothing is trained. */
  goBack(): Promise<void> {
    return this.add(async () => {
      // Training may have noticed, and gone back to its own last weights.
      const lost = this.isLost ? undefined : this.run!.restoreKept();
      if (lost) throw lost;
    });
  }

  /** The run's numbers for an image on every other backend; undefined unless the run rests, or if a command comes in between. */
  async lookElsewhere(image: Uint8Array, label: number): Promise<Look[] | undefined> {
    if (this.target !== undefined || !this.run) return undefined;
    const looks: Look[] = [];
    const others = backends.filter(each => each !== this.backend && !(each in findMissing()));
    let isWhole = false;
    const whole = this.add(async signal => {
      const {run} = this;
      if (!run || this.isLost) return;
      const state = await run.guard(() => run.readState());
      try {
        for (const backend of others) {
          signal.throwIfAborted();
          const copy = await this.copyOn(backend, run, state);
          try {
            const look = copy && (await this.answers.lookAt(copy, image, label));
            if (look) looks.push(look);
          } finally {
            copy?.dispose();
          }
        }
        isWhole = true;
      } finally {
        await this.enter(this.backend);
      }
    });
    this.entered = whole; // meanwhile the current backend isn't the run's
    await whole;
    return isWhole ? looks : undefined;
  }

  /** Makes another backend the current one, for a copy of the run. @returns undefined if the backend doesn't start */
  private async copyOn(backend: Backend, run: Run, state: State) {
    const {settings, batch} = run;
    const copy = new Run({...settings, backend}, batch, this.images);
    try {
      await chooseBackend(backend, this.threads, settings.wasm);
      if (contextIsLost()) await this.renew(); // it was lost while the run was there
      await copy.setState(state);
      return copy;
    } catch {
      copy.dispose();
      return undefined;
    }
  }

  // ---- the work behind the commands

  private add(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.target = undefined;
    return this.queue.add(task);
  }

  /** Does work on the run between two batches. */
  private between(work: (run: Run, signal: AbortSignal) => Promise<void>): Promise<void> {
    return this.add(async signal => {
      const {run} = this;
      if (!run) return; // before the first reset
      if (this.isLost || contextIsLost()) await this.enter('webgl');
      await work(run, signal);
      this.rest(run);
    });
  }

  private rest({batch, isDone}: Run, why?: Sentence): void {
    this.say(batch === 0 ? 'ready' : isDone ? 'done' : 'paused', why);
  }

  private async change(run: Run, change: () => Promise<void>): Promise<void> {
    await change();
    this.tell({kind: 'edits', ...run.edited});
    await this.film(run);
  }

  /** Shows the page the weights of every tenth batch. On WebGL, their copies are already outside of the GPU. */
  private async film(run: Run): Promise<void> {
    const {batch} = run;
    if (batch % FILM_EVERY > 0) return;
    this.tell({kind: 'film', batch, ...(await run.readState())});
  }

  private say(phase: Phase, why?: Sentence): void {
    Object.assign(this, {phase, why});
    this.tell({kind: 'phase', phase, why, backend: this.backend, batch: this.run?.batch ?? 0});
  }

  /** If the new run's backend doesn't start, the run stays on the last one's, or on `cpu`. @returns why it doesn't start */
  private async begin(settings: Settings, batch = 0, results?: Results) {
    const before = this.backend;
    let why: Sentence | undefined;
    try {
      await this.enter(settings.backend, settings.wasm);
    } catch (error) {
      why = sentenceOf(error);
      await this.enter(before).catch(() => this.enter('cpu')); // which every browser has
    }
    const run = new Run({...settings, backend: this.backend}, batch, this.images);
    this.run?.dispose();
    this.run = run;
    await run.begin();
    this.tell({kind: 'began', settings: run.settings, results});
    return why;
  }

  /** Makes a saved run the run. @returns why its backend doesn't start */
  private async goOn({settings, batch, ...state}: SavedRun, results?: Results) {
    const why = await this.begin(settings, batch, results);
    await this.run!.setState(state);
    await this.film(this.run!);
    return why;
  }

  /** Makes this the current backend, and moves the run to it. */
  private async enter(backend: Backend, wasm = this.run?.settings.wasm): Promise<void> {
    const entered = chooseBackend(backend, this.threads, wasm).then(() => this.renewIfLost());
    this.entered = entered.catch(() => {});
    await entered;
    this.isLost = false;
    this.backend = backend;
    await this.run?.moveTo(backend);
    if (backend === 'simd') this.tell({kind: 'threads', ...threadsNow()});
  }

  /** Replaces a lost context. The run goes back to the weights that were kept when training last rested. */
  private async renewIfLost(): Promise<void> {
    if (contextIsLost()) {
      if (!this.isLost) this.run?.restoreKept();
      await this.renew();
    }
    onWebGL()?.context().canvas.addEventListener('webglcontextlost', this.noticeLoss);
  }

  private async renew(): Promise<void> {
    await renewContext();
    this.measured.clear(); // the compiled programs are lost too
  }

  /** Notices a lost context while nothing is trained; `train` notices one itself. */
  private readonly noticeLoss = ({target}: Event): void => {
    const isCurrent = onWebGL()?.context().canvas === target;
    if (isCurrent && this.target === undefined) void this.goBack();
  };

  private async trainTo(target: number, one: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const {run} = this;
    if (!run) return; // before the first reset no run can train
    run.settings = {...run.settings, batches: Math.max(target, run.batch)};
    if (this.isLost || contextIsLost()) await this.enter('webgl');
    if (this.images.arrived === 0) this.say('waiting');
    await this.images.until(1, signal);
    await this.measure(run, signal);
    if (run.batch >= target) {
      await this.test(signal);
      this.say('done');
      return;
    }
    run.trainAfterEdits();
    this.tell({kind: 'edits', ...run.edited});
    const events = run.train(target, signal);
    let first: number | undefined;
    try {
      for (;;) {
        if (run.batch < target) {
          await this.waitForImages(run, signal);
          if (this.phase !== 'training' && this.phase !== 'testing') this.say('training');
        }
        const {value, done} = await events.next();
        if (done) break;
        if (value.kind === 'batch') first ??= this.tensors();
        this.report(run, value, first!);
        if (value.kind === 'batch') await this.film(run);
        this.queue.endStep();
        if (one && run.batch < target && !run.isTestNext(value)) break;
      }
    } finally {
      await events.return(undefined);
    }
    await run.keep();
    this.say(run.isDone ? 'done' : 'paused');
  }

  private async waitForImages({imagesForNextBatch}: Run, signal: AbortSignal): Promise<void> {
    if (imagesForNextBatch > this.images.arrived) this.say('waiting');
    await this.images.until(imagesForNextBatch, signal);
  }

  /** @param first tensors after the first batch */
  private report(run: Run, event: TrainingProgress, first: number): void {
    if (event.kind === 'batch') {
      const {batch, batches, loss, images, ms} = event;
      run.batch = batch;
      const tensors = this.tensors();
      const memory = {tensors, bytes: tf.memory().numBytes, left: tensors - first};
      this.tell({kind: 'batch', batch, loss, images, ms, memory});
      const perEpoch = batchesPerEpoch(run.settings.batchSize);
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
    return tf.memory().numTensors - this.answers.tensors;
  }

  /** Tests all test images, with the weights as they are. */
  private async test(signal: AbortSignal): Promise<void> {
    this.say('testing');
    const evaluation = await this.run!.evaluate(signal);
    this.tell({kind: 'epoch', batch: this.run!.batch, evaluation});
  }

  /** Compiles what WebGL has to compile, and measures the step, once for each network, batch size and backend. */
  private async measure(run: Run, signal: AbortSignal): Promise<void> {
    const {preset, batchSize, backend} = run.settings;
    const key = `${preset} ${batchSize} ${backend} ${this.threads}`;
    if (this.measured.has(key)) return;
    const trial = new TrialSteps(run.settings, run.data!);
    try {
      const webgl = onWebGL();
      if (webgl) {
        this.say('compiling');
        const start = performance.now();
        await run.guard(() => trial.compile([testSample, PORTION]));
        const ms = performance.now() - start;
        this.tell({kind: 'compiled', programs: webgl.programs(), ms});
        signal.throwIfAborted();
      }
      this.say('profiling');
      const split = await run.guard(() => trial.split(signal));
      this.tell({kind: 'split', split});
      this.measured.add(key);
      signal.throwIfAborted();
    } finally {
      trial.dispose();
    }
  }

  /** Says why a task ended early. */
  private async stop(error: unknown): Promise<void> {
    const {run} = this;
    if (error === cancelled) {
      try {
        await run!.keep();
        this.rest(run!);
      } catch (lost) {
        await this.stop(lost);
      }
    } else if (error instanceof ContextLostError) {
      const at = run!.batch;
      // Training that loses its context before its first copy of the weights leaves the run to the copy from before.
      run!.goBackTo(error.batch ?? run!.restoreKept()?.batch ?? at);
      this.isLost = true;
      this.say('lost', {key: 'contextLost', values: {at, batch: run!.batch}});
    } else {
      this.say(error instanceof DivergenceError ? 'diverged' : 'failed', sentenceOf(error));
    }
  }
}

function sentenceOf(error: unknown): Sentence {
  if (error instanceof PageError) return {key: error.key, values: error.values};
  if (error instanceof DivergenceError) {
    const {batch, loss, learningRate} = error;
    return {key: 'diverged', values: {batch, loss: String(loss), learningRate}};
  }
  return {key: 'unexpected', values: {message: (error as Error).message}};
}
