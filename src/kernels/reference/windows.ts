// im2col and col2im, made of slices and padding, for any backend. The two are adjoint: im2col reads every window, col2im adds every
// window to where im2col reads it.
import * as tf from '@tensorflow/tfjs-core';
import type {Windows} from '../../ops/windows.ts';

/** x [B, H, W, C], padded with `fill` -> for each tap (wR, wC), in row order, its element in all windows [B, yH, yW, C]. */
export function tapsOf(x: tf.Tensor4D, g: Windows, fill: number): tf.Tensor[] {
  const {yH, yW, sH, sW, padT, padB, padL, padR} = g;
  const [B, , , C] = x.shape;
  const padded = tf.pad(x, onBothAxes([padT, padB], [padL, padR]), fill);
  return firstTaps(g).map(([firstR, firstC]) => {
    const [endR, endC] = [firstR + (yH - 1) * sH + 1, firstC + (yW - 1) * sW + 1];
    return tf.stridedSlice(padded, [0, firstR, firstC, 0], [B, endR, endC, C], [1, sH, sW, 1]);
  });
}

/** The elements [B, yH, yW, C] of each tap -> [B, H, W, C]: each is added to the element of x that lies under the tap. */
export function addTaps(taps: tf.Tensor[], g: Windows): tf.Tensor {
  const {B, H, W, C, sH, sW, padT, padB, padL, padR} = g;
  const [height, width] = [padT + H + padB, padL + W + padR];
  const padded = firstTaps(g).map(([firstR, firstC], i) => {
    const spread = spreadOut(taps[i] as tf.Tensor4D, sH, sW);
    const [afterR, afterC] = [height - firstR - spread.shape[1], width - firstC - spread.shape[2]];
    return tf.pad(spread, onBothAxes([firstR, afterR], [firstC, afterC]));
  });
  // Not addN: with this many parts, stock WebGL's leaks two tensors in each call, and WebGPU's asks for more buffers than it gets.
  const sum = padded.reduce((sum, part) => tf.add(sum, part));
  return tf.slice(sum, [0, padT, padL, 0], [B, H, W, C]);
}

/** Row and column in the padded input of each tap of the first window, in row order. */
const firstTaps = ({kH, kW, dilH, dilW}: Windows): [row: number, column: number][] =>
  Array.from({length: kH * kW}, (_, i) => [Math.floor(i / kW) * dilH, (i % kW) * dilW]);

type Sides = [before: number, after: number];

/** Padding of a tensor [batch, rows, columns, channels]. */
const onBothAxes = (rows: Sides, columns: Sides): Sides[] => [[0, 0], rows, columns, [0, 0]];

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
