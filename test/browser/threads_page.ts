// The page of simd_threads_page.test.ts, and its worker: both train on `simd` with threads. A page's main thread has one.
import * as tf from '@tensorflow/tfjs-core';
import {createNetwork, trainStep} from '../../src/index.ts';
import {registerSimdBackend, type SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import {syntheticData} from '../synthetic.ts';

tf.enableProdMode();

/** What a training with so many threads has computed, and how many there were. */
export interface OnThreads {
  threads: number;
  whyOneThread?: string;
  losses: number[];
}

async function trainOn(threads: number): Promise<OnThreads> {
  const name = `simd on ${threads}`;
  registerSimdBackend(name, {threads});
  await tf.setBackend(name);
  const backend = tf.backend() as SimdBackend;
  backend.cutInto = threads;
  const network = createNetwork('tutorial');
  const optimizer = tf.train.sgd(0.1);
  const data = syntheticData();
  const losses = [1, 2, 3].map(
    () => trainStep(network, optimizer, data.nextTrainBatch(9)).dataSync()[0],
  );
  const found = {threads: backend.threads, whyOneThread: backend.whyOneThread, losses};
  tf.removeBackend(name);
  return found;
}

if (typeof document === 'undefined') {
  globalThis.onmessage = async ({data}: MessageEvent<number>) => {
    postMessage(await trainOn(data));
  };
}

/** The same in a worker of this page. */
function trainInWorker(threads: number): Promise<OnThreads> {
  const worker = new Worker(import.meta.url, {type: 'module'});
  return new Promise<OnThreads>((resolve, reject) => {
    worker.onmessage = ({data}) => resolve(data);
    worker.onerror = ({message}) => reject(new Error(message));
    worker.postMessage(threads);
  }).finally(() => worker.terminate());
}

const page = {trainOn, trainInWorker};
export type ThreadsPage = typeof page;
Object.assign(globalThis, {page});
