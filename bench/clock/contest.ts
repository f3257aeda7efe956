// A contest: several ways of doing the same, each on its own backend with tensors of its own.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../../src/data/mnist_data.ts';
import type {Tolerance, Values} from '../cases/compare.ts';
import {type Backend, backendOf, isOurs, type Name, type PlaceName} from '../report/results.ts';

/** Where contests take place, and who takes part, in turns. The first of a contest is the one that the others are held against. */
export interface Place {
  name: PlaceName;
  names: readonly Name[];
}

export const inNode: Place = {
  name: 'node',
  names: ['simd', 'cpu', 'layers simd', 'layers cpu', 'stock cpu'],
};

// Without stock `cpu`: it is the same in Node, and takes most of a second for a step.
export const inBrowser: Place = {
  name: 'browser',
  names: [
    ...(['simd', 'cpu', 'webgl', 'wasm', 'webgpu'] as const),
    ...(['layers webgl', 'stock webgl', 'stock wasm', 'stock webgpu'] as const),
  ],
};

export const backendsIn = ({names}: Place): Backend[] => names.filter(isOurs);

/** Everyone who can take part on those backends. */
export const namesIn = ({names}: Place, backends: readonly Backend[]): Name[] =>
  names.filter(name => backends.includes(backendOf(name)));

export type TakesPart = (name: Name) => boolean;

/** What is timed at one batch size. Its name is a path: network, layer, pass. */
export interface Case {
  name: string;
  batch: number;
  takesPart: TakesPart;
  /** Everything that the clock should not see; `load` gives the data anew, in its first order. */
  prepare(data: MnistData, load: () => Promise<MnistData>): Contest;
}

export interface Contest {
  /** Floating-point operations of one run; undefined where none are counted. */
  flops?: number;
  /** Bytes of all inputs and outputs of one run; undefined where it is more than one kernel. */
  bytes?: number;
  /** Images of one run, where it takes whole images. */
  images?: number;
  /** So many first runs must agree. */
  comparedRuns: number;
  tolerance: Tolerance;
  /** With the name's backend as the current one. Moves the inputs to it. */
  join(name: Name): Contender | Promise<Contender>;
}

export interface Contender {
  /** A loss; or a tensor, which a GPU may still have to compute. */
  run(): Output | Promise<Output>;
  /** Nobody runs this without wanting the tensor's values: they are read each time, not once for many runs. */
  readsEach?: boolean;
  /** The milliseconds that it takes to move the inputs of one run to the backend; undefined where that is a part of the run. */
  upload?(): number;
  dispose(): void;
}

export type Output = tf.Tensor | number;

export const onGPU = (): boolean => ['webgl', 'webgpu'].includes(tf.getBackend());

/**
 * The milliseconds that it takes to make these tensors and to send them to where the backend computes; the second time, as
 * TensorFlow.js sends values to WebGL through a program, which has to be compiled.
 */
export function timeUpload<T extends tf.Tensor[]>(make: () => T): {tensors: T; ms: number} {
  tf.dispose(send(make()));
  const start = performance.now();
  const tensors = send(make());
  return {tensors, ms: performance.now() - start};
}

function send<T extends tf.Tensor[]>(tensors: T): T {
  if (!onGPU()) return tensors;
  const backend = tf.backend() as MathBackendWebGL; // WebGPU has the same method
  for (const {dataId} of tensors) backend.uploadToGPU(dataId);
  if (tf.getBackend() === 'webgl') backend.gpgpu.gl.finish();
  return tensors;
}

/** Waits until the output is computed, and has its values. Only GPUs compute later. */
export async function read(output: Output): Promise<void> {
  if (typeof output === 'number') return;
  const backend = tf.getBackend();
  if (backend === 'webgl')
    output.dataSync(); // data() would ask a timer, every few ms
  else if (backend === 'webgpu') await output.data();
}

/** What contenders must agree in: the values of a tensor, or the losses of several runs. */
export async function firstOutputs({run}: Contender, runs: number): Promise<Values> {
  const losses: number[] = [];
  for (let i = 0; i < runs; i++) {
    const output = await run();
    if (typeof output !== 'number') {
      const values = await output.data();
      output.dispose();
      return {shape: output.shape, dtype: output.dtype, values};
    }
    // Two that are not a number would be equal.
    if (!Number.isFinite(output)) throw new Error(`the loss of run ${i + 1} is ${output}`);
    losses.push(output);
  }
  return {shape: [runs], values: losses};
}
