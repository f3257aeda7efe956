// maxPool: each window keeps its largest value
//   x [B, H, W, C]   ->   y [B, yH, yW, C]
//   forward    y[b, yR, yC, d1] = max over wR, wC of x[b, yR·sH + wR − padT, yC·sW + wC − padL, d1]
//              and position[b, yR, yC, d1] = wR·kW + wC of that maximum; padding never wins
//   backward   dx[b, xR, xC, d1] = sum of dy over the windows whose position points at (xR, xC)
//   derived    y is a copy of one element of x. So dy is added to the gradient of that element, and nothing to the window's others.
// A tie goes to the first maximum in row order. A NaN in a window makes the maximum NaN, and the first NaN takes the
// gradient. The position counts taps within the window, so that it stays a small exact number on any backend.
import * as tf from '@tensorflow/tfjs-core';
import {checkOptions, checkTensor, fail, valueText} from './checks.ts';
import {type Attrs, refuseGradient, runKernel, type Untyped} from './kernel.ts';
import {type Pad, type Pair, placeWindows, type Windows} from './windows.ts';

export const MaxPool = 'mnist.MaxPool';
export const MaxPoolGradient = 'mnist.MaxPoolGradient';

export interface MaxPoolOptions {
  /** Rows and columns from one window to the next. Default: the window's size. */
  strides?: Pair;
  /** Default 'valid'. */
  pad?: Pad;
}

function maxPoolGeometry(
  x: tf.Tensor4D,
  filterSize: Pair,
  {strides = filterSize, pad = 'valid'}: MaxPoolOptions,
): Attrs<Windows> {
  checkTensor('maxPool', 'x', x, ['image', 'row', 'column', 'channel']);
  const windows = placeWindows('maxPool', x.shape, filterSize, strides, pad);
  const {B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL} = windows;
  if (padT >= kH || padL >= kW || (yH - 1) * sH - padT >= H || (yW - 1) * sW - padL >= W) {
    const got = `pad ${valueText(pad)} around a window [${kH}, ${kW}]`;
    fail('maxPool', 'every window to hold at least one element of x', got);
  }
  return {outputShape: [B, yH, yW, C], ...windows}; // the spread comes last: see conv2d.ts
}

/**
 * Max-pooling over windows of each channel.
 *
 * @param x float32 [batch, height, width, channels]
 * @param filterSize height and width of the window
 * @returns float32 [batch, output height, output width, channels]
 * @throws Error for another rank or dtype, an empty batch, a malformed pad, a filter size or stride that isn't a positive integer, a
 *     window larger than its padded input, padding so wide that a window holds nothing else, and an unknown option
 */
export function maxPool(x: tf.Tensor4D, filterSize: Pair, options: MaxPoolOptions = {}) {
  checkOptions('maxPool', options, ['strides', 'pad']);
  const geometry = maxPoolGeometry(x, filterSize, options);
  const [y, position] = runKernel<tf.Tensor[]>(MaxPool, {x}, geometry);
  position.dispose(); // a tape, if there is one, keeps its own reference
  return y as tf.Tensor4D;
}

tf.registerGradient({
  kernelName: MaxPool,
  outputsToSave: [false, true],
  gradFunc: ([dy]: Untyped, [position], g: Untyped) => ({
    x: () => runKernel(MaxPoolGradient, {dy, position}, {...g, outputShape: [g.B, g.H, g.W, g.C]}),
  }),
});

refuseGradient('maxPool', MaxPoolGradient);
