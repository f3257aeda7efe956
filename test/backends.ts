// The backends that every witness runs on: in Node those that run there, in the page that browser.test.ts opens webgl.
import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {test} from 'uvu';
import {type BackendWith, backendsWith} from '../src/backends.ts';
import '../src/index.ts';

// The backend `reference` runs the reference kernels: it is the stock CPU backend under another name, without kernels of ours.
tf.registerBackend('reference', () => new MathBackendCPU());
for (const kernel of tf.getKernelsForBackend('cpu')) {
  if (!kernel.kernelName.startsWith('mnist.')) {
    tf.registerKernel({...kernel, backendName: 'reference'});
  }
}

tf.enableProdMode(); // no greeting from the CPU backend
tf.env().set('IS_TEST', true); // TensorFlow.js throws after a kernel that leaves data behind which no tensor owns

export type Backend = BackendWith<{ownKernels: true}> | 'reference';
export const backends: readonly Backend[] =
  typeof document === 'undefined'
    ? [...backendsWith({ownKernels: true, inNode: true}), 'reference']
    : backendsWith({ownKernels: true, inNode: false});

/** The number of random shapes to try: fewer on webgl, which compiles new programs for each. */
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

/** Registers a test for each backend. The backend's name ends the title. */
export function testOnBackends(title: string, work: (backend: Backend) => void): void {
  for (const backend of backends) {
    test(`${title}, ${backend}`, () => onBackend(backend, () => tf.tidy(() => work(backend))));
  }
}
