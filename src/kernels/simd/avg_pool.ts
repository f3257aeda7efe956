// avg_pool: every output is the mean of its window
//   x [B, H, W, C]   ->   y [B, yH, yW, C]
//   forward    y[b, yR, yC, d1]  = mean over wR, wC of x[b, xR, xC, d1]
//   backward   dx[b, xR, xC, d1] = (sum over wR, wC of dy[b, yR, yC, d1]) / (kH kW)
//   with       xR = yR sH + wR - padT      xC = yC sW + wC - padL
// Padding takes no part in the mean, and a window of padding alone has the mean NaN. The gradient divides by all
// taps, those in the padding too: so does stock TensorFlow.js, whose kernels these stand for.

import {channelwiseScratch, means} from './channelwise';
import {Geometry} from './geometry';

/** Bytes of `scratch` for both passes. */
export function avgPoolScratch(g: Geometry): f64 {
  return channelwiseScratch(g);
}

export function avgPool(x: usize, y: usize, scratch: usize, g: Geometry): void {
  means(false, x, 0, y, scratch, g);
}

export function avgPoolGradient(dy: usize, dx: usize, scratch: usize, g: Geometry): void {
  means(true, dy, <f32>(g.kH * g.kW), dx, scratch, g);
}
