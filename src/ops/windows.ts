// Where the windows of conv2d and maxPool lie on their input: the geometry that every kernel loops over.
//   A window is the part of the input that one output depends on. A tap (wR, wC) is one element of a window; where channels count, a
//   tap is (wR, wC, d1). In conv2d each tap has an element in the filter, and lies over an element of the input:
//     tap (wR, wC) of output (yR, yC) lies over x[xR, xC], where xR = yR·sH + wR·dilH − padT and xC = yC·sW + wC·dilW − padL
//   A tap lies in the padding where xR is outside [0, H) or xC outside [0, W).
import * as tf from '@tensorflow/tfjs-core';
import {fail, shapeText, valueText} from './checks.ts';

/** A number for rows and columns alike, or [rows, columns]. */
export type Pair = number | [number, number];

/**
 * 'valid': no padding. 'same': yH = ceil(H / sH), padded as in TensorFlow. A number: this many rows and columns on every side.
 * Or [[top, bottom], [left, right]].
 */
export type Pad = 'valid' | 'same' | number | [[number, number], [number, number]];

/** Sizes: input [B, H, W, C], window [kH, kW], output [yH, yW]; strides, dilations, and the padding of each side. */
export interface Windows {
  B: number;
  H: number;
  W: number;
  C: number;
  kH: number;
  kW: number;
  yH: number;
  yW: number;
  sH: number;
  sW: number;
  dilH: number;
  dilW: number;
  padT: number;
  padB: number;
  padL: number;
  padR: number;
}

/** The geometry for an input [B, H, W, C]. Throws in the op's name if the arguments give none. */
export function placeWindows(
  op: string,
  xShape: [number, number, number, number],
  filterSize: Pair,
  strides: Pair,
  pad: Pad,
  dilations: Pair = 1,
): Windows {
  const [kH, kW] = positivePair(op, 'filterSize', filterSize);
  const windows = windowsOf(
    tf.backend_util.computeConv2DInfo(
      xShape,
      [kH, kW, xShape[3], 1],
      positivePair(op, 'strides', strides),
      positivePair(op, 'dilations', dilations),
      namedOrExplicitPad(op, pad),
    ),
  );
  const {H, W, dilH, dilW, padT, padB, padL, padR} = windows;
  const span = [(kH - 1) * dilH + 1, (kW - 1) * dilW + 1];
  const padded = [padT + H + padB, padL + W + padR];
  if (span[0] > padded[0] || span[1] > padded[1]) {
    const expected = `a window no larger than the padded input ${shapeText(padded)}`;
    fail(op, expected, `a window that spans ${shapeText(span)}`);
  }
  return windows;
}

/** TensorFlow.js's geometry in our names. */
export function windowsOf(info: tf.backend_util.Conv2DInfo): Windows {
  return {
    B: info.batchSize,
    H: info.inHeight,
    W: info.inWidth,
    C: info.inChannels,
    kH: info.filterHeight,
    kW: info.filterWidth,
    yH: info.outHeight,
    yW: info.outWidth,
    sH: info.strideHeight,
    sW: info.strideWidth,
    dilH: info.dilationHeight,
    dilW: info.dilationWidth,
    padT: info.padInfo.top,
    padB: info.padInfo.bottom,
    padL: info.padInfo.left,
    padR: info.padInfo.right,
  };
}

function positivePair(op: string, name: string, value: Pair): [number, number] {
  const pair = Array.isArray(value) ? value : [value, value];
  if (pair.length !== 2 || !pair.every(n => Number.isInteger(n) && n > 0)) {
    fail(op, `${name} to be a positive integer or a pair of them`, valueText(value));
  }
  return [pair[0], pair[1]];
}

// If pad is a number, computeConv2DInfo works out the output's width from the filter's height. So a number becomes four here.
function namedOrExplicitPad(
  op: string,
  pad: Pad,
): 'valid' | 'same' | tf.backend_util.ExplicitPadding {
  if (pad === 'valid' || pad === 'same') return pad;
  const sides = typeof pad === 'number' ? Array(2).fill([pad, pad]) : pad;
  const isPair = (value: unknown) => Array.isArray(value) && value.length === 2;
  const isSize = (n: number) => Number.isInteger(n) && n >= 0;
  if (!isPair(sides) || !sides.every(side => isPair(side) && side.every(isSize))) {
    const forms = `'valid', 'same', an integer of at least 0 or [[top, bottom], [left, right]]`;
    fail(op, `pad to be ${forms}`, valueText(pad));
  }
  return [[0, 0], sides[0], sides[1], [0, 0]];
}
