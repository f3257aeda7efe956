// A long training that watches what it holds, in Node and in a page, for `npm run soak`.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import type {Backend} from '../../src/backends.ts';
import type {MnistData} from '../../src/data/mnist_data.ts';
import type {SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import {createNetwork} from '../../src/network.ts';
import {train} from '../../src/training.ts';
import {batchSize} from '../report/results.ts';

/** The fewest steps of a run: half of them warm up, and a fifth of the others makes a part with a median. */
export const LEAST_STEPS = 100;

/** What is held between two steps, by its name in the report; what a backend doesn't have is missing. */
export type Holdings = Record<string, number>;

/**
 * The holdings after the warm-up and in the end; then the milliseconds of each step in the first and the last fifth between them, in news
 * of their own, so that they are in no heap before.
 */
export type News =
  | {kind: 'progress' | 'start' | 'end'; step: number; holdings: Holdings}
  | {kind: 'times'; first: number[]; last: number[]};

/**
 * The steps before the first look. Caches and pools fill meanwhile: a twentieth of the run, and at least 50 steps. In a run that is
 * longer than an epoch, the first epoch, whose end has a short batch and a test on all images.
 */
export const warmUp = (steps: number, epoch: number): number =>
  Math.max(50, Math.ceil(steps / 20), steps > epoch ? epoch : 0);

/** Trains `tutorial` on the current backend. The caller may look at the heap while it handles the news. */
export async function* soak(steps: number, data: MnistData): AsyncGenerator<News> {
  const warm = warmUp(steps, Math.ceil(data.trainSize / batchSize));
  const fifth = Math.floor((steps - warm) / 5);
  const network = createNetwork('tutorial');
  const times = new Float64Array(steps);
  let shown = performance.now();
  try {
    // One batch more, because the test on all images follows the last one.
    for await (const event of train(network, data, {batches: steps + 1, batchSize})) {
      if (event.kind !== 'batch') continue;
      const {batch, ms} = event;
      times[batch - 1] = ms;
      const kind = batch === warm + 1 ? 'start' : batch === steps ? 'end' : 'progress';
      if (kind === 'progress' && performance.now() - shown < 500) continue;
      yield {kind, step: batch, holdings: holdings()};
      shown = performance.now();
      if (kind === 'end') break;
    }
    const [first, last] = [times.slice(warm, warm + fifth), times.slice(-fifth)];
    yield {kind: 'times', first: [...first], last: [...last]};
  } finally {
    network.dispose();
  }
}

function holdings(): Holdings {
  const {numTensors, numDataBuffers, numBytes} = tf.memory();
  const common = {
    tensors: numTensors,
    'data buffers': numDataBuffers,
    'bytes of tensors': numBytes,
  };
  return {...common, ...ofBackend[tf.getBackend() as Backend]?.(tf.backend() as never)};
}

/** What a backend itself holds: the memory or the textures below the tensors, those that wait to be used again included. */
const ofBackend: Partial<Record<Backend, (backend: never) => Holdings>> = {
  simd(backend: SimdBackend) {
    const {bytesInUse, bytesReserved} = backend.memory();
    return {'WebAssembly bytes in use': bytesInUse, 'WebAssembly bytes': bytesReserved};
  },
  wasm: ({wasm}: {wasm: {HEAPU8: Uint8Array}}) => ({'WebAssembly bytes': wasm.HEAPU8.length}),
  webgl(backend: MathBackendWebGL) {
    const textures = backend.getTextureManager();
    return {
      'textures in use': textures.getNumUsedTextures(),
      textures: textures.getNumUsedTextures() + textures.getNumFreeTextures(),
      'texture bytes': textures.numBytesAllocated,
    };
  },
  webgpu({bufferManager}: WebGPUBackend) {
    return {
      'buffers in use': bufferManager.getNumUsedBuffers(),
      buffers: bufferManager.getNumUsedBuffers() + bufferManager.getNumFreeBuffers(),
      'buffer bytes': bufferManager.numBytesAllocated,
    };
  },
};
