// The two networks' names, learning rates and weight shapes, without TensorFlow.js. network.ts builds the networks.

export type Preset = 'tutorial' | 'mnist-core';

/** The learning rate that each network was published with. */
export const presets: Record<Preset, {learningRate: number}> = {
  tutorial: {learningRate: 0.15},
  'mnist-core': {learningRate: 0.1},
};

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
