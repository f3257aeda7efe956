// conv2d by its formula (see ops/conv2d.ts), in TensorFlow.js's own ops:
//   X = im2col(x), Y = X F + bias       dF = Xᵀ dY       dx = col2im(dY Fᵀ)
// Padding is multiplied here as any 0, so it makes a NaN of an infinite number. The other kernels leave it out.
import * as tf from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import {Conv2D, Conv2DFilterGradient, Conv2DInputGradient} from '../../ops/conv2d.ts';
import type {Attrs} from '../../ops/kernel.ts';
import {kernel} from './kernel.ts';
import {addTaps, tapsOf} from './windows.ts';

type Inputs = Record<'x' | 'filter' | 'bias' | 'dy', tf.Tensor4D>;

/** x [B, H, W, C] -> X [B·yH·yW, kH·kW·C], with a row for each window and a column for each tap. */
function im2col(x: tf.Tensor4D, g: Conv2DGeometry): tf.Tensor2D {
  return tf.reshape(tf.concat(tapsOf(x, g, 0), 3), [g.B * g.yH * g.yW, g.kH * g.kW * g.C]);
}

/** X [B·yH·yW, kH·kW·C] -> x [B, H, W, C]. Where windows overlap, x is their sum. */
function col2im(matrix: tf.Tensor, g: Conv2DGeometry): tf.Tensor {
  const windows = tf.reshape(matrix, [g.B, g.yH, g.yW, g.kH * g.kW * g.C]);
  return addTaps(tf.split(windows, g.kH * g.kW, 3), g);
}

/** F: a row for each tap. */
const filterMatrix = (filter: tf.Tensor, {kH, kW, C, K}: Conv2DGeometry): tf.Tensor2D =>
  tf.reshape(filter, [kH * kW * C, K]);

/** Y: a row for each window. */
const yMatrix = (y: tf.Tensor, {B, yH, yW, K}: Conv2DGeometry): tf.Tensor2D =>
  tf.reshape(y, [B * yH * yW, K]);

function conv2d({x, filter, bias}: Inputs, g: Attrs<Conv2DGeometry>): tf.Tensor {
  const products = tf.matMul(im2col(x, g), filterMatrix(filter, g));
  return tf.reshape(bias ? tf.add(products, bias) : products, g.outputShape);
}

function conv2dInputGradient({dy, filter}: Inputs, g: Conv2DGeometry): tf.Tensor {
  return col2im(tf.matMul(yMatrix(dy, g), filterMatrix(filter, g), false, true), g);
}

function conv2dFilterGradient({x, dy}: Inputs, g: Attrs<Conv2DGeometry>): tf.Tensor {
  return tf.reshape(tf.matMul(im2col(x, g), yMatrix(dy, g), true, false), g.outputShape);
}

export const conv2dKernels = {
  [Conv2D]: kernel(conv2d),
  [Conv2DInputGradient]: kernel(conv2dInputGradient),
  [Conv2DFilterGradient]: kernel(conv2dFilterGradient),
};
