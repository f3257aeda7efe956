// Registers the backend `simd` where WebAssembly has SIMD. A tf.layers model needs no more than `import 'mnist-ops/simd'`.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {checkOptions} from '../../../ops/checks.ts';
import {registerKernels} from '../../../ops/kernel.ts';
import {SimdBackend, type SimdOptions} from './backend.ts';
import {biasKernels} from './bias.ts';
import {conv2dKernels} from './conv2d.ts';
import {denseKernels} from './dense.ts';
import {maxPoolKernels} from './max_pool.ts';
import {checkMaximum, LARGEST_MEMORY} from './memory.ts';
import {build} from './module.ts';
import {reluKernels} from './relu.ts';
import {softmaxKernels} from './softmax_cross_entropy.ts';
import {stockKernels} from './stock.ts';
import {type WhyOneThread, whyOneThread} from './threads.ts';

export {SimdBackend, type SimdOptions, type WhyOneThread, whyOneThread};

/** True where WebAssembly has SIMD. Elsewhere the backend isn't registered. */
export const simdSupported: boolean = build !== undefined;

/** The backend with the highest priority is the default: stock `cpu` has 1, stock `wasm` and `webgl` have 2. */
const PRIORITY = 3;

/**
 * Registers a backend with these kernels and its own memory. With more threads than one, `await tf.setBackend(name)` starts them, and
 * `threads` and `whyOneThread` of `tf.backend()` say how many run. Without SharedArrayBuffer it is one. A thread that ends too early is an
 * error of the next op. tf.removeBackend ends the threads; they keep no process alive.
 *
 * @param name what tf.setBackend is given
 * @returns false if there is no SIMD, if `options.build` doesn't run here, or if the name is taken
 * @throws RangeError if `maximumBytes` is less than a page of memory, 65,536 (more pages with 57 threads or more), or for `threads` that isn't from 1 to 256
 */
export function registerSimdBackend(name = 'simd', options: SimdOptions = {}): boolean {
  checkOptions('registerSimdBackend', options, ['maximumBytes', 'build', 'threads']);
  checkThreads(options.threads ?? 1);
  checkMaximum(options.maximumBytes ?? LARGEST_MEMORY, options.threads);
  const runs = build === 'relaxed simd' || (options.build ?? build) === build;
  if (!simdSupported || !runs || tf.findBackendFactory(name)) return false;
  const stock = stockKernels(name);
  if (stock.length === 0) {
    console.warn(
      "simd: expected the kernels of '@tensorflow/tfjs-backend-cpu' to be registered, found that a bundler has dropped them: " +
        'ops without a kernel of ours will fail',
    );
  }
  if (!tf.getKernel('Identity', name)) {
    for (const kernel of stock) tf.registerKernel(kernel);
    registerKernels(name, {
      ...conv2dKernels,
      ...maxPoolKernels,
      ...denseKernels,
      ...biasKernels,
      ...reluKernels,
      ...softmaxKernels,
    });
  }
  let backend: SimdBackend | undefined;
  const factory = () => {
    if (!backend || backend.isDisposed) backend = new SimdBackend(options);
    const started = backend.started();
    if (started instanceof SimdBackend) return started;
    return started.then(backend => {
      if (tf.findBackendFactory(name) !== factory) backend.dispose(); // removed in the meantime
      return backend;
    });
  };
  return tf.registerBackend(name, factory, PRIORITY);
}

/** More threads than any processor has cores are a mistake. */
export const MOST_THREADS = 256;

function checkThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return;
  throw new RangeError(
    `simd: expected threads to be a whole number from 1 to ${MOST_THREADS}, found ${threads}`,
  );
}

registerSimdBackend();
