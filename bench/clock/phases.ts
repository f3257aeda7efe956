// The phases of a run on a GPU, which its steady time includes.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {median} from '../../src/statistics.ts';
import {type Contender, onGPU, read} from './contest.ts';

/** The milliseconds to read a computed result; undefined if the run reads its result itself. */
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

/** Waits until the GPU has computed everything, and reads nothing. */
async function computed(): Promise<void> {
  if (tf.getBackend() === 'webgl') {
    await (tf.backend() as MathBackendWebGL).gpgpu.createAndWaitForFence();
  } else {
    const backend = tf.backend() as WebGPUBackend;
    backend.submitQueue();
    await backend.device.queue.onSubmittedWorkDone();
  }
}

/** The milliseconds of one run by the GPU's own clock (EXT_disjoint_timer_query_webgl2, or WebGPU's timestamps), if it has one. */
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
