// Where a backend's training step spends its time. A network of its own takes these steps: the visitor's stays as it is.
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../../data/mnist_data.ts';
import {createNetwork} from '../../network.ts';
import {softmaxCrossEntropy} from '../../ops/softmax_cross_entropy.ts';
import {kernelTimes} from '../../profile.ts';
import type {KernelTime, StepSplit} from '../protocol.ts';
import type {Settings} from '../settings.ts';

/** So many milliseconds go into as many steps as they allow; one of a slow backend. */
const budgetMs = 200;

export class TrialSteps {
  private readonly network: ReturnType<typeof createNetwork>;
  private readonly optimizer: tf.SGDOptimizer;
  private readonly batch: {xs: tf.Tensor2D; labels: tf.Tensor2D};

  constructor(
    private readonly settings: Settings,
    private readonly data: MnistData,
  ) {
    this.network = createNetwork(settings.preset, {seed: settings.seed});
    this.optimizer = tf.train.sgd(settings.learningRate);
    this.batch = data.testBatch(0, settings.batchSize);
  }

  private readonly step = (): tf.Scalar => {
    const {xs, labels} = this.batch;
    const loss = () => softmaxCrossEntropy(labels, this.network.forward(xs));
    return this.optimizer.minimize(loss, true, this.network.variables) as tf.Scalar;
  };

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

  /** Means, as the clock of a page may tick ten times slower than a kernel takes. */
  async split(signal: AbortSignal): Promise<StepSplit> {
    const once = await this.time();
    const steps = Math.min(50, Math.max(1, Math.floor(budgetMs / once)));
    let whole = 0;
    for (let i = 0; i < steps; i++) {
      signal.throwIfAborted();
      whole += (await this.time()) / steps;
    }
    const kernels = new Map<string, KernelTime>();
    const step = () => {
      const cost = this.step();
      cost.dataSync();
      cost.dispose();
    };
    for (let i = 0; i < steps; i++) {
      signal.throwIfAborted();
      for (const [name, calls] of await kernelTimes(step)) {
        // Those of the reference call stock kernels, whose time is theirs too.
        if (!name.startsWith('mnist.')) continue;
        const kernel = name.replace('mnist.', '');
        const before = kernels.get(kernel)?.ms ?? 0;
        const ms = before + calls.reduce((sum, ms) => sum + ms, 0) / steps;
        kernels.set(kernel, {kernel, ms, calls: calls.length});
      }
    }
    const {preset, batchSize, backend} = this.settings;
    return {preset, batchSize, backend, kernels: [...kernels.values()], whole};
  }

  dispose(): void {
    this.network.dispose();
    this.optimizer.dispose();
    tf.dispose(Object.values(this.batch));
  }
}
