// im2col and col2im out of slices and padding, for any backend. The two are adjoint: one reads every window, the other
// adds every window back to where it was read.
import * as tf from '@tensorflow/tfjs-core';
import type {Windows} from '../../ops/windows.ts';

/** One window element (wR, wC) of all windows at once: x [B, H, W, C], padded with `fill` -> [B, yH, yW, C] each, in row order. */
export function windowElements(x: tf.Tensor4D, g: Windows, fill: number): tf.Tensor4D[] {
  const {kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padB, padL, padR} = g;
  const [B, , , C] = x.shape;
  const padded = tf.pad(
    x,
    [
      [0, 0],
      [padT, padB],
      [padL, padR],
      [0, 0],
    ],
    fill,
  );
  return elements(kH, kW).map(([wR, wC]) => {
    const [top, left] = [wR * dilH, wC * dilW];
    const [bottom, right] = [top + (yH - 1) * sH + 1, left + (yW - 1) * sW + 1];
    return tf.stridedSlice(
      padded,
      [0, top, left, 0],
      [B, bottom, right, C],
      [1, sH, sW, 1],
    ) as tf.Tensor4D;
  });
}

/** The sum of all window elements at the input element that each came from: [B, yH, yW, C] each -> [B, H, W, C]. */
export function addWindowElements(parts: tf.Tensor4D[], g: Windows): tf.Tensor4D {
  const {B, H, W, C, kH, kW, sH, sW, dilH, dilW, padT, padB, padL, padR} = g;
  const [height, width] = [padT + H + padB, padL + W + padR];
  const placed = elements(kH, kW).map(([wR, wC], i) => {
    const spread = spreadOut(parts[i], sH, sW);
    const [top, left] = [wR * dilH, wC * dilW];
    const below = height - top - spread.shape[1];
    const right = width - left - spread.shape[2];
    return tf.pad(spread, [
      [0, 0],
      [top, below],
      [left, right],
      [0, 0],
    ]);
  });
  // Not addN: of so many parts, stock WebGL's loses two sums for each call, and WebGPU's asks for more buffers than there are.
  const sum = placed.reduce((sum, part) => tf.add(sum, part));
  return tf.slice(sum, [0, padT, padL, 0], [B, H, W, C]);
}

/** The window's elements in row order. */
const elements = (kH: number, kW: number): [number, number][] =>
  Array.from({length: kH * kW}, (_, i) => [Math.floor(i / kW), i % kW]);

/** Rows sH apart and columns sW apart, zeros between: [B, yH, yW, C] -> [B, (yH − 1)·sH + 1, (yW − 1)·sW + 1, C]. */
function spreadOut(y: tf.Tensor4D, sH: number, sW: number): tf.Tensor4D {
  const [B, yH, yW, C] = y.shape;
  const columns = tf.reshape(y, [B * yH * yW, 1, C]);
  const wide = tf.concat([columns, tf.zeros([B * yH * yW, sW - 1, C])], 1);
  const rows = tf.reshape(wide, [B * yH, 1, yW * sW * C]);
  const tall = tf.concat([rows, tf.zeros([B * yH, sH - 1, yW * sW * C])], 1);
  const spread = tf.reshape<tf.Rank.R4>(tall, [B, yH * sH, yW * sW, C]);
  return tf.slice(spread, [0, 0, 0, 0], [B, (yH - 1) * sH + 1, (yW - 1) * sW + 1, C]);
}
