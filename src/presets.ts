// The two networks' names, learning rates and weight shapes, and the recipes' names, without TensorFlow.js. network.ts builds the
// networks, recipe.ts says what the recipes are.

export type Preset = 'tutorial' | 'mnist-core';

/** The learning rate that each network was published with. */
export const presets: Record<Preset, {learningRate: number}> = {
  tutorial: {learningRate: 0.15},
  'mnist-core': {learningRate: 0.1},
};

/** The ways to train, the default first. */
export const recipes = ['sgd', 'fast'] as const;
export type Recipe = (typeof recipes)[number];

/** The share of a velocity that is left after a step, with `fast`. */
export const MOMENTUM = 0.9;

/** The learning rate that a run of this many epochs has by default; with `fast` the largest in its course. */
export function defaultRate(preset: Preset, recipe: Recipe, epochs: number): number {
  if (recipe === 'sgd') return presets[preset].learningRate;
  return epochs <= 1 ? 0.1 : 0.08;
}

/** The name of a weight's velocity in a file: TensorFlow's. */
export const velocityName = (weight: string): string => `${weight}/momentum`;

/** The shapes of each network's variables, by name and in their order. */
export const weightShapes: Record<Preset, Record<string, number[]>> = {
  tutorial: {
    'conv1.filter': [5, 5, 1, 8],
    'conv1.bias': [8],
    'conv2.filter': [5, 5, 8, 16],
    'conv2.bias': [16],
    'dense.weights': [4 * 4 * 16, 10],
    'dense.bias': [10],
  },
  'mnist-core': {
    'conv1.filter': [5, 5, 1, 8],
    'conv2.filter': [5, 5, 8, 16],
    'dense.weights': [7 * 7 * 16, 10],
    'dense.bias': [10],
  },
};
