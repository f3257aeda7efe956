// One run: its settings, its network, its place among the images, and a copy of its weights that outlives the GPU.
import * as tf from '@tensorflow/tfjs-core';
import {type ContextLostError, KeptWeights} from '../../context_loss.ts';
import {type Batch, MnistData, type MnistFiles} from '../../data/mnist_data.ts';
import {type Evaluation, evaluate} from '../../evaluation.ts';
import {createNetwork, type Network, setWeights} from '../../network.ts';
import {weightShapes} from '../../presets.ts';
import {createOptimizer, rateAt, type State, velocitiesOf} from '../../recipe.ts';
import {type TrainingProgress, train} from '../../training.ts';
import {
  type Backend,
  batchesPerEpoch,
  type Settings,
  testEvery,
  testSample,
  trainSize,
} from '../settings.ts';
import type {ImageLoader} from './image_loader.ts';

/** Values of weights, by name. */
type Weights = Record<string, Float32Array>;

/** The first epoch's images are shuffled within blocks of this many. A block has to arrive before any of it is drawn. */
const BLOCK = 6000;

/** The rate of the step after this many batches. */
export const rateAfter = (batch: number, {recipe, learningRate, batches}: Settings): number =>
  rateAt(recipe, learningRate, batch + 1, Math.max(batches, batch + 1));

export class Run {
  readonly network: Network;
  /** Of the optimizer, in the order of the network's variables. */
  velocities: tf.Variable[] = [];
  private optimizer?: tf.SGDOptimizer;
  private drawn?: MnistData;
  private kept?: KeptWeights;
  /** What each edit replaced, since training last went on. */
  private edits: Weights[] = [];
  private isTrainedAfterEdit = false;

  /** @param batch how many batches are trained */
  constructor(
    public settings: Settings,
    public batch: number,
    private readonly images: ImageLoader,
  ) {
    this.network = createNetwork(settings.preset, {seed: settings.seed});
  }

  get isDone(): boolean {
    return this.batch >= this.settings.batches;
  }

  /** The images, with those of all trained batches drawn; undefined until the first arrive. */
  get data(): MnistData | undefined {
    if (!this.images.files) return undefined;
    this.drawn ??= this.drawUpTo(this.images.files);
    return this.drawn;
  }

  private drawUpTo(files: MnistFiles): MnistData {
    const {seed, batchSize} = this.settings;
    const data = new MnistData(files, {seed, blockSize: BLOCK});
    data.skipTrainBatches(this.batch, batchSize);
    return data;
  }

  /** The images of the next batch, which remains the next. Its images have to be there. The caller disposes of it. */
  peek(): Batch {
    return this.drawUpTo(this.images.files!).nextTrainBatch(this.settings.batchSize);
  }

  /** Training images that have to arrive before the next batch: in the first epoch, its whole block. */
  get imagesForNextBatch(): number {
    const end = (this.batch + 1) * this.settings.batchSize;
    return Math.min(trainSize, Math.ceil(end / BLOCK) * BLOCK);
  }

  /** Trains the batches up to `target`, with the tests that an unbroken run has. */
  train(target: number, signal: AbortSignal): AsyncGenerator<TrainingProgress> {
    const {batchSize, recipe, learningRate} = this.settings;
    const {batch: start, optimizer} = this;
    const sizes = {batches: target, start, batchSize, testEvery, testSize: testSample};
    return train(this.network, this.data!, {...sizes, recipe, learningRate, optimizer, signal});
  }

  /** The rate of the next step, for a whole batch. */
  get learningRate(): number {
    return rateAfter(this.batch, this.settings);
  }

  /** True if `train` goes on with a test before the next batch. */
  isTestNext(last: TrainingProgress): boolean {
    const testsAll = this.batch % batchesPerEpoch(this.settings.batchSize) === 0;
    if (last.kind === 'batch') return testsAll || this.batch % testEvery === 0;
    return last.kind === 'test' && testsAll;
  }

  evaluate(signal: AbortSignal): Promise<Evaluation> {
    return this.guard(() => evaluate(this.network, this.data!, signal));
  }

  /** Goes on with this state. */
  async setState({weights, velocities}: State): Promise<void> {
    setWeights(this.network, weights);
    this.kept = undefined; // a copy of other weights
    await this.begin(velocities);
  }

  /** What a new run, or one in a new context, does before anything else. @param velocities default 0 */
  async begin(velocities?: Float32Array[]): Promise<void> {
    const optimizer = await createOptimizer(this.settings.recipe, this.network, velocities);
    this.velocities = await velocitiesOf(optimizer);
    this.optimizer?.dispose();
    this.optimizer = optimizer;
    await this.keep();
  }

  dispose(): void {
    this.network.dispose();
    this.optimizer?.dispose();
  }

  /** How many edits can be undone, and whether any has a part in the weights. */
  get edited() {
    const undoable = this.edits.length;
    return {undoable, isEdited: this.isTrainedAfterEdit || undoable > 0};
  }

  async edit(weights: Weights): Promise<void> {
    this.edits.push(await this.replace(weights));
  }

  async undo(): Promise<void> {
    const before = this.edits.pop();
    if (before) await this.replace(before);
  }

  /** Training goes on from edited weights, and no edit can be undone any more. */
  trainAfterEdits(): void {
    this.isTrainedAfterEdit ||= this.edits.length > 0;
    this.edits = [];
  }

  /** @returns the values before */
  private async replace(weights: Weights): Promise<Weights> {
    const before = await this.guard(() => this.read(Object.keys(weights)));
    tf.tidy(() => {
      for (const [name, values] of Object.entries(weights)) {
        const variable = this.variable(name);
        variable.assign(tf.tensor(values, variable.shape));
      }
    });
    this.kept = undefined; // a copy of other weights
    await this.keep();
    return before;
  }

  async read(names: string[]): Promise<Weights> {
    const values = names.map(
      async name => [name, await this.variable(name).data<'float32'>()] as const,
    );
    return Object.fromEntries(await Promise.all(values));
  }

  async readState(): Promise<State> {
    const read = (each: tf.Variable[]) => Promise.all(each.map(one => one.data<'float32'>()));
    const [weights, velocities] = await Promise.all(
      [this.network.variables, this.velocities].map(read),
    );
    return {weights, velocities};
  }

  private variable(name: string): tf.Variable {
    const names = Object.keys(weightShapes[this.settings.preset]);
    return this.network.variables[names.indexOf(name)];
  }

  /** Goes on with this backend, which is current already. */
  async moveTo(backend: Backend): Promise<void> {
    this.settings = {...this.settings, backend};
    await this.keep();
  }

  /** Copies the weights, for the case that the context is lost. */
  async keep(): Promise<void> {
    const kept = new KeptWeights([...this.network.variables, ...this.velocities]);
    await kept.keep('', this.batch);
    this.kept = kept;
  }

  /** Does work on the GPU. @throws ContextLostError if the context is lost; the network is back at the kept weights */
  guard<T>(work: () => Promise<T>): Promise<T> {
    return this.kept!.during('', work);
  }

  /** Gives the network the kept weights back if the context is lost. @returns the error that names their batch */
  restoreKept(): ContextLostError | undefined {
    return this.kept?.restore('');
  }

  /** Goes on after this batch. The network has its weights already. */
  goBackTo(batch: number): void {
    this.batch = batch;
    this.drawn = undefined;
  }
}
