// Where a run goes on, for the trainers here and in a browser.
import type {MnistData, Network} from '../index.ts';
import {setWeights} from '../network.ts';
import type {State} from '../recipe.ts';

/** The state after the batches trained. */
export interface Place extends State {
  batch: number;
}

export interface Sizes {
  batchSize: number;
  testEvery: number;
  testSize?: number;
}

/** Test images in a sample. */
export const sampleSize = ({testSize}: Pick<Sizes, 'testSize'>, data: MnistData): number =>
  testSize ?? Math.min(1000, data.testSize);

/** Puts the weights and the order of the images where they are in an unbroken run. */
export function goTo(
  {batch, weights}: Place,
  network: Network,
  data: MnistData,
  sizes: Sizes,
): void {
  const {batchSize, testEvery} = sizes;
  setWeights(network, weights);
  data.skipTrainBatches(batch, batchSize);
  const samples = testEvery > 0 ? Math.floor(batch / testEvery) : 0;
  data.skipTestBatches(samples, sampleSize(sizes, data));
}
