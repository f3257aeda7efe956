// What simd.test.ts runs in worker threads: a few steps on the backend that this thread registers for itself.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {createNetwork, trainStep} from '../../src/index.ts';
import {registerSimdBackend, type SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import {syntheticData} from '../synthetic.ts';

/** The losses of three steps. */
export async function train(threads = 1): Promise<number[]> {
  const name = `simd on ${threads}`;
  registerSimdBackend(name, {threads});
  await tf.setBackend(name);
  if (threads > 1) (tf.backend() as SimdBackend).cutInto = threads;
  const network = createNetwork('tutorial');
  const data = syntheticData();
  const optimizer = tf.train.sgd(0.1);
  return [1, 2, 3].map(() => trainStep(network, optimizer, data.nextTrainBatch(4)).dataSync()[0]);
}
