// Measures where a backend's training step spends its time, with a network of its own: the visitor's stays as it is.
import * as tf from '@tensorflow/tfjs-core';
import type {Batch, MnistData} from '../../data/mnist_data.ts';
import {createNetwork, type Network} from '../../network.ts';
import {kernelTimes} from '../../profile.ts';
import {trainStep} from '../../training.ts';
import type {StepSplit} from '../protocol.ts';
import type {Settings} from '../settings.ts';

/** Milliseconds to spend on measured steps. */
const budgetMs = 200;

export class TrialSteps {
  private readonly network: Network;
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

  /** Makes WebGL compile the programs of a step, and of tests in portions of these sizes. */
  async compile(testSizes: number[]): Promise<void> {
    const cost = this.step();
    await cost.data();
    cost.dispose();
    for (const size of testSizes) {
      const {xs, labels} = this.data.testBatch(0, size);
      const digits = tf.tidy(() => tf.argMax(this.network.forward(xs), 1));
      await digits.data();
      tf.dispose([xs, labels, digits]);
    }
  }

  /**
   * Measures steps, whole and by kernel, after two that warm up. The result is the mean of the middle half of them by their time:
   * a page's clock may tick ten times slower than a kernel runs, and other work may run in between.
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
    // Our reference kernels call stock kernels, and their time includes those calls.
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

export type Step = Pick<StepSplit, 'kernels' | 'whole'>;

/** The mean of the steps without the fastest and the slowest quarter. */
export function meanOfMiddle(steps: Step[]): Step {
  const sorted = [...steps].sort((a, b) => a.whole - b.whole);
  const cut = Math.floor(sorted.length / 4);
  const middle = sorted.slice(cut, sorted.length - cut);
  const mean = (of: (step: Step) => number) =>
    middle.reduce((sum, step) => sum + of(step), 0) / middle.length;
  const kernelMean = (i: number) => mean(({kernels}) => kernels[i].ms);
  const kernels = middle[0].kernels.map((each, i) => ({...each, ms: kernelMean(i)}));
  return {kernels, whole: mean(({whole}) => whole)};
}
