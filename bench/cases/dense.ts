// The table of dense layers.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {dense} from '../../src/index.ts';
import {biasGradient} from '../../src/kernels/cpu/bias.ts';
import * as cpu from '../../src/kernels/cpu/dense.ts';
import * as definition from '../../src/kernels/definition/dense.ts';
import {Dense} from '../../src/ops/dense.ts';
import {filled, type OpCase} from './case.ts';
import {layerResult} from './layers.ts';

export interface DenseSpec {
  B: number;
  I: number;
  O: number;
  bias?: boolean;
}

export function denseCase({B, I, O, bias = true}: DenseSpec): OpCase {
  return {
    title: `dense [${[B, I]}] by [${[I, O]}]${bias ? '' : ', no bias'}`,
    inputs: [
      {name: 'x', shape: [B, I]},
      {name: 'weights', shape: [I, O]},
      ...(bias ? [{name: 'bias', shape: [O]}] : []),
    ],
    outputShape: [B, O],
    terms: [I, O, B],
    ours: () => ({kernel: Dense, attrs: {B, I, O}}),
    stock() {
      const attrs = {transposeA: false, transposeB: false};
      return {kernel: tf.BatchMatMul, attrs, inputs: ['a', 'b']};
    },
    flops: 2 * B * I * O,
    run: ([x, weights, bias]) =>
      dense(x as tf.Tensor2D, weights as tf.Tensor2D, (bias as tf.Tensor1D) ?? null),
    definition: ([x, weights, bias]) => definition.dense(x, weights, bias, {B, I, O}),
    definitionGradients([x, weights], dy) {
      const {dx, dWeights, dBias} = definition.denseGradients(x, weights, dy, {B, I, O});
      return [dx, dWeights, dBias];
    },
    float64([x, weights, bias], dy) {
      const g = {B, I, O};
      const gradients = [
        filled(x.length, dx => cpu.denseInputGradient({dy, weights}, g, dx)),
        filled(weights.length, dWeights => cpu.denseWeightsGradient({x, dy}, g, dWeights)),
        filled(O, dBias => biasGradient({dy}, {}, dBias)),
      ];
      return {y: filled(dy.length, y => cpu.dense({x, weights, bias}, g, y)), gradients};
    },
    layers([x, ...weights], dy) {
      return layerResult([layers.layers.dense({units: O, useBias: bias})], x, weights, dy);
    },
  };
}

export const denseCases: OpCase[] = (
  [
    {B: 3, I: 5, O: 4},
    {B: 3, I: 5, O: 4, bias: false},
    {B: 1, I: 7, O: 2},
    {B: 6, I: 1, O: 3},
    {B: 9, I: 13, O: 7},
    {B: 13, I: 19, O: 22},
    {B: 5, I: 4 * 4 * 16, O: 10},
    {B: 5, I: 7 * 7 * 16, O: 10},
  ] as DenseSpec[]
).map(denseCase);
