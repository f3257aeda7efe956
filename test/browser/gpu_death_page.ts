// The page of gpu_death.test.ts: trains on WebGL, and says how it ended.
import * as tf from '@tensorflow/tfjs-core';
import {ContextLostError, createNetwork, train} from '../../src/index.ts';
import {syntheticData} from '../synthetic.ts';

/** Losses by batch, and the batch and weights at which it ended; `failure` is what wasn't a ContextLostError. */
export interface Ended {
  losses: number[];
  batch?: number;
  weights: number[][];
  failure?: string;
}

const page = {
  reported: 0,
  /** 0 batches: the weights that it starts with. */
  async train(batches: number): Promise<Ended> {
    await tf.setBackend('webgl');
    const network = createNetwork('tutorial');
    const losses: number[] = [];
    const end: Ended = {losses, batch: batches, weights: []};
    page.reported = 0;
    try {
      const options = {batches, batchSize: 4, learningRate: 0.05};
      const events = batches > 0 ? train(network, syntheticData(), options) : [];
      for await (const event of events) {
        if (event.kind === 'batch') losses.push(event.loss);
        page.reported = losses.length;
      }
    } catch (error) {
      if (error instanceof ContextLostError) end.batch = error.batch;
      else end.failure = (error as Error).message;
    }
    for (const variable of network.variables) end.weights.push(Array.from(await variable.data()));
    return end;
  },
};
export type DeathPage = typeof page;
Object.assign(globalThis, {page});
