// The parts of a run on a GPU that the steady time does not tell apart.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {median} from '../../src/statistics.ts';
import {type Contender, onGPU, read} from './contest.ts';

/** The milliseconds that it takes to read a result that is there already; undefined where a run reads its own, or has none. */
export async function readBack({run}: Contender, tries: number): Promise<number | undefined> {
  if (!onGPU()) return undefined;
  const times: number[] = [];
  while (times.length < tries) {
    const output = await run();
    if (typeof output === 'number') return undefined;
    await computed();
    const start = performance.now();
    await read(output);
    times.push(performance.now() - start);
    output.dispose();
  }
  return median(times);
}

/** Waits for the GPU to be done with everything, without reading it. */
async function computed(): Promise<void> {
  if (tf.getBackend() === 'webgl') {
    await (tf.backend() as MathBackendWebGL).gpgpu.createAndWaitForFence();
  } else {
    const backend = tf.backend() as WebGPUBackend;
    backend.submitQueue();
    await backend.device.queue.onSubmittedWorkDone();
  }
}

/** One run by the GPU's own clock: EXT_disjoint_timer_query_webgl2, or WebGPU's timestamps. Undefined without either. */
export async function gpuTime({run}: Contender, tries: number): Promise<number | undefined> {
  if (!onGPU()) return undefined;
  if (tf.getBackend() === 'webgl' && !(tf.backend() as MathBackendWebGL).timerAvailable())
    return undefined;
  const times: number[] = [];
  while (times.length < tries) {
    let output: ReturnType<Contender['run']> = 0;
    const {kernelMs} = await tf.time(() => {
      output = run();
    });
    const waited = await (output as ReturnType<Contender['run']>);
    if (typeof waited !== 'number') waited.dispose();
    if (typeof kernelMs !== 'number' || !(kernelMs > 0)) return undefined;
    times.push(kernelMs);
  }
  return median(times);
}
