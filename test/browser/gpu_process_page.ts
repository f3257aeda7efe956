// The page of gpu_process.test.ts: trains on webgl until the context is lost, and tells what was reported and what is left.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {createNetwork, type Network, renewContext, train} from '../../src/index.ts';
import {syntheticData} from '../synthetic.ts';

tf.enableProdMode();

/** More than are trained before the process is killed; there, training waits for that. */
const BATCHES = 60;
const options = {batches: BATCHES, batchSize: 5, learningRate: 0.05, testEvery: 7, testSize: 9};

export interface Trained {
  /** Of the batches that were reported. */
  losses: number[];
  /** The message of the error in which training ended. */
  end: string;
  /** What the network has then. */
  weights: number[][];
}

async function weightsOf(network: Network): Promise<number[][]> {
  const values = await Promise.all(network.variables.map(variable => variable.data<'float32'>()));
  return values.map(array => Array.from(array));
}

/** What there is after each batch if nothing is killed, from 0 on. */
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

/** Trains until the context is lost; calls `reached` once so many batches are done. */
async function trainUntilLost(batches: number): Promise<Trained> {
  await tf.setBackend('webgl');
  const {gl} = (tf.backend() as MathBackendWebGL).gpgpu;
  const lost = new Promise(resolve => gl.canvas.addEventListener('webglcontextlost', resolve));
  network?.dispose();
  network = createNetwork('tutorial');
  const losses: number[] = [];
  let end = 'it went on to its end';
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

/** Takes a new context, or tells why there is none. */
const renew = (): Promise<string> =>
  renewContext().then(
    () => '',
    error => (error as Error).message,
  );

/** Goes on from the weights of that batch on a backend without a GPU; gives the first loss. */
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
