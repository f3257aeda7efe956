// depthwise: a convolution of each channel by itself
//   x [B, H, W, C]   filter [kH, kW, C]   bias [C]   ->   y [B, yH, yW, C]
//   forward    y[b, yR, yC, d1]    = bias[d1] + sum over wR, wC of x[b, xR, xC, d1] filter[wR, wC, d1]
//   backward   dx[b, xR, xC, d1]   = sum over wR, wC of dy[b, yR, yC, d1] filter[wR, wC, d1]
//              dFilter[wR, wC, d1] = sum over b, yR, yC of x[b, xR, xC, d1] dy[b, yR, yC, d1]
//   with       xR = yR sH + wR dilH - padT      xC = yC sW + wC dilW - padL
//              (terms outside of x or y are absent)
//
// A filter with several outputs for each channel, [kH, kW, C, outputs], is one of [kH, kW, C outputs] over an x
// that has each channel as many times. dx is the sum of these channels' gradients.
//
// channelwise.ts computes forward and dx. For dFilter, a tile is TAPS taps by one vector of channels: a vector of
// dy serves them all. It runs over a few outputs that have all these taps inside of the image. Its sums are added to
// those of the image, these to dFilter: so the rounding errors of long sums stay small.

import {columns, rows, setForward} from './axis';
import {channelwiseScratch, listTaps, weightedSums} from './channelwise';
import {Geometry} from './geometry';
import {PAIR, setPair, tableSize} from './product';
import {F32, multiplyAdd, storeFirst} from './vector';

/** Bytes of `scratch` for forward and dx. */
export function depthwiseScratch(g: Geometry): f64 {
  return channelwiseScratch(g);
}

export function depthwise(x: usize, filter: usize, bias: usize, y: usize, scratch: usize, g: Geometry): void {
  weightedSums(false, x, filter, bias, y, scratch, g);
}

export function depthwiseInputGradient(dy: usize, filter: usize, dx: usize, scratch: usize, g: Geometry): void {
  weightedSums(true, dy, filter, 0, dx, scratch, g);
}

/** Taps in a tile: their sums, their vectors of x and one of dy fit the registers. */
const TAPS = 5;

/** Outputs that a tile runs over at a time. They and their windows stay in the innermost cache. */
const OUTPUTS = 32;

/** Bytes from tap to tap in an image's sums, with room for the whole last vector. */
const sumsRowBytes = (C: i32): f64 => (<f64>C + 3) * F32;

export function depthwiseFilterGradientScratch(g: Geometry): f64 {
  const taps = <f64>g.kH * g.kW + TAPS;
  return tableSize(taps) + taps * sumsRowBytes(g.C);
}

/** The first `channels` channels of dFilter. Pointers to a later channel, a multiple of 4, give those from there on. */
export function depthwiseFilterGradient(
  x: usize, dy: usize, dFilter: usize, channels: i32, scratch: usize, g: Geometry,
): void {
  const taps = scratch, sums = taps + <usize>tableSize(<f64>g.kH * g.kW + TAPS);
  const pixelBytes = <usize>g.C * F32, sumsRow = <usize>sumsRowBytes(g.C);
  const xRowBytes = <usize>g.W * pixelBytes, xImageBytes = <usize>g.H * xRowBytes;
  const down = <usize>g.sH * xRowBytes, right = <usize>g.sW * pixelBytes;
  const dyRowBytes = <usize>g.yW * pixelBytes, dyImageBytes = <usize>g.yH * dyRowBytes;

  for (let tap = 0; tap < g.kH * g.kW; ++tap)
    memory.fill(dFilter + <usize>tap * pixelBytes, 0, <usize>channels * F32);
  setForward(g);
  rows.rewind();
  while (rows.nextGroup()) {
    columns.rewind();
    while (columns.nextGroup()) {
      const tapsEnd = listTaps(taps, g.C, false);
      const tapCount = <i32>((tapsEnd - taps) / PAIR);
      for (let tap = tapCount; tap % TAPS != 0; ++tap) setPair(taps, tap, 0, 0); // its sums are never read
      const xFirst = <usize>rows.firstInput * xRowBytes + <usize>columns.firstInput * pixelBytes;
      const dyFirst = <usize>rows.first * dyRowBytes + <usize>columns.first * pixelBytes;
      const rowsAtOnce = max(1, OUTPUTS / columns.count);
      for (let b = 0; b < g.B; ++b) {
        memory.fill(sums, 0, <usize>(tapCount + TAPS) * sumsRow);
        for (let row = 0; row < rows.count; row += rowsAtOnce) {
          for (let column = 0; column < columns.count; column += OUTPUTS) {
            const xAt = xFirst + <usize>b * xImageBytes + <usize>row * down + <usize>column * right;
            const dyAt = dyFirst + <usize>b * dyImageBytes + <usize>row * dyRowBytes + <usize>column * pixelBytes;
            addProducts(
              x + xAt, down, right, dy + dyAt, dyRowBytes, pixelBytes, min(rowsAtOnce, rows.count - row),
              min(OUTPUTS, columns.count - column), taps, tapCount, sums, sumsRow, channels,
            );
          }
        }
        for (let tap = 0; tap < tapCount; ++tap)
          addRow(sums + <usize>tap * sumsRow, dFilter + load<usize>(taps + <usize>tap * PAIR, 4), channels);
      }
    }
  }
}

/** sums[tap] += the sum of x dy over some rows and columns of dy, for the taps of the list */
function addProducts(
  x: usize, down: usize, right: usize, dy: usize, dyDown: usize, dyRight: usize, rows: i32, columns: i32,
  taps: usize, tapCount: i32, sums: usize, sumsRow: usize, channels: i32,
): void {
  for (let tap = 0; tap < tapCount; tap += TAPS, taps += <usize>TAPS * PAIR, sums += <usize>TAPS * sumsRow) {
    const offset0 = load<usize>(taps), offset1 = load<usize>(taps, 8), offset2 = load<usize>(taps, 16);
    const offset3 = load<usize>(taps, 24), offset4 = load<usize>(taps, 32);
    for (let d1 = 0; d1 < channels; d1 += 4) {
      const d1Bytes = <usize>d1 * F32;
      const sum0 = sums + d1Bytes, sum1 = sum0 + sumsRow, sum2 = sum1 + sumsRow, sum3 = sum2 + sumsRow;
      const sum4 = sum3 + sumsRow;
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0;
      let xRow = x + d1Bytes, dyRow = dy + d1Bytes;
      for (let row = 0; row < rows; ++row, xRow += down, dyRow += dyDown) {
        let xAt = xRow, dyAt = dyRow;
        for (const end = dyAt + <usize>columns * dyRight; dyAt < end; dyAt += dyRight, xAt += right) {
          const dyi = v128.load(dyAt);
          s0 = multiplyAdd(v128.load(xAt + offset0), dyi, s0);
          s1 = multiplyAdd(v128.load(xAt + offset1), dyi, s1);
          s2 = multiplyAdd(v128.load(xAt + offset2), dyi, s2);
          s3 = multiplyAdd(v128.load(xAt + offset3), dyi, s3);
          s4 = multiplyAdd(v128.load(xAt + offset4), dyi, s4);
        }
      }
      v128.store(sum0, f32x4.add(v128.load(sum0), s0));
      v128.store(sum1, f32x4.add(v128.load(sum1), s1));
      v128.store(sum2, f32x4.add(v128.load(sum2), s2));
      v128.store(sum3, f32x4.add(v128.load(sum3), s3));
      v128.store(sum4, f32x4.add(v128.load(sum4), s4));
    }
  }
}

/** out [channels] += row [channels] */
function addRow(row: usize, out: usize, channels: i32): void {
  for (let d1 = 0; d1 < channels; d1 += 4, row += 16, out += 16)
    storeFirst(out, f32x4.add(v128.load(out), v128.load(row)), channels - d1);
}
