// A backend `simd` whose memory is watched. All memory outside of tensors, also spare bytes and working space, is filled with NaN:
// a kernel that reads there has a NaN in its result. After each call of a compiled kernel, every byte outside of its outputs and
// working space must be unchanged: otherwise the error names the kernel.
import * as tf from '@tensorflow/tfjs-core';
import type {Memory} from '../src/kernels/simd/backend/memory.ts';
import type {SimdKernels} from '../src/kernels/simd/backend/module.ts';
import {registerSimdBackend, type SimdBackend} from '../src/kernels/simd/backend/register.ts';

/** A NaN that no arithmetic makes. As an int32 it is neither a position nor an offset. */
const MARK = 0x7fe5a5a5;

/** For each kernel, the indices of the arguments that it writes to: outputs and working space. */
// biome-ignore format: an op's kernels on a line
const written: Record<string, number[]> = {
  conv2d: [3, 4], conv2dInputGradient: [2, 3], conv2dFilterGradient: [2, 3], conv2dFilterGradientInside: [2, 3],
  depthwise: [3, 4], depthwiseInputGradient: [2, 3], depthwiseFilterGradient: [2, 4],
  avgPool: [1, 2], avgPoolGradient: [1, 2],
  conv2dFilterGradientOfPool: [3, 4], conv2dInputGradientOfPool: [3, 4],
  dense: [3, 4], denseInputGradient: [2, 3], denseWeightsGradient: [2, 3],
  matMul: [7, 8], batchMatMul: [9, 10],
  add: [8], subtract: [8], multiply: [8], divide: [8],
  step: [1], square: [1], sqrt: [1], rsqrt: [1], floor: [1],
  sumRows: [1], sumColumns: [1, 2], pixels: [1], biasGradient: [1], batchNorm: [6, 7], repeat: [1],
  relu: [1], reluGradient: [2],
  maxPool: [1, 2, 3], maxPoolIgnoringNaN: [1, 2, 3], maxPoolGradient: [2, 3],
  softmax: [1], softmaxGradient: [2], softmaxCrossEntropy: [2], softmaxCrossEntropyGradient: [3],
};

export interface Watched {
  /** Calls of each compiled kernel. */
  calls: Map<string, number>;
  /** The most bytes in use at one time. */
  most: number;
}

/** Runs `work` on a backend `simd` of its own, and removes the backend. */
export function onOwnBackend(maximumBytes: number, work: (backend: SimdBackend) => void): void {
  if (!registerSimdBackend(OWN_BACKEND, {maximumBytes})) throw new Error('the name is taken');
  try {
    tf.setBackend(OWN_BACKEND);
    work(tf.backend() as SimdBackend);
  } finally {
    tf.removeBackend(OWN_BACKEND);
    tf.setBackend('simd');
  }
}

export const OWN_BACKEND = 'simd of a test';

/** The same on a watched backend. */
export const onWatched = (maximumBytes: number, work: (watched: Watched) => void): void =>
  onOwnBackend(maximumBytes, backend => work(watch(backend)));

function watch(backend: SimdBackend): Watched {
  const memory = (backend as unknown as {tensors: Memory}).tensors;
  const watched: Watched = {calls: new Map(), most: 0};
  /** The bytes of each allocated block, by its address. */
  const live = new Map<number, number>();
  const start = memory.allocate(0);
  memory.release(start, 0);
  let marked = start;

  const bytes = () => new Uint8Array(memory.wasm.buffer);
  const mark = (from: number, to: number) =>
    new Int32Array(memory.wasm.buffer).fill(MARK, from / 4, Math.ceil(to / 4));
  /** Marks memory that is new since the last call. */
  const markNew = () => {
    mark(marked, memory.bytesReserved);
    marked = memory.bytesReserved;
  };
  markNew();

  const {allocate, release} = memory;
  memory.allocate = size => {
    const at = allocate.call(memory, size);
    markNew();
    for (const [other, length] of live) {
      if (at < other + length && other < at + size)
        throw new Error(`block ${at} is handed out twice`);
    }
    live.set(at, size);
    watched.most = Math.max(watched.most, memory.bytesInUse);
    return at;
  };
  memory.release = (at, size) => {
    if (live.get(at) !== size) {
      throw new Error(`a block of ${size} bytes at ${at} is given back, of ${live.get(at)}`);
    }
    live.delete(at);
    mark(at, at + size);
    release.call(memory, at, size);
  };

  const blockOf = (pointer: number): [number, number] => {
    for (const [at, size] of live)
      if (pointer >= at && pointer < at + size) return [pointer, at + size];
    throw new Error(`${pointer} lies in no block`);
  };

  const kernels: Record<string, unknown> = {...backend.kernels};
  for (const name of Object.keys(kernels)) {
    const writesNothing =
      /(Scratch|Units|IsSparse|IsDoubtful)$/.test(name) || typeof kernels[name] !== 'function';
    if (!writesNothing && !(name in written) && name !== 'peak') {
      throw new Error(`watched.ts: expected the outputs of ${name} in its table, found none`);
    }
  }
  for (const [name, outputs] of Object.entries(written)) {
    const kernel = kernels[name] as (...args: number[]) => void;
    kernels[name] = (...args: number[]) => {
      const own = outputs.map(output => blockOf(args[output])).sort(([a], [b]) => a - b);
      const before = bytes().slice();
      kernel(...args);
      const after = bytes();
      let from = start;
      for (const [at, end] of [...own, [after.length, 0]]) {
        if (Buffer.compare(before.subarray(from, at), after.subarray(from, at)) !== 0) {
          while (before[from] === after[from]) from++;
          throw new Error(
            `${name}(${args}) writes to byte ${from}, outside of its blocks ${own.join(' and ')}`,
          );
        }
        from = end;
      }
      watched.calls.set(name, (watched.calls.get(name) ?? 0) + 1);
    };
  }
  (backend as {kernels: SimdKernels}).kernels = kernels as unknown as SimdKernels;
  return watched;
}

/** The names of all compiled kernels that are watched. */
export const watchedKernels: readonly string[] = Object.keys(written);
