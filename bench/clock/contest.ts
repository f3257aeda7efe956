// A contest: several implementations of one computation, each on its own backend with its own tensors.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {backendsWith} from '../../src/backends.ts';
import type {MnistData} from '../../src/data/mnist_data.ts';
import type {Tolerance, Values} from '../cases/compare.ts';
import {type Backend, backendOf, isOurs, type Name, type PlaceName} from '../report/results.ts';

/** A place for contests, and the contenders there, who take turns. All ratios are relative to a contest's first contender. */
export interface Place {
  name: PlaceName;
  names: readonly Name[];
}

export const inNode: Place = {
  name: 'node',
  names: ['simd', 'cpu', 'layers simd', 'layers cpu', 'stock cpu'],
};

// Without stock `cpu`: it does the same in Node, and a step takes most of a second.
export const inBrowser: Place = {
  name: 'browser',
  names: [
    ...(['simd', 'cpu', 'webgl', 'wasm', 'webgpu'] as const),
    ...(['layers webgl', 'stock webgl', 'stock wasm', 'stock webgpu'] as const),
  ],
};

export const backendsIn = ({names}: Place): Backend[] => names.filter(isOurs);

/** The place's contenders on these backends. */
export const namesIn = ({names}: Place, backends: readonly Backend[]): Name[] =>
  names.filter(name => backends.includes(backendOf(name)));

export type TakesPart = (name: Name) => boolean;

/** One thing to time at one batch size. Its name is a path: network, layer, pass. */
export interface Case {
  name: string;
  batch: number;
  takesPart: TakesPart;
  /** The work before the clock starts. `load` loads the data again, in its first order. */
  prepare(data: MnistData, load: () => Promise<MnistData>): Contest;
}

export interface Contest {
  /** Floating-point operations of one run; undefined if the case does not count them. */
  flops?: number;
  /** Bytes of all inputs and outputs of one run; undefined if a run is more than one kernel. */
  bytes?: number;
  /** Images of one run, if it takes whole images. */
  images?: number;
  /** This many first runs must agree. */
  comparedRuns: number;
  tolerance: Tolerance;
  /** Makes a contender on the current backend, which is the name's, and moves its inputs there. */
  join(name: Name): Contender | Promise<Contender>;
}

export interface Contender {
  /** Returns a loss, or a tensor, which a GPU may not have computed yet. */
  run(): Output | Promise<Output>;
  /** Each run's tensor is read, as its user would do, instead of only the last of many runs. */
  readsEach?: boolean;
  /** The milliseconds to move the inputs of one run to the backend; undefined if the run includes it. */
  upload?(): number;
  dispose(): void;
}

export type Output = tf.Tensor | number;

export const onGPU = (): boolean =>
  backendsWith({onGPU: true}).some(name => name === tf.getBackend());

/** The milliseconds to make the tensors and send them to the backend. The first time is not counted: on WebGL it compiles a program. */
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

/** Waits for the output and reads its values. Only a GPU computes later. */
export async function read(output: Output): Promise<void> {
  if (typeof output === 'number') return;
  const backend = tf.getBackend();
  if (backend === 'webgl')
    output.dataSync(); // data() would ask a timer, every few ms
  else if (backend === 'webgpu') await output.data();
}

/** The values in which contenders must agree: a tensor's, or the losses of several runs. */
export async function firstOutputs({run}: Contender, runs: number): Promise<Values> {
  const losses: number[] = [];
  for (let i = 0; i < runs; i++) {
    const output = await run();
    if (typeof output !== 'number') {
      const values = await output.data();
      output.dispose();
      return {shape: output.shape, dtype: output.dtype, values};
    }
    // Two NaNs would count as equal.
    if (!Number.isFinite(output)) throw new Error(`the loss of run ${i + 1} is ${output}`);
    losses.push(output);
  }
  return {shape: [runs], values: losses};
}
