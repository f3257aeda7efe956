// conv2d, the formula made executable (see ops/conv2d.ts): X = im2col(x), Y = X F + b, dF = Xᵀ dY, dx = col2im(dY Fᵀ).
// Padding is multiplied here, so that an infinite number which meets it makes NaN; the other kernels leave it out.
import * as tf from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import type {Attrs} from '../../ops/kernel.ts';
import {addWindowElements, windowElements} from './windows.ts';

/** x [B, H, W, C] -> X [B·yH·yW, kH·kW·C], one window a row. */
function im2col(x: tf.Tensor4D, g: Conv2DGeometry): tf.Tensor2D {
  const X = tf.concat(windowElements(x, g, 0), 3);
  return tf.reshape(X, [g.B * g.yH * g.yW, g.kH * g.kW * g.C]);
}

/** X [B·yH·yW, kH·kW·C] -> x [B, H, W, C], the sum of all windows where they overlap. */
function col2im(X: tf.Tensor2D, g: Conv2DGeometry): tf.Tensor4D {
  const windows = tf.reshape(X, [g.B, g.yH, g.yW, g.kH * g.kW * g.C]);
  return addWindowElements(tf.split(windows, g.kH * g.kW, 3) as tf.Tensor4D[], g);
}

export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  g: Attrs<Conv2DGeometry>,
): tf.Tensor {
  const X = im2col(x, g);
  const F = tf.reshape(filter, [g.kH * g.kW * g.C, g.K]);
  const Y = tf.matMul(X, F);
  return tf.reshape(bias ? tf.add(Y, bias) : Y, g.outputShape);
}

export function conv2dInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  g: Conv2DGeometry,
): tf.Tensor4D {
  const dY = tf.reshape<tf.Rank.R2>(dy, [g.B * g.yH * g.yW, g.K]);
  const F = tf.reshape<tf.Rank.R2>(filter, [g.kH * g.kW * g.C, g.K]);
  return col2im(tf.matMul(dY, F, false, true), g);
}

export function conv2dFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  g: Attrs<Conv2DGeometry>,
): tf.Tensor {
  const X = im2col(x, g);
  const dY = tf.reshape<tf.Rank.R2>(dy, [g.B * g.yH * g.yW, g.K]);
  return tf.reshape(tf.matMul(X, dY, true, false), g.outputShape);
}
