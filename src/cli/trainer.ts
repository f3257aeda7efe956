// What the command line trains: a network and its data, here in this program or in a browser (webgl.ts).
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../data/mnist_data.ts';
import {type Evaluation, evaluate} from '../evaluation.ts';
import type {Build} from '../kernels/simd/backend/module.ts';
import {registerSimdBackend, type SimdBackend} from '../kernels/simd/backend/register.ts';
import {createNetwork} from '../network.ts';
import {createOptimizer, type State, stateOf} from '../recipe.ts';
import {type TrainingOptions, type TrainingProgress, train} from '../training.ts';
import type {Options} from './options.ts';
import {goTo, type Place} from './place.ts';

export interface Trainer {
  parameters: number;
  /** Follows the backend's name in the header; may be empty. */
  remark: string;
  /** Which WebAssembly it runs, on backend simd. */
  build?: Build;
  /** How many threads run, on backend simd. */
  threads?: number;
  train(options: TrainingOptions): AsyncIterable<TrainingProgress>;
  /** After the last batch. */
  state(): Promise<State>;
  evaluate(): Promise<Evaluation>;
  close(): Promise<void>;
}

/** Makes the backend current in this program. Returns undefined, or why it cannot run here. */
export async function chooseBackend(options: Options): Promise<string | undefined> {
  tf.enableProdMode(); // or the CPU backend greets everyone who runs it in Node
  const {backend, build, threads} = options;
  const own = backend === 'simd' && (build || threads > 1);
  const name = own ? `simd, ${build ?? 'the fastest build'}, threads: ${threads}` : backend;
  if (own) registerSimdBackend(name, {build, threads});
  if (await tf.setBackend(name)) return undefined;
  try {
    await tf.findBackendFactory(name)(); // setBackend keeps the reason to itself
    return 'it does not start';
  } catch (error) {
    return (error as Error).message;
  }
}

/** The trainer on the current backend. @param place where a run goes on */
export async function trainerHere(
  data: MnistData,
  options: Options,
  remark: string,
  place?: Place,
): Promise<Trainer> {
  const {build, threads} = tf.backend() as Partial<SimdBackend>;
  const network = createNetwork(options.net, {seed: options.seed});
  const optimizer = await createOptimizer(options.recipe, network, place?.velocities);
  if (place) goTo(place, network, data, options);
  return {
    parameters: network.variables.reduce((sum, {size}) => sum + size, 0),
    remark: build ? simdRemark(build, threads!, options.threads) : remark,
    build,
    threads,
    train: options => train(network, data, {...options, optimizer}),
    state: () => stateOf(network, optimizer),
    evaluate: () => evaluate(network, data),
    close: async () => {},
  };
}

/** @param asked how many threads should run */
function simdRemark(build: Build, threads: number, asked: number): string {
  const count = threads === 1 ? '1 thread' : `${threads} threads`;
  const found = threads < asked ? `${count} (${asked} could not be started)` : count;
  return build === 'relaxed simd' ? `with relaxed SIMD, ${found}` : `with ${found}`;
}
