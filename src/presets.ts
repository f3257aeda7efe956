// The names and learning rates of the two networks, without TensorFlow.js. network.ts builds the networks.

export type Preset = 'tutorial' | 'mnist-core';

/** The learning rate that each network was published with. */
export const presets: Record<Preset, {learningRate: number}> = {
  tutorial: {learningRate: 0.15},
  'mnist-core': {learningRate: 0.1},
};
