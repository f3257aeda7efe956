// conv2d: the same small filter is laid over every window of the image
//   x [B, H, W, C]   filter [kH, kW, C, K]   bias [K]   ->   y [B, yH, yW, K]
//   indices    b image   xR xC row, column in x   yR yC in y   wR wC in the window   d1 input channel   d2 output channel
//   geometry   strides sH sW, dilations dilH dilW, rows and columns of padding above and on the left padT padL: windows.ts
//   forward    y[b, yR, yC, d2] = bias[d2] + Σ over wR, wC, d1 of x[b, xR, xC, d1] · filter[wR, wC, d1, d2]
//              where xR = yR·sH + wR·dilH − padT, xC = yC·sW + wC·dilW − padL; there is no term for an xR, xC outside the image
//   backward   (dq is ∂loss/∂q, of q's shape: how much the network's loss grows with each element of q)
//              dFilter[wR, wC, d1, d2] = Σ over b, yR, yC of dy[b, yR, yC, d2] · x[b, xR, xC, d1]
//              dx[b, xR, xC, d1]       = Σ over d2, and over each yR, yC whose window lies over xR, xC with some tap wR, wC,
//                                        of dy[b, yR, yC, d2] · filter[wR, wC, d1, d2]
//              dBias[d2]               = Σ over b, yR, yC of dy[b, yR, yC, d2]
//   derived    y is a sum of products. By the chain rule, each product adds to the gradient of either factor: the other factor times
//              the dy of the y that the product is a term of. src/kernels/definition/conv2d.ts has the loops.
//   example    a 3×3 image, a 2×2 filter, one channel. filter[0, 1] stands in four products, one in each y:
//                y[0, 0] = … + x[0, 1]·filter[0, 1] + …      y[0, 1] = … + x[0, 2]·filter[0, 1] + …
//                y[1, 0] = … + x[1, 1]·filter[0, 1] + …      y[1, 1] = … + x[1, 2]·filter[0, 1] + …
//              so dFilter[0, 1] = dy[0, 0]·x[0, 1] + dy[0, 1]·x[0, 2] + dy[1, 0]·x[1, 1] + dy[1, 1]·x[1, 2]
// As a product of matrices: X = im2col(x) [B·yH·yW, kH·kW·C] has a window in each row, a tap in each column; F is the filter
// as [kH·kW·C, K], Y and dY are y and dy as [B·yH·yW, K]; col2im adds each window to the part of the image that it came from.
//   forward    Y = X F + bias
//   backward   dx = col2im(dY Fᵀ)     dF = Xᵀ dY     dBias = sum of dY over its rows
// Source: Chellapilla, Puri and Simard, "High performance convolutional neural networks for document processing", 2006.
import * as tf from '@tensorflow/tfjs-core';
import {biasGradient, checkBias} from './bias.ts';
import {checkOptions, checkTensor, fail, shapeText} from './checks.ts';
import {type Attrs, refuseGradient, runKernel, type Untyped} from './kernel.ts';
import {type Pad, type Pair, placeWindows, type Windows} from './windows.ts';

export const Conv2D = 'mnist.Conv2D';
export const Conv2DInputGradient = 'mnist.Conv2DInputGradient';
export const Conv2DFilterGradient = 'mnist.Conv2DFilterGradient';

export interface Conv2DOptions {
  /** Rows and columns from one window to the next. Default 1. */
  strides?: Pair;
  /** Default 'valid'. */
  pad?: Pad;
  /** Rows and columns of x from one tap to the next. Default 1. */
  dilations?: Pair;
}

/** The windows, and the number K of output channels. */
export interface Conv2DGeometry extends Windows {
  K: number;
}

function conv2dGeometry(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | null,
  {strides = 1, pad = 'valid', dilations = 1}: Conv2DOptions,
): Attrs<Conv2DGeometry> {
  checkTensor('conv2d', 'x', x, ['image', 'row', 'column', 'channel']);
  checkTensor('conv2d', 'filter', filter, ['row', 'column', 'input channel', 'output channel']);
  const [kH, kW, C, K] = filter.shape;
  if (x.shape[3] !== C) {
    const expected = `x with the ${C} channels of the filter ${shapeText(filter.shape)}`;
    fail('conv2d', expected, `x of shape ${shapeText(x.shape)}`);
  }
  checkBias('conv2d', bias, 'output channel', K);
  const windows = placeWindows('conv2d', x.shape, [kH, kW], strides, pad, dilations);
  // V8 takes ten times as long for an object that begins with a spread.
  return {K, outputShape: [windows.B, windows.yH, windows.yW, K], ...windows};
}

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in machine learning).
 *
 * @param x images, float32 [batch, height, width, channels]
 * @param filter float32 [filter height, filter width, channels, output channels]
 * @param bias float32 [output channels], or null for none
 * @returns float32 [batch, output height, output width, output channels]
 * @throws Error for another rank or dtype, an empty batch, channel counts that differ, a bias of another size, a stride or
 *     dilation that isn't a positive integer, a malformed pad, a window larger than its padded input, and an unknown option
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | null,
  options: Conv2DOptions = {},
): tf.Tensor4D {
  checkOptions('conv2d', options, ['strides', 'pad', 'dilations']);
  const geometry = conv2dGeometry(x, filter, bias, options);
  return runKernel(Conv2D, bias ? {x, filter, bias} : {x, filter}, geometry);
}

tf.registerGradient({
  kernelName: Conv2D,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy: Untyped, [x, filter], g) => ({
    x: () => runKernel(Conv2DInputGradient, {dy, filter}, {...g, outputShape: x.shape}),
    filter: () => runKernel(Conv2DFilterGradient, {x, dy}, {...g, outputShape: filter.shape}),
    bias: () => biasGradient(dy),
  }),
});

refuseGradient('conv2d', Conv2DInputGradient, Conv2DFilterGradient);
