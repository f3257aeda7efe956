// Training with the reference kernels on a stock backend: the losses of a few steps are those on `cpu`.
import * as tf from '@tensorflow/tfjs-core';
import {expectClose} from '../bench/cases/compare.ts';
import {createNetwork, presets, trainStep} from '../src/index.ts';
import {loadMnist} from './mnist.ts';

/** Bound for ten steps on two backends: src/README.md, "Decisions at the corners". */
const TEN_STEPS = {atol: 0, rtol: 1e-4};

/** The losses of three SGD steps of the tutorial's network. */
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
  const found = await lossesOn(backend);
  const values = await lossesOn('cpu');
  expectClose(
    `losses on ${backend}`,
    {shape: [values.length], dtype: 'float32', values: found},
    {shape: [values.length], values},
    TEN_STEPS,
  );
}
