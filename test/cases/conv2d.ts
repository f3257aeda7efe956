// The table of convolutions. Sizes differ and aren't square: ones and squares hide swapped axes.
import type * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {type Conv2DOptions, conv2d} from '../../src/index.ts';
import {biasGradient} from '../../src/kernels/cpu/bias.ts';
import * as cpu from '../../src/kernels/cpu/conv2d.ts';
import * as definition from '../../src/kernels/definition/conv2d.ts';
import {type OpCase, sizeOf} from './case.ts';
import {layerResult} from './layers.ts';

/** A pad of its own for each side. */
export const sides = <T>(rows: T, columns: T): [rows: T, columns: T] => [rows, columns];

export interface Conv2DSpec {
  x: [number, number, number, number];
  filter: [number, number, number, number];
  options?: Conv2DOptions;
  bias?: boolean;
}

const pairOf = (value: number | [number, number] = 1): [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** Output size and first padding of one axis, by TensorFlow's definition of 'valid' and 'same'. */
function axis(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  pad: 'valid' | 'same' | [number, number],
) {
  const span = (window - 1) * dilation + 1;
  if (pad === 'same') {
    const out = Math.ceil(size / stride);
    return {out, before: Math.floor(Math.max(0, (out - 1) * stride + span - size) / 2)};
  }
  const [before, after] = pad === 'valid' ? [0, 0] : pad;
  return {out: Math.floor((before + size + after - span) / stride) + 1, before};
}

/** Output size and padding of both axes. */
export function outputAndPadding(
  [, H, W]: number[],
  [kH, kW]: number[],
  {strides, pad = 'valid', dilations}: Conv2DOptions,
): {yH: number; yW: number; padT: number; padL: number} {
  const [sH, sW] = pairOf(strides);
  const [dilH, dilW] = pairOf(dilations);
  const [rows, columns] = Array.isArray(pad)
    ? pad
    : typeof pad === 'number'
      ? sides<[number, number]>([pad, pad], [pad, pad])
      : sides(pad, pad);
  const {out: yH, before: padT} = axis(H, kH, sH, dilH, rows);
  const {out: yW, before: padL} = axis(W, kW, sW, dilW, columns);
  return {yH, yW, padT, padL};
}

export function conv2dCase({x, filter, options = {}, bias = true}: Conv2DSpec): OpCase {
  const [B, H, W, C] = x;
  const [kH, kW, , K] = filter;
  const [sH, sW] = pairOf(options.strides);
  const [dilH, dilW] = pairOf(options.dilations);
  const {yH, yW, padT, padL} = outputAndPadding(x, filter, options);
  const outputShape = [B, yH, yW, K];

  const geometry = {B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL};
  const optionText = Object.entries(options).map(
    ([name, value]) => `, ${name} ${JSON.stringify(value)}`,
  );
  const stockCan = sH * sW === 1 || dilH * dilW === 1; // it refuses strides with dilations
  const stockDifferentiates = dilH * dilW === 1;

  return {
    title: `conv2d [${x}] by [${filter}]${bias ? '' : ', no bias'}${optionText.join('')}`,
    inputs: [
      {name: 'x', shape: x},
      {name: 'filter', shape: filter},
      ...(bias ? [{name: 'bias', shape: [K]}] : []),
    ],
    outputShape,
    terms: Math.max(kH * kW * C, kH * kW * K, B * yH * yW),
    exactOnIntegers: true,
    run: ([x, filter, bias]) =>
      conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, (bias as tf.Tensor1D) ?? null, options),
    definition: ([x, filter, bias]) => definition.conv2d(x, filter, bias, geometry),
    definitionGradients([x, filter, bias], dy) {
      const {dx, dFilter, dBias} = definition.conv2dGradients(x, filter, dy, geometry);
      return bias ? [dx, dFilter, dBias] : [dx, dFilter];
    },
    float64([x, filter, bias], dy) {
      const g = {...geometry, padB: NaN, padR: NaN};
      const y = new Float64Array(sizeOf(outputShape));
      const dx = new Float64Array(x.length);
      const dFilter = new Float64Array(filter.length);
      const dBias = new Float64Array(K);
      cpu.conv2d({x, filter, bias}, g, y);
      cpu.conv2dInputGradient({dy, filter}, g, dx);
      cpu.conv2dFilterGradient({x, dy}, g, dFilter);
      biasGradient({dy}, {}, dBias);
      return {y, gradients: bias ? [dx, dFilter, dBias] : [dx, dFilter]};
    },
    layers: stockCan
      ? ([x, ...weights], dy) => {
          const conv = layers.layers.conv2d({
            filters: K,
            kernelSize: [kH, kW],
            strides: [sH, sW],
            dilationRate: [dilH, dilW],
            padding: options.pad === 'same' ? 'same' : 'valid',
            useBias: bias,
          });
          // Layers knows two paddings only: the others become a layer of their own.
          const {pad = 'valid'} = options;
          const padding =
            typeof pad === 'number' ? sides<[number, number]>([pad, pad], [pad, pad]) : pad;
          const stack =
            typeof padding === 'string' ? [conv] : [layers.layers.zeroPadding2d({padding}), conv];
          return layerResult(stack, x, weights, dy, stockDifferentiates);
        }
      : undefined,
  };
}

/** The convolutions of the two networks, for a batch of B images. */
export const networkConvolutions = (B: number): Conv2DSpec[] => [
  {x: [B, 28, 28, 1], filter: [5, 5, 1, 8]},
  {x: [B, 12, 12, 8], filter: [5, 5, 8, 16]},
  {x: [B, 28, 28, 1], filter: [5, 5, 1, 8], options: {pad: 'same'}, bias: false},
  {x: [B, 14, 14, 8], filter: [5, 5, 8, 16], options: {pad: 'same'}, bias: false},
];

export const conv2dCases: OpCase[] = [
  ...(
    [
      {x: [2, 5, 4, 3], filter: [3, 2, 3, 4]},
      {x: [2, 5, 4, 3], filter: [3, 2, 3, 4], bias: false},
      {x: [1, 6, 7, 2], filter: [1, 1, 2, 5]},
      {x: [2, 4, 7, 1], filter: [4, 7, 1, 3]},
      {x: [1, 4, 75, 2], filter: [2, 3, 2, 3]}, // rows of more columns than webgl writes out
      // grey images, for which a backend may have loops apart
      {x: [2, 7, 11, 1], filter: [3, 2, 1, 5], options: {strides: [2, 1]}},
      {
        x: [2, 5, 6, 1],
        filter: [3, 4, 1, 3],
        options: {
          pad: sides([0, 1], [0, 2]),
        },
      },
      {x: [2, 6, 9, 1], filter: [3, 3, 1, 9], options: {strides: [3, 1], pad: 2}},
      {x: [3, 7, 5, 2], filter: [2, 3, 2, 3], options: {strides: 2}},
      {x: [2, 9, 8, 1], filter: [3, 2, 1, 3], options: {strides: [3, 2]}},
      {x: [2, 6, 5, 3], filter: [1, 2, 3, 2], options: {strides: [2, 3]}},
      {x: [2, 5, 6, 2], filter: [3, 4, 2, 3], options: {pad: 'same'}},
      {x: [2, 7, 6, 2], filter: [4, 3, 2, 5], options: {pad: 'same', strides: [2, 3]}},
      {x: [2, 4, 5, 3], filter: [3, 2, 3, 2], options: {pad: 1}},
      {x: [2, 3, 4, 1], filter: [2, 3, 1, 2], options: {pad: 3, strides: 2}},
      {
        x: [1, 5, 7, 2],
        filter: [2, 5, 2, 3],
        options: {
          pad: sides([1, 0], [2, 3]),
        },
      },
      {
        x: [2, 4, 3, 2],
        filter: [3, 2, 2, 3],
        options: {
          pad: sides([0, 2], [1, 0]),
          strides: [1, 2],
        },
      },
      {x: [2, 8, 7, 2], filter: [3, 2, 2, 3], options: {dilations: 2}},
      {x: [1, 9, 8, 3], filter: [2, 3, 3, 2], options: {dilations: [3, 2], pad: 'same'}},
      {
        x: [2, 9, 11, 2],
        filter: [3, 2, 2, 3],
        options: {
          dilations: [2, 3],
          strides: [3, 2],
          pad: sides([2, 1], [0, 3]),
        },
      },
    ] as Conv2DSpec[]
  ).map(conv2dCase),
  ...networkConvolutions(2).map(conv2dCase),
];
