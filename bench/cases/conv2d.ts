// The table of convolutions. Sizes differ and aren't square: ones and squares hide swapped axes.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {type Conv2DOptions, conv2d} from '../../src/index.ts';
import {biasGradient} from '../../src/kernels/cpu/bias.ts';
import * as cpu from '../../src/kernels/cpu/conv2d.ts';
import * as definition from '../../src/kernels/definition/conv2d.ts';
import {Conv2D} from '../../src/ops/conv2d.ts';
import {placeWindows} from '../../src/ops/windows.ts';
import {filled, type OpCase, optionText} from './case.ts';
import {layerResult} from './layers.ts';

/** A pad for each side: [[top, bottom], [left, right]]. The formatter keeps a call on one line. */
export const sides = <T>(rows: T, columns: T): [rows: T, columns: T] => [rows, columns];

export interface Conv2DSpec {
  x: [number, number, number, number];
  filter: [number, number, number, number];
  options?: Conv2DOptions;
  bias?: boolean;
}

export const pairOf = (value: number | [number, number] = 1): [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/**
 * One axis by TensorFlow's definition of 'valid' and 'same': the size of the output, the padding before the first pixel, and the
 * number of pairs of an output and a tap that meet a pixel.
 */
function axis(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  pad: 'valid' | 'same' | number | [number, number],
) {
  const span = (window - 1) * dilation + 1;
  let [before, after] = typeof pad === 'string' ? [0, 0] : pairOf(pad);
  if (pad === 'same') {
    const padding = Math.max(0, (Math.ceil(size / stride) - 1) * stride + span - size);
    before = Math.floor(padding / 2);
    after = padding - before;
  }
  const out = Math.floor((before + size + after - span) / stride) + 1;
  let inside = 0;
  for (let y = 0; y < out; y++) {
    for (let w = 0; w < window; w++) {
      const x = y * stride + w * dilation - before;
      if (x >= 0 && x < size) inside++;
    }
  }
  return {out, before, inside};
}

/** Output size and padding of both axes; `inside` counts pairs of an output and a tap that meet a pixel. */
export function outputAndPadding(
  [, H, W]: number[],
  [kH, kW]: number[],
  {strides, pad = 'valid', dilations}: Conv2DOptions,
) {
  const [sH, sW] = pairOf(strides);
  const [dilH, dilW] = pairOf(dilations);
  const [padRows, padColumns] = Array.isArray(pad) ? pad : [pad, pad];
  const rows = axis(H, kH, sH, dilH, padRows);
  const columns = axis(W, kW, sW, dilW, padColumns);
  const [inside, padT, padL] = [rows.inside * columns.inside, rows.before, columns.before];
  return {yH: rows.out, yW: columns.out, padT, padL, inside};
}

export function conv2dCase({x, filter, options = {}, bias = true}: Conv2DSpec): OpCase {
  const [B, H, W, C] = x;
  const [kH, kW, , K] = filter;
  const [sH, sW] = pairOf(options.strides);
  const [dilH, dilW] = pairOf(options.dilations);
  const {yH, yW, padT, padL, inside} = outputAndPadding(x, filter, options);
  const outputShape = [B, yH, yW, K];

  const geometry = {B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL};
  const {pad = 'valid'} = options;
  const stockCan = sH * sW === 1 || dilH * dilW === 1; // it refuses strides with dilations
  const stockDifferentiates = dilH * dilW === 1;

  return {
    title: `conv2d [${x}] by [${filter}]${bias ? '' : ', no bias'}${optionText(options)}`,
    inputs: [
      {name: 'x', shape: x},
      {name: 'filter', shape: filter},
      ...(bias ? [{name: 'bias', shape: [K]}] : []),
    ],
    outputShape,
    terms: [kH * kW * C, kH * kW * K, B * yH * yW],
    ours: () => ({
      kernel: Conv2D,
      attrs: {...placeWindows('conv2d', x, [kH, kW], [sH, sW], pad, [dilH, dilW]), K},
    }),
    stock: () => ({
      kernel: tf.Conv2D,
      attrs: {strides: [sH, sW], pad, dataFormat: 'NHWC', dilations: [dilH, dilW]},
    }),
    flops: 2 * B * inside * C * K, // products with padding don't count, whether a kernel skips them or not
    run: ([x, filter, bias]) =>
      conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, (bias as tf.Tensor1D) ?? null, options),
    definition: ([x, filter, bias]) => definition.conv2d(x, filter, bias, geometry),
    definitionGradients([x, filter], dy) {
      const {dx, dFilter, dBias} = definition.conv2dGradients(x, filter, dy, geometry);
      return [dx, dFilter, dBias];
    },
    float64([x, filter, bias], dy) {
      const g = {...geometry, padB: NaN, padR: NaN};
      const gradients = [
        filled(x.length, dx => cpu.conv2dInputGradient({dy, filter}, g, dx)),
        filled(filter.length, dFilter => cpu.conv2dFilterGradient({x, dy}, g, dFilter)),
        filled(K, dBias => biasGradient({dy}, {}, dBias)),
      ];
      return {y: filled(dy.length, y => cpu.conv2d({x, filter, bias}, g, y)), gradients};
    },
    layers: stockCan
      ? ([x, ...weights], dy) => {
          const conv = layers.layers.conv2d({
            filters: K,
            kernelSize: [kH, kW],
            strides: [sH, sW],
            dilationRate: [dilH, dilW],
            padding: pad === 'same' ? 'same' : 'valid',
            useBias: bias,
          });
          // The layer knows two paddings only. Any other is a layer of its own.
          const padding =
            typeof pad === 'string' ? [] : [layers.layers.zeroPadding2d({padding: pad})];
          return layerResult([...padding, conv], x, weights, dy, stockDifferentiates);
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
      // grey images, for which a backend may have other loops
      {x: [2, 7, 11, 1], filter: [3, 2, 1, 5], options: {strides: [2, 1]}},
      {x: [2, 5, 6, 1], filter: [3, 4, 1, 3], options: {pad: sides([0, 1], [0, 2])}},
      {x: [2, 6, 9, 1], filter: [3, 3, 1, 9], options: {strides: [3, 1], pad: 2}},
      {x: [3, 7, 5, 2], filter: [2, 3, 2, 3], options: {strides: 2}},
      {x: [2, 9, 8, 1], filter: [3, 2, 1, 3], options: {strides: [3, 2]}},
      {x: [2, 6, 5, 3], filter: [1, 2, 3, 2], options: {strides: [2, 3]}},
      {x: [2, 5, 6, 2], filter: [3, 4, 2, 3], options: {pad: 'same'}},
      {x: [2, 7, 6, 2], filter: [4, 3, 2, 5], options: {pad: 'same', strides: [2, 3]}},
      {x: [2, 4, 5, 3], filter: [3, 2, 3, 2], options: {pad: 1}},
      {x: [2, 3, 4, 1], filter: [2, 3, 1, 2], options: {pad: 3, strides: 2}},
      {x: [1, 5, 7, 2], filter: [2, 5, 2, 3], options: {pad: sides([1, 0], [2, 3])}},
      {
        x: [2, 4, 3, 2],
        filter: [3, 2, 2, 3],
        options: {pad: sides([0, 2], [1, 0]), strides: [1, 2]},
      },
      {x: [2, 8, 7, 2], filter: [3, 2, 2, 3], options: {dilations: 2}},
      {x: [1, 9, 8, 3], filter: [2, 3, 3, 2], options: {dilations: [3, 2], pad: 'same'}},
      {
        x: [2, 9, 11, 2],
        filter: [3, 2, 2, 3],
        options: {dilations: [2, 3], strides: [3, 2], pad: sides([2, 1], [0, 3])},
      },
    ] as Conv2DSpec[]
  ).map(conv2dCase),
  ...networkConvolutions(2).map(conv2dCase),
];
