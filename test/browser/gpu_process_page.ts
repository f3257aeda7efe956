// The page of gpu_process.test.ts: trains on webgl until the context is lost, and returns the reported losses and the weights.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {createNetwork, type Network, renewContext, train} from '../../src/index.ts';
import {syntheticData} from '../synthetic.ts';

tf.enableProdMode();

/** More batches than before any kill. If training gets this far, it waits for the loss of the context. */
const BATCHES = 60;
const options = {batches: BATCHES, batchSize: 5, learningRate: 0.05, testEvery: 7, testSize: 9};

export interface Trained {
  /** The reported losses. */
  losses: number[];
  /** The message of the error that ended the training. */
  end: string;
  /** The network's weights at the end. */
  weights: number[][];
}

async function weightsOf(network: Network): Promise<number[][]> {
  const values = await Promise.all(network.variables.map(variable => variable.data<'float32'>()));
  return values.map(array => Array.from(array));
}

/** Losses and weights after each batch, from batch 0, of a training without a kill. */
async function trainUndisturbed(): Promise<Trained[]> {
  await tf.setBackend('webgl');
  const network = createNetwork('tutorial');
  const trained = [{losses: [] as number[], end: '', weights: await weightsOf(network)}];
  for await (const event of train(network, syntheticData(), options)) {
    if (event.kind !== 'batch') continue;
    const losses = [...trained.at(-1)!.losses, event.loss];
    trained.push({losses, end: '', weights: await weightsOf(network)});
  }
  network.dispose();
  return trained;
}

let network: Network | undefined;

/** Trains until the context is lost; calls `reached` after this many batches. */
async function trainUntilLost(batches: number): Promise<Trained> {
  await tf.setBackend('webgl');
  const {gl} = (tf.backend() as MathBackendWebGL).gpgpu;
  const lost = new Promise(resolve => gl.canvas.addEventListener('webglcontextlost', resolve));
  network?.dispose();
  network = createNetwork('tutorial');
  const losses: number[] = [];
  let end = 'the training was not interrupted';
  if (batches === 0) reached();
  try {
    for await (const event of train(network, syntheticData(), options)) {
      if (event.kind !== 'batch') continue;
      losses.push(event.loss);
      if (event.batch === batches) reached();
      if (event.batch === BATCHES) await lost;
    }
  } catch (error) {
    end = (error as Error).message;
  }
  const weights = await weightsOf(network);
  await lost;
  return {losses, end, weights};
}

/** Asks for a new context. Returns '', or why the browser gives none. */
const renew = (): Promise<string> =>
  renewContext().then(
    () => '',
    error => (error as Error).message,
  );

/** Goes on from the weights of batch `start` on a backend without a GPU. Returns the first loss. */
async function goOnElsewhere(start: number): Promise<number> {
  await tf.setBackend('cpu');
  const data = syntheticData();
  data.skipTrainBatches(start, options.batchSize);
  for await (const event of train(network!, data, {...options, start})) {
    if (event.kind === 'batch') return event.loss;
  }
  return Number.NaN;
}

const page = {trainUndisturbed, trainUntilLost, renew, goOnElsewhere};
declare const reached: () => void;
export type GpuProcessPage = typeof page;
Object.assign(globalThis, {page});
