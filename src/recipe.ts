// How the weights follow their gradients in the course of a run: `sgd`, as both networks were published, or `fast`, which reaches in
// one epoch about what `sgd` reaches in five.
import * as tf from '@tensorflow/tfjs-core';
import type {Network} from './network.ts';
import {fail, valueText} from './ops/checks.ts';
import {MOMENTUM, type Recipe, recipes} from './presets.ts';

/** The share of a run in which the rate rises. */
const WARM_UP = 1 / 5;

/**
 * The learning rate of a batch, counted from 1. With `sgd` it is always the same. With `fast` it rises from 0 to `learningRate` in
 * the run's first fifth, and falls to 0 until its end, both in a straight line.
 *
 * `fast` has two parts. *Momentum* gives each weight a velocity, like a ball that rolls down the loss: v = 0.9 v + gradient, then
 * weight = weight − rate · v. Where one batch's gradient agrees with the next, steps add up, to ten times the gradient; where they
 * contradict each other, as the luck of the batches has it, they cancel. So the same rate goes further, and with less noise. (Polyak,
 * 1964; Sutskever et al., 2013.) *The rate's course*: fresh weights are far from any good place, and a large step there may throw
 * them where nothing is learnt any more, so the rate begins small: the warm-up. In the middle it is as large as it can be without
 * that. At the end, weights that still take large steps jump around the lowest place that they have found, each batch pulling them
 * elsewhere; steps that shrink to nothing let them settle in it. (Goyal et al., 2017; Smith and Topin, 2017.)
 */
export function rateAt(
  recipe: Recipe,
  learningRate: number,
  batch: number,
  batches: number,
): number {
  if (recipe === 'sgd') return learningRate;
  const done = (batch - 0.5) / batches; // in the middle of the batch: neither the first nor the last step is one of length 0
  return learningRate * Math.min(done / WARM_UP, (1 - done) / (1 - WARM_UP));
}

/**
 * The optimizer of a recipe for this network. It holds what a run needs besides its weights in order to go on: with `fast`, the
 * velocities. The caller disposes of it.
 *
 * @param velocities in the order of Network.variables; default 0
 * @throws Error for an unknown recipe, and for velocities that are not as many or as long as the recipe's
 */
export async function createOptimizer(
  recipe: Recipe,
  {variables}: Network,
  velocities: readonly Float32Array[] = [],
): Promise<tf.SGDOptimizer> {
  checkRecipe('createOptimizer', recipe);
  checkVelocities(recipe, variables, velocities);
  if (recipe === 'sgd') return tf.train.sgd(0);
  const optimizer = new Momentum(0, MOMENTUM);
  const tensors = [
    tf.scalar(0, 'int32'), // steps taken, which momentum doesn't ask for
    ...variables.map(({shape, size}, i) =>
      tf.tensor(velocities[i] ?? new Float32Array(size), shape),
    ),
  ];
  await optimizer.setWeights(tensors.map((tensor, i) => ({name: `${i}/momentum`, tensor})));
  tf.dispose(tensors); // the optimizer has variables of its own
  return optimizer;
}

export function checkRecipe(name: string, recipe: unknown): void {
  if (recipes.some(each => each === recipe)) return;
  const got = typeof recipe === 'string' ? recipe : valueText(recipe);
  fail(name, `a recipe of ${recipes.join(', ')}`, got);
}

function checkVelocities(
  recipe: Recipe,
  variables: Network['variables'],
  velocities: readonly Float32Array[],
): void {
  const count = recipe === 'fast' ? variables.length : 0;
  if (velocities.length !== 0 && velocities.length !== count) {
    fail('createOptimizer', `${count} velocities with ${recipe}`, String(velocities.length));
  }
  for (const [i, velocity] of velocities.entries()) {
    const {size} = variables[i];
    if (velocity?.length === size) continue;
    const got = velocity?.length ?? valueText(velocity);
    fail('createOptimizer', `velocities[${i}] to have ${size} numbers`, String(got));
  }
}

/** Throws unless `optimizer` is of the kind that `createOptimizer` makes for the recipe. */
export function checkOptimizer(name: string, optimizer: unknown, recipe: Recipe): void {
  const kind = recipe === 'fast' ? tf.MomentumOptimizer.className : tf.SGDOptimizer.className;
  const found = optimizer instanceof tf.Optimizer ? optimizer.getClassName() : valueText(optimizer);
  if (found !== kind)
    fail(name, `an optimizer of the kind ${kind} with the recipe ${recipe}`, found);
}

/** What a run is made of, and needs to go on. */
export interface State {
  /** In the order of Network.variables. */
  weights: Float32Array[];
  /** In the same order; none with `sgd`. */
  velocities: Float32Array[];
}

/** Reads the state from the backend. */
export async function stateOf({variables}: Network, optimizer: tf.Optimizer): Promise<State> {
  const read = (each: tf.Variable[]) => Promise.all(each.map(one => one.data<'float32'>()));
  const velocities = await velocitiesOf(optimizer);
  return {weights: await read(variables), velocities: await read(velocities)};
}

/** The velocities' variables, in the order of Network.variables; none with `sgd`. They are the optimizer's own. */
export async function velocitiesOf(optimizer: tf.Optimizer): Promise<tf.Variable[]> {
  const [steps, ...velocities] = await optimizer.getWeights();
  steps.tensor.dispose();
  return velocities.map(({tensor}) => tensor as tf.Variable);
}

class Momentum extends tf.MomentumOptimizer {
  /** TensorFlow.js leaves the rate behind. */
  override dispose(): void {
    super.dispose();
    this.c.dispose();
  }
}
