// Where the windows of conv2d and maxPool lie on their input: the geometry that every kernel loops over.
//   A window is the part of the input that one output sees. A tap (wR, wC) is one element of a window; where channels count it is
//   (wR, wC, d1). For conv2d a tap has a number in the filter, and under it lies a number of the input:
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

/** The geometry for an input [B, H, W, C]. Throws in the op's name where there is none. */
export function placeWindows(
  op: string,
  xShape: [number, number, number, number],
  filterSize: Pair,
  strides: Pair,
  pad: Pad,
  dilations: Pair = 1,
): Windows {
  const [B, H, W, C] = xShape;
  const [kH, kW] = positivePair(op, 'filterSize', filterSize);
  const [sH, sW] = positivePair(op, 'strides', strides);
  const [dilH, dilW] = positivePair(op, 'dilations', dilations);
  const padding = namedOrExplicitPad(op, pad);
  const {computeConv2DInfo} = tf.backend_util;
  const info = computeConv2DInfo(xShape, [kH, kW, C, 1], [sH, sW], [dilH, dilW], padding);
  const [yH, yW] = [info.outHeight, info.outWidth];
  const {top: padT, bottom: padB, left: padL, right: padR} = info.padInfo;
  const span = [(kH - 1) * dilH + 1, (kW - 1) * dilW + 1];
  const padded = [padT + H + padB, padL + W + padR];
  if (span[0] > padded[0] || span[1] > padded[1]) {
    fail(
      op,
      `a window no larger than the padded input ${shapeText(padded)}`,
      `a window that spans ${shapeText(span)}`,
    );
  }
  return {B, H, W, C, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padB, padL, padR};
}

function positivePair(op: string, name: string, value: Pair): [number, number] {
  const pair = Array.isArray(value) ? value : [value, value];
  if (pair.length !== 2 || !pair.every(n => Number.isInteger(n) && n > 0)) {
    fail(op, `${name} to be a positive integer or a pair of them`, valueText(value));
  }
  return [pair[0], pair[1]];
}

// computeConv2DInfo works out the output's height and width from the filter's height alone if pad is a number. So a number is
// spelled out here, side by side.
function namedOrExplicitPad(
  op: string,
  pad: Pad,
): 'valid' | 'same' | tf.backend_util.ExplicitPadding {
  if (pad === 'valid' || pad === 'same') return pad;
  const sides = typeof pad === 'number' ? Array(2).fill([pad, pad]) : pad;
  const wellFormed =
    Array.isArray(sides) &&
    sides.length === 2 &&
    sides.every(
      side =>
        Array.isArray(side) && side.length === 2 && side.every(n => Number.isInteger(n) && n >= 0),
    );
  if (!wellFormed) {
    fail(
      op,
      `pad to be 'valid', 'same', an integer of at least 0 or [[top, bottom], [left, right]]`,
      valueText(pad),
    );
  }
  return [[0, 0], sides[0], sides[1], [0, 0]];
}
