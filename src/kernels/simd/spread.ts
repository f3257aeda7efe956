// spread: dx of a convolution over images of few channels
//   dy [B, yH, yW, K]   filter [kH, kW, C, K]   ->   dx [B, H, W, C]
//   spread[yC, tap] = Σ over d2 of dy[b, yR, yC, d2] filter[tap, d2]        for a row of y
//   dx[b, xR, xC, d1] = Σ of spread[yC, (wR, wC, d1)] over the windows that reach there (col2im)
//
// A tile of product.ts has eight columns. Where conv2d.ts correlates dy with the turned filter, a column is
// a channel of dx: an image of one channel would leave seven idle. Here a column is a tap.

import {Geometry} from './geometry';
import {COLUMNS, product, setPair, tableSize} from './product';
import {F32, transpose} from './vector';

/** Columns of y in one call of `product`. */
const POSITIONS = 256;

/** True if correlating would leave most of a tile idle, and the sums over K are long enough to pay for spreading them. */
export function canSpread(g: Geometry): bool {
  return g.C < COLUMNS / 2 && g.taps >= COLUMNS && g.K >= 2 * COLUMNS;
}

/** Bytes of `scratch`. */
export function spreadScratch(g: Geometry): f64 {
  const atOnce = <f64>min(g.yW, POSITIONS);
  return tableSize(1) + tableSize(atOnce) + (<f64>g.filterSize + atOnce * g.taps) * F32;
}

export function inputGradientBySpreading(
  dy: usize, filter: usize, dx: usize, scratch: usize, g: Geometry,
): void {
  const K = g.K, yW = g.yW, taps = g.taps, atOnce = min(yW, POSITIONS);
  const run = scratch, positions = run + <usize>tableSize(1);
  const turned = positions + <usize>tableSize(atOnce), spread = turned + <usize>g.filterSize * F32;
  const imageBytes = <usize>(g.H * g.W * g.C) * F32;
  transpose(filter, taps, K, turned);
  setPair(run, 0, 0, 0);
  let listed = 0;
  memory.fill(dx, 0, <usize>g.B * imageBytes);
  for (let b = 0; b < g.B; ++b) {
    for (let yR = 0; yR < g.yH; ++yR) {
      for (let first = 0; first < yW; first += POSITIONS) {
        const count = min(yW - first, POSITIONS);
        for (; listed < count; ++listed)
          setPair(positions, listed, <usize>(listed * K) * F32, <usize>(listed * taps) * F32);
        product(positions, count, run, 1, K, dy, F32, turned, <usize>taps * F32, 0, false, spread, taps);
        listed = count; // what came after may have been overwritten
        addSpread(spread, dx, yR, first, count, g);
        dy += <usize>(count * K) * F32;
      }
    }
    dx += imageBytes;
  }
}

/** Adds what `count` outputs of row yR, from column `first` on, spread to an image of dx. */
function addSpread(spread: usize, dx: usize, yR: i32, first: i32, count: i32, g: Geometry): void {
  const C = g.C, W = g.W, sW = g.sW, channels = <usize>C * F32, tapsBytes = <usize>g.taps * F32;
  for (let wR = 0; wR < g.kH; ++wR) {
    const xR = yR * g.sH + wR * g.dilH - g.padT;
    if (xR < 0 || xR >= g.H) continue;
    const row = dx + <usize>(xR * W) * channels;
    for (let wC = 0; wC < g.kW; ++wC) {
      let from = spread + <usize>(wR * g.kW + wC) * channels;
      let xC = first * sW + wC * g.dilW - g.padL;
      for (let i = 0; i < count; ++i) {
        if (xC >= 0 && xC < W) {
          const to = row + <usize>xC * channels;
          for (let d1: usize = 0; d1 < channels; d1 += F32)
            store<f32>(to + d1, load<f32>(to + d1) + load<f32>(from + d1));
        }
        xC += sW;
        from += tapsBytes;
      }
    }
  }
}
