// The table of max-pools.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {type MaxPoolOptions, maxPool, type Pair} from '../../src/index.ts';
import * as cpu from '../../src/kernels/cpu/max_pool.ts';
import * as definition from '../../src/kernels/definition/max_pool.ts';
import {MaxPool} from '../../src/ops/max_pool.ts';
import {placeWindows} from '../../src/ops/windows.ts';
import {filled, type OpCase, optionText, sizeOf} from './case.ts';
import {outputAndPadding, pairOf, sides} from './conv2d.ts';
import {layerResult} from './layers.ts';

export interface MaxPoolSpec {
  x: [number, number, number, number];
  filterSize: Pair;
  options?: MaxPoolOptions;
}

export function maxPoolCase({x, filterSize, options = {}}: MaxPoolSpec): OpCase {
  const [B, H, W, C] = x;
  const [kH, kW] = pairOf(filterSize);
  const {strides = filterSize, pad = 'valid'} = options;
  const [sH, sW] = pairOf(strides);
  const {yH, yW, padT, padL} = outputAndPadding(x, [kH, kW], {strides, pad});
  const outputShape = [B, yH, yW, C];

  const geometry = {B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL};
  return {
    title: `maxPool [${x}] by ${JSON.stringify(filterSize)}${optionText(options)}`,
    inputs: [{name: 'x', shape: x}],
    outputShape,
    terms: [kH * kW, kH * kW],
    ours: () => ({kernel: MaxPool, attrs: placeWindows('maxPool', x, [kH, kW], [sH, sW], pad)}),
    stock: () => ({kernel: tf.MaxPool, attrs: {filterSize: [kH, kW], strides: [sH, sW], pad}}),
    run: ([x]) => maxPool(x as tf.Tensor4D, filterSize, options),
    definition: ([x]) => definition.maxPool(x, geometry),
    definitionGradients: ([x], dy) => [definition.maxPoolGradient(x, dy, geometry)],
    float64([x], dy) {
      const g = {...geometry, dilH: 1, dilW: 1, padB: NaN, padR: NaN};
      const position = new Int32Array(dy.length);
      const y = filled(dy.length, y => cpu.maxPool({x}, g, y, position));
      const dx = filled(x.length, dx => cpu.maxPoolGradient({dy, position}, g, dx));
      return {y, gradients: [dx]};
    },
    layers:
      pad === 'valid' || pad === 'same'
        ? ([x], dy) => {
            const pool = layers.layers.maxPooling2d({
              poolSize: [kH, kW],
              strides: [sH, sW],
              padding: pad,
            });
            return layerResult([pool], x, [], dy);
          }
        : undefined,
    // Any two values differ by more than the step of a difference quotient, so there are no ties.
    smooth({shape}, random) {
      const order = Uint32Array.from({length: sizeOf(shape)}, (_, i) => i);
      random.shuffle(order);
      return Float64Array.from(order, rank => (4 * rank) / order.length - 2);
    },
  };
}

/** The poolings of the two networks, for a batch of B images. */
export const networkPools = (B: number): MaxPoolSpec[] => [
  {x: [B, 24, 24, 8], filterSize: 2},
  {x: [B, 8, 8, 16], filterSize: 2},
  {x: [B, 28, 28, 8], filterSize: 2},
  {x: [B, 14, 14, 16], filterSize: 2},
];

export const maxPoolCases: OpCase[] = [
  ...(
    [
      {x: [2, 5, 7, 3], filterSize: 2},
      {x: [2, 6, 5, 2], filterSize: [3, 2]},
      {x: [1, 5, 6, 4], filterSize: [2, 3], options: {strides: 1}},
      {x: [2, 7, 8, 1], filterSize: 2, options: {strides: 3}},
      {x: [3, 8, 7, 2], filterSize: [3, 2], options: {strides: [2, 1]}},
      {x: [2, 5, 6, 2], filterSize: 3, options: {strides: 2, pad: 'same'}},
      {x: [1, 7, 5, 3], filterSize: [2, 4], options: {strides: [3, 2], pad: 'same'}},
      {x: [2, 4, 5, 2], filterSize: 3, options: {strides: 2, pad: 1}},
      {x: [2, 5, 4, 2], filterSize: [3, 2], options: {strides: [1, 2], pad: sides([2, 0], [1, 1])}},
    ] as MaxPoolSpec[]
  ).map(maxPoolCase),
  ...networkPools(2).map(maxPoolCase),
];
