// Training with the reference kernels on a stock backend has the same losses as on `cpu`.
import * as tf from '@tensorflow/tfjs-core';
import {expectClose} from '../bench/cases/compare.ts';
import {createNetwork, presets, trainStep} from '../src/index.ts';
import {loadMnist} from './mnist.ts';

/** Bound for ten steps on two backends: src/README.md, "Decisions at the corners". */
export const TEN_STEPS = {atol: 0, rtol: 1e-4};

/** The losses of three SGD steps of `tutorial`. */
async function lossesOn(backend: string): Promise<number[]> {
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} doesn't start`);
  const data = await loadMnist();
  const network = createNetwork('tutorial', {seed: 3});
  const optimizer = tf.train.sgd(presets.tutorial.learningRate);
  const before = tf.memory().numTensors;
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const batch = data.nextTrainBatch(8);
    const loss = trainStep(network, optimizer, batch);
    losses.push((await loss.data())[0]);
    tf.dispose([batch.xs, batch.labels, loss]);
  }
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new Error(`${left} tensors were left behind on ${backend}`);
  network.dispose();
  optimizer.dispose();
  return losses;
}

export async function expectStepsAsOnCpu(backend: string): Promise<void> {
  const [found, expected] = [await lossesOn(backend), await lossesOn('cpu')];
  const vector = (values: number[]) => ({shape: [values.length], values});
  expectClose(`losses on ${backend}`, vector(found), vector(expected), TEN_STEPS);
}
