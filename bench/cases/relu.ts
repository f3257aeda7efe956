// The table of relus.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {relu} from '../../src/index.ts';
import * as cpu from '../../src/kernels/cpu/relu.ts';
import * as definition from '../../src/kernels/definition/relu.ts';
import {Relu} from '../../src/ops/relu.ts';
import {filled, type OpCase, sizeOf} from './case.ts';
import {layerResult} from './layers.ts';

export const reluCase = (shape: number[]): OpCase => ({
  title: `relu [${shape}]`,
  inputs: [{name: 'x', shape}],
  outputShape: shape,
  terms: [1, 1],
  ours: () => ({kernel: Relu, attrs: {}}),
  stock: () => ({kernel: tf.Relu, attrs: {}}),
  run: ([x]) => relu(x),
  definition: ([x]) => definition.relu(x),
  definitionGradients: ([x], dy) => [definition.reluGradient(x, dy)],
  float64([x], dy) {
    const y = filled(x.length, y => cpu.relu({x}, {}, y));
    return {y, gradients: [filled(x.length, dx => cpu.reluGradient({dy, y}, {}, dx))]};
  },
  layers: ([x], dy) => layerResult([layers.layers.reLU()], x, [], dy),
  // Each number is at least 0.1 away from the kink at 0.
  smooth: ({shape}, random) =>
    Float64Array.from({length: sizeOf(shape)}, () => {
      const value = random.normal();
      return value + 0.1 * Math.sign(value);
    }),
});

export const reluCases: OpCase[] = [[7], [3, 5], [2, 3, 4, 5], [2, 24, 24, 8], [2, 14, 14, 16]].map(
  reluCase,
);
