// Where a backend's training step spends its time. A network of its own takes these steps: the visitor's stays as it is.
import * as tf from '@tensorflow/tfjs-core';
import type {Batch, MnistData} from '../../data/mnist_data.ts';
import {createNetwork} from '../../network.ts';
import {kernelTimes} from '../../profile.ts';
import {trainStep} from '../../training.ts';
import type {StepSplit} from '../protocol.ts';
import type {Settings} from '../settings.ts';

/** So many milliseconds go into as many steps as they allow; one of a slow backend. */
const budgetMs = 200;

export class TrialSteps {
  private readonly network: ReturnType<typeof createNetwork>;
  private readonly optimizer: tf.SGDOptimizer;
  private readonly batch: Batch;

  constructor(
    private readonly settings: Settings,
    private readonly data: MnistData,
  ) {
    this.network = createNetwork(settings.preset, {seed: settings.seed});
    this.optimizer = tf.train.sgd(settings.learningRate);
    this.batch = data.testBatch(0, settings.batchSize);
  }

  private readonly step = () => trainStep(this.network, this.optimizer, this.batch);

  /** The milliseconds of a step, its loss awaited. */
  async time(): Promise<number> {
    const start = performance.now();
    const cost = this.step();
    await cost.data();
    cost.dispose();
    return performance.now() - start;
  }

  /** Forward passes on so many images each: on WebGL, they compile the programs of tests. */
  async forward(sizes: number[]): Promise<void> {
    for (const size of sizes) {
      const {xs, labels} = this.data.testBatch(0, size);
      const digits = tf.tidy(() => tf.argMax(this.network.forward(xs), 1));
      await digits.data();
      tf.dispose([xs, labels, digits]);
    }
  }

  /**
   * The whole step and its kernels are of the same steps, after two that warm up: means over the middle half of them by their
   * time, as the clock of a page may tick ten times slower than a kernel takes, and something else may run in between.
   */
  async split(signal: AbortSignal): Promise<StepSplit> {
    const steps: Step[] = [];
    await this.profiled();
    const once = (await this.profiled()).whole;
    const count = Math.min(50, Math.max(3, Math.floor(budgetMs / once)));
    for (let i = 0; i < count; i++) {
      signal.throwIfAborted();
      steps.push(await this.profiled());
    }
    const {preset, batchSize, backend} = this.settings;
    return {preset, batchSize, backend, ...meanOfMiddle(steps)};
  }

  private async profiled(): Promise<Step> {
    let whole = 0;
    const times = await kernelTimes(() => {
      const start = performance.now();
      const cost = this.step();
      cost.dataSync();
      whole = performance.now() - start;
      cost.dispose();
    });
    // Those of the reference call stock kernels, whose time is theirs too.
    const kernels = [...times]
      .filter(([name]) => name.startsWith('mnist.'))
      .map(([name, calls]) => ({
        kernel: name.replace('mnist.', ''),
        ms: calls.reduce((sum, ms) => sum + ms, 0),
        calls: calls.length,
      }));
    return {kernels, whole};
  }

  dispose(): void {
    this.network.dispose();
    this.optimizer.dispose();
    tf.dispose(Object.values(this.batch));
  }
}

type Step = Pick<StepSplit, 'kernels' | 'whole'>;

/** Of the steps by their whole time, without the fastest and the slowest quarter. */
export function meanOfMiddle(steps: Step[]): Step {
  const sorted = [...steps].sort((a, b) => a.whole - b.whole);
  const cut = Math.floor(sorted.length / 4);
  const middle = sorted.slice(cut, sorted.length - cut);
  const mean = (of: (step: Step) => number) =>
    middle.reduce((sum, step) => sum + of(step), 0) / middle.length;
  const kernels = middle[0].kernels.map((each, i) => ({
    ...each,
    ms: mean(step => step.kernels[i].ms),
  }));
  return {kernels, whole: mean(({whole}) => whole)};
}
