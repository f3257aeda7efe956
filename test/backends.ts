// The backends that every witness runs on: those of Node there, and webgl in the page that browser.test.ts opens.
import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {test} from 'uvu';
import {type BackendWith, backendsWith} from '../src/backends.ts';
import '../src/index.ts';

// `reference` stands for any backend without kernels of ours: the stock CPU backend under another name.
tf.registerBackend('reference', () => new MathBackendCPU());
for (const kernel of tf.getKernelsForBackend('cpu')) {
  if (!kernel.kernelName.startsWith('mnist.')) {
    tf.registerKernel({...kernel, backendName: 'reference'});
  }
}

tf.enableProdMode(); // no greeting from the CPU backend
tf.env().set('IS_TEST', true); // each kernel's end throws if it leaves data behind that no tensor owns

export type Backend = BackendWith<{ownKernels: true}> | 'reference';
export const backends: readonly Backend[] =
  typeof document === 'undefined'
    ? [...backendsWith({ownKernels: true, inNode: true}), 'reference']
    : backendsWith({ownKernels: true, inNode: false});

/** How many random shapes to try: each one is new programs for webgl to compile. */
export const randomRuns = (backend: Backend, usual: number): number =>
  backend === 'webgl' ? usual / 10 : usual;

/** Runs `work` on a backend and checks that it leaves no tensor behind. */
export function onBackend<T>(backend: Backend, work: () => T): T {
  tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const result = work();
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new Error(`${left} tensors were left behind on ${backend}`);
  return result;
}

/** Registers a test for each backend, whose name ends the title. */
export function testOnBackends(title: string, work: (backend: Backend) => void): void {
  for (const backend of backends) {
    test(`${title}, ${backend}`, () => onBackend(backend, () => tf.tidy(() => work(backend))));
  }
}
