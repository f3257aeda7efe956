// A contest: several ways of doing the same, each on its own backend with tensors of its own.
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../src/data/mnist_data.ts';
import {compare, type Tolerance, type Values} from '../test/compare.ts';

/** Our kernels on the backend of that name; `stock`: TensorFlow.js's own; `layers`: an unmodified tf.layers model. */
export type Name = 'simd' | 'cpu' | 'webgl' | 'stock' | 'layers';

/** Where contests take place. */
export interface Place {
  /** The backends with kernels of ours, the most interesting first. */
  ours: readonly Name[];
  /** The backend of `stock` and `layers`. */
  stock: string;
}

export const inNode: Place = {ours: ['simd', 'cpu'], stock: 'cpu'};
export const inPage: Place = {ours: ['webgl'], stock: 'webgl'};

/** One row of the table. Its name is a path: network, layer, pass. */
export interface Case {
  name: string;
  /** Makes everything that the clock should not see. */
  prepare(data: MnistData): Promise<Contest>;
}

export interface Contest {
  /** Floating-point operations of one run; undefined where none are counted. */
  flops?: number;
  /** Images of one run, where it is a step. */
  images?: number;
  tolerance: Tolerance;
  /** In the order in which they take turns. The last is what the others must agree with. */
  contenders: Contender[];
}

export interface Contender {
  name: Name;
  /** Makes its backend the current one. */
  enter(): Promise<unknown>;
  /** What the clock sees. When it is over the result is there: where a backend computes later, it is read. */
  run(): void | Promise<void>;
  /** The numbers that all contenders must agree in. */
  result(): Values | Promise<Values>;
  dispose(): void;
}

/** Makes each contender on its own backend. */
export async function makeContenders(
  place: Place,
  names: readonly Name[],
  make: (name: Name) => Pick<Contender, 'run' | 'result' | 'dispose'>,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const name of names) {
    const backend = place.ours.includes(name) ? name : place.stock;
    const enter = () => tf.setBackend(backend);
    await enter();
    contenders.push({name, enter, ...make(name)});
  }
  return contenders;
}

/** Undefined where all agree; else who doesn't, and in what. */
export async function disagreement({contenders, tolerance}: Contest): Promise<string | undefined> {
  const results: Values[] = [];
  for (const contender of contenders) {
    await contender.enter();
    results.push(await contender.result());
  }
  const expected = results[results.length - 1];
  for (const [i, result] of results.entries()) {
    const problem = compare(result, expected, tolerance);
    if (problem) {
      return `${contenders[i].name} disagrees with ${contenders[results.length - 1].name}, ${problem}`;
    }
  }
}
