// What stands in the network while one image flows through it, and the gradient of its loss: every number of the page's stage.
import * as tf from '@tensorflow/tfjs-core';
import {contextIsLost} from '../../context_loss.ts';
import {CLASSES, IMAGE_SIDE} from '../../data/idx.ts';
import type {Batch, MnistData} from '../../data/mnist_data.ts';
import type {Network} from '../../network.ts';
import {weightShapes} from '../../presets.ts';
import {shapesOf} from '../inside/cells.ts';
import type {Look} from '../protocol.ts';
import {passOf} from './pass.ts';
import type {Run} from './run.ts';

/** What a look is at: a run, or a frame of its film. */
export type LookedAt = Pick<Run, 'settings' | 'network' | 'batch' | 'learningRate'> & {
  velocities: tf.Tensor[];
};

/** Called with how many tensors are held more, or fewer. */
type Count = (tensors: number) => void;

/**
 * @param run its backend is the current one
 * @param image [784], 0 to 255
 * @returns undefined if the context is lost
 */
export async function lookAt(
  {settings, network, batch, learningRate, velocities}: LookedAt,
  image: Uint8Array,
  label: number,
  count: Count,
): Promise<Look | undefined> {
  const start = performance.now();
  const names = Object.keys(weightShapes[settings.preset]);
  const {values, gradients, speeds} = tf.tidy(() => ({
    ...passOf(network, batchOf(image, label)),
    speeds: Object.fromEntries(velocities.map((velocity, i) => [names[i], velocity.clone()])),
  }));
  const [ofValues, ofGradients, ofWeights] = await Promise.all([
    readAndDispose(values, count),
    readAndDispose(gradients, count),
    readAndDispose(speeds, count),
  ]);
  if (contextIsLost()) return undefined;
  for (const each of [ofValues, ofGradients]) delete each.flatten; // relu2 has the same numbers, as a map
  const {preset, backend} = settings;
  const ms = performance.now() - start;
  const shown = {values: ofValues, gradients: ofGradients, velocities: ofWeights};
  return {preset, backend, batch, image, label, learningRate, ...shown, ms};
}

/** A channel counts as dead if relu lets nothing through in this many images. */
const DEAD_IMAGES = 64;
const relus = ['relu1', 'relu2'];

/** For each relu, which channels are 0 in all of the first test images. */
export async function deadChannels(network: Network, data: MnistData, count: Count) {
  const maps = tf.tidy(() => {
    const {xs} = data.testBatch(0, Math.min(DEAD_IMAGES, data.testSize));
    const maps: Record<string, tf.Tensor> = {};
    let x: tf.Tensor = xs;
    for (const layer of network.layers) {
      x = layer.apply(x);
      if (relus.includes(layer.name)) maps[layer.name] = x;
    }
    return maps;
  });
  const values = await readAndDispose(maps, count);
  if (contextIsLost()) return undefined;
  const shapes = shapesOf(network.preset);
  const dead = Object.entries(values).map(([name, y]) => {
    const C = shapes[name][2];
    const isDead = Array.from({length: C}, () => true);
    for (let i = 0; i < y.length; i++) if (y[i] !== 0) isDead[i % C] = false;
    return [name, isDead] as const;
  });
  return Object.fromEntries(dead) as Record<string, boolean[]>;
}

function batchOf(image: Uint8Array, label: number): Batch {
  const pixels = Float32Array.from(image, pixel => pixel / 255);
  const labels = Float32Array.from({length: CLASSES}, (_, k) => (k === label ? 1 : 0));
  return {
    xs: tf.tensor2d(pixels, [1, IMAGE_SIDE * IMAGE_SIDE]),
    labels: tf.tensor2d(labels, [1, CLASSES]),
  };
}

/** All values, read at once. The tensors are of one moment, though training may go on meanwhile. */
export async function readAndDispose(tensors: Record<string, tf.Tensor>, count: Count) {
  const entries = Object.entries(tensors);
  count(entries.length);
  try {
    const read = entries.map(
      async ([name, tensor]) => [name, (await tensor.data()) as Float32Array] as const,
    );
    return Object.fromEntries(await Promise.all(read));
  } finally {
    count(-entries.length);
    tf.dispose(tensors);
  }
}
