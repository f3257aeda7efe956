// What the page asks the worker while a run trains or rests. No answer changes the run.
import * as tf from '@tensorflow/tfjs-core';
import {contextIsLost} from '../../context_loss.ts';
import {CLASSES, IMAGE_SIDE} from '../../data/idx.ts';
import {createNetwork, setWeights} from '../../network.ts';
import {softmax} from '../../ops/softmax_cross_entropy.ts';
import type {Look, Phase, TestImages} from '../protocol.ts';
import type {Frame} from '../time/film.ts';
import type {SavedRun} from '../weights_file.ts';
import {deadChannels, type LookedAt, lookAt} from './look.ts';
import type {TaskQueue} from './queue.ts';
import {type Run, rateAfter} from './run.ts';

const PIXELS = IMAGE_SIDE * IMAGE_SIDE;

/** The part of the trainer that answers need. */
interface Asked {
  readonly run?: Run;
  readonly phase: Phase;
  readonly isLost: boolean;
  readonly entered: Promise<unknown>;
  readonly queue: TaskQueue;
  goBack(): Promise<void>;
}

export class Answers {
  /** Tensors that answers hold at the moment. */
  tensors = 0;

  constructor(private readonly trainer: Asked) {}

  /** Probabilities [n × 10] of images [n × 784], 0 to 255; undefined before the first run and while the GPU is lost. */
  async predict(images: Uint8Array): Promise<Float32Array | undefined> {
    await this.trainer.entered;
    const {run, isLost} = this.trainer;
    if (!run || isLost) return undefined;
    const count = images.length / PIXELS;
    const probabilities = tf.tidy(() => {
      const pixels = Float32Array.from(images, pixel => pixel / 255);
      return softmax(run.network.forward(tf.tensor2d(pixels, [count, PIXELS])));
    });
    this.tensors++;
    try {
      const values = await probabilities.data<'float32'>();
      return values.length === count * CLASSES && !contextIsLost() ? values : undefined;
    } finally {
      this.tensors--;
      probabilities.dispose();
    }
  }

  async testImages(indices: number[]): Promise<TestImages | undefined> {
    const data = this.trainer.run?.data;
    if (!data) return undefined;
    const pixels = new Uint8Array(indices.length * PIXELS);
    for (const [i, index] of indices.entries()) pixels.set(data.testPixels(index), i * PIXELS);
    const labels = Uint8Array.from(indices, index => data.testLabels[index]);
    return {indices, pixels, labels, probabilities: await this.predict(pixels)};
  }

  testLabels(): Uint8Array | undefined {
    return this.trainer.run?.data?.testLabels.slice();
  }

  private readonly count = (tensors: number) => {
    this.tensors += tensors;
  };

  /** @param frame of the run's film, in place of its weights now */
  async look(image: Uint8Array, label: number, frame?: Frame): Promise<Look | undefined> {
    await this.trainer.entered;
    const {run, isLost} = this.trainer;
    if (!run || isLost) return undefined;
    if (!frame) return this.lookAt(run, image, label);
    const network = createNetwork(run.settings.preset);
    const {variables} = network;
    if (frame.weights.length !== variables.length) {
      network.dispose();
      return undefined; // of the other network
    }
    setWeights(network, frame.weights);
    const velocities = frame.velocities.map((each, i) => tf.tensor(each, variables[i].shape));
    const tensors = variables.length + velocities.length;
    this.count(tensors);
    try {
      const {settings} = run;
      const learningRate = rateAfter(frame.batch, settings);
      return await this.lookAt(
        {...frame, settings, network, velocities, learningRate},
        image,
        label,
      );
    } finally {
      this.count(-tensors);
      tf.dispose(velocities);
      network.dispose();
    }
  }

  lookAt(run: LookedAt, image: Uint8Array, label: number): Promise<Look | undefined> {
    return lookAt(run, image, label, this.count);
  }

  async dead(): Promise<Record<string, boolean[]> | undefined> {
    await this.trainer.entered;
    const {run, isLost} = this.trainer;
    if (!run?.data || isLost) return undefined;
    return deadChannels(run.network, run.data, this.count);
  }

  /** The run between two steps. */
  async save(): Promise<SavedRun> {
    const {trainer} = this;
    if (trainer.phase === 'training') await trainer.queue.stepEnd();
    const run = trainer.run!;
    const {settings, batch} = run;
    const state = await run.readState();
    if (trainer.isLost || !contextIsLost()) return {settings, batch, ...state};
    await trainer.goBack();
    return this.save();
  }
}
