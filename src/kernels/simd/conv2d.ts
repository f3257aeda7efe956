// conv2d: every output is the filter laid over a window of the image
//   x [B, H, W, C]   filter [kH, kW, C, K]   bias [K]   ->   y [B, yH, yW, K]
//   forward    y[b, yR, yC, d2]        = bias[d2]
//                                      + sum over wR, wC, d1 of x[b, xR, xC, d1] filter[wR, wC, d1, d2]
//   backward   dx[b, xR, xC, d1]       = sum over wR, wC, d2 of dy[b, yR, yC, d2] filter[wR, wC, d1, d2]
//              dFilter[wR, wC, d1, d2] = sum over b, yR, yC of  x[b, xR, xC, d1] dy[b, yR, yC, d2]
//   with       xR = yR sH + wR dilH - padT      xC = yC sW + wC dilW - padL
//              (terms outside of x or y are absent)
//
// A training step spends three quarters of its time here. All three passes are matrix products of
// windows, computed by product.ts. The matrix of windows is never built: a row of it is a list of runs
// through the image.
//
// forward and dx are the same sum. Solved for the other index, yR = (xR - wR dilH + padT) / sH: dx
// is a correlation of dy with the turned filter (rotated by 180 degrees, its channel axes swapped),
// with the stride as a gap between the rows of dy. `correlate` computes both. It multiplies nothing
// by padding: outputs with the same taps inside of the image form a group (the middle of the image
// is one, each edge and corner another), and a group runs over these taps only. For conv 2 of the
// tutorial's network padding would make dx 2.25 times the work. The tile takes a group's output
// positions four at a time across the whole batch, so even a corner fills its tiles.

import {columns, rows, setBackward, setForward} from './axis';
import {Geometry} from './geometry';
import {PAIR, ROWS, product, setPair, tableSize} from './product';
import {
  allFinite, canBeSparse, isSparse, sparseFilterGradient, sparseInputGradient, sparseIsFramed,
  sparseScratch, tilesAreFull,
} from './sparse';
import {canSpread, inputGradientBySpreading, spreadScratch} from './spread';
import {canUseStrips, conv2dByStrips, stripsScratch} from './strips';
import {F32, transpose} from './vector';

/** Output positions in one call of `product`: enough to amortise the call, few enough to stay in the cache. */
const POSITIONS = 256;

function correlateScratch(g: Geometry): f64 {
  return tableSize(POSITIONS) + tableSize(<f64>g.kH * g.kW);
}

/**
 * y [B, rows.output, columns.output, K] = bias + x [B, rows.input, columns.input, C] correlated
 * with filter [rows.taps, columns.taps, C, K]
 */
function correlate(
  x: usize, filter: usize, bias: usize, y: usize, scratch: usize, B: i32, C: i32, K: i32,
): void {
  const positions = scratch, runs = scratch + <usize>tableSize(POSITIONS);
  const xPixelBytes = <usize>C * F32, yPixelBytes = <usize>K * F32;
  const xRowBytes = <usize>columns.input * xPixelBytes, yRowBytes = <usize>columns.output * yPixelBytes;
  const xImageBytes = <usize>rows.input * xRowBytes, yImageBytes = <usize>rows.output * yRowBytes;
  const tapBytes = xPixelBytes * <usize>K;
  // From one output position of a group to the next.
  const xDown = <usize>rows.stride * xRowBytes, xRight = <usize>columns.stride * xPixelBytes;
  const yDown = <usize>rows.gap * yRowBytes, yRight = <usize>columns.gap * yPixelBytes;

  rows.rewind();
  while (rows.nextGroup()) {
    columns.rewind();
    while (columns.nextGroup()) {
      // Taps of one row on adjacent pixels, in order, are one run through all their channels.
      const adjacent = columns.tapStep == 1 && columns.inputStep == 1;
      const runsPerRow = adjacent ? 1 : columns.tapCount;
      const n = adjacent ? columns.tapCount * C : C;
      let runCount = 0;
      for (let row = 0; row < rows.tapCount; ++row) {
        for (let column = 0; column < runsPerRow; ++column) {
          const wR = rows.firstTap + row * rows.tapStep;
          const wC = columns.firstTap + column * columns.tapStep;
          const down = <usize>(row * rows.inputStep) * xRowBytes;
          const right = <usize>(column * columns.inputStep) * xPixelBytes;
          setPair(runs, runCount++, down + right, <usize>(wR * columns.taps + wC) * tapBytes);
        }
      }

      const xFirst = <usize>rows.firstInput * xRowBytes + <usize>columns.firstInput * xPixelBytes;
      const yFirst = <usize>rows.first * yRowBytes + <usize>columns.first * yPixelBytes;
      let count = 0;
      for (let b = 0; b < B; ++b) {
        for (let row = 0; row < rows.count; ++row) {
          let xAt = xFirst + <usize>b * xImageBytes + <usize>row * xDown;
          let yAt = yFirst + <usize>b * yImageBytes + <usize>row * yDown;
          for (let column = 0; column < columns.count; ++column) {
            setPair(positions, count, xAt, yAt);
            xAt += xRight;
            yAt += yRight;
            if (++count == POSITIONS) {
              product(
                positions, count, runs, runCount, n, x, F32, filter, yPixelBytes, bias, false, y, K,
              );
              count = 0;
            }
          }
        }
      }
      if (count > 0)
        product(positions, count, runs, runCount, n, x, F32, filter, yPixelBytes, bias, false, y, K);
    }
  }
}

/** Bytes of `scratch`; each pass has its own. */
export function conv2dScratch(g: Geometry): f64 {
  const correlated = correlateScratch(g);
  return canUseStrips(g) ? max(correlated, stripsScratch(g)) : correlated;
}

export function conv2d(
  x: usize, filter: usize, bias: usize, y: usize, scratch: usize, g: Geometry,
): void {
  // Strips hold the zeros of padding, and 0 times an infinite number of the filter isn't 0.
  if (canUseStrips(g) && (!g.isFramed || allFinite(filter, g.filterSize))) {
    conv2dByStrips(x, filter, bias, y, scratch, g);
    return;
  }
  setForward(g);
  correlate(x, filter, bias, y, scratch, g.B, g.C, g.K);
}

export function conv2dInputGradientScratch(g: Geometry): f64 {
  const dense = canSpread(g) ? spreadScratch(g) : correlateScratch(g) + <f64>g.filterSize * F32;
  return canBeSparse(g) ? max(dense, sparseScratch(g, sparseIsFramed(true, g))) : dense;
}

/** What conv2dInputGradient has to be told. Both ways round differently, so they are chosen for all images together. */
export function conv2dInputGradientIsSparse(dy: usize, filter: usize, g: Geometry): bool {
  // A vector that reaches beyond the window meets a filter of 0 there: an infinite dy makes that NaN.
  return isSparse(dy, filter, g.filterSize, g) && (tilesAreFull(g) || allFinite(dy, g.ySize));
}

export function conv2dInputGradient(
  dy: usize, filter: usize, dx: usize, scratch: usize, g: Geometry, sparse: bool,
): void {
  if (sparse) {
    sparseInputGradient(dy, filter, dx, scratch, g);
    return;
  }
  if (canSpread(g)) {
    inputGradientBySpreading(dy, filter, dx, scratch, g);
    return;
  }
  const kH = g.kH, kW = g.kW, C = g.C, K = g.K;
  const turned = scratch + <usize>correlateScratch(g);
  const tapBytes = <usize>(C * K) * F32;
  for (let w = 0; w < kH * kW; ++w)
    transpose(filter + <usize>w * tapBytes, C, K, turned + <usize>(kH * kW - 1 - w) * tapBytes);
  setBackward(g);
  correlate(dy, turned, 0, dx, scratch, g.B, K, C);
}

// dFilter: a row of the tile is one tap (wR, wC, d1), so the sum runs over the output positions, row
// by row. Padding has to be in memory, because neighbouring taps reach different parts of it: one image
// at a time is copied into a frame of zeros. Each image's sums are added to dFilter, which also keeps
// the rounding errors of long sums small.
export function conv2dFilterGradientScratch(g: Geometry): f64 {
  const frame = g.isFramed ? <f64>g.paddedH * g.paddedW * g.C * F32 : 0;
  const dense = tableSize(<f64>g.kH * g.kW * g.C) + tableSize(g.yH) + frame;
  return canBeSparse(g) ? max(dense, sparseScratch(g, sparseIsFramed(false, g))) : dense;
}

/** What conv2dFilterGradient has to be told. Both ways round differently, so they are chosen for all channels together. */
export function conv2dFilterGradientIsSparse(x: usize, dy: usize, g: Geometry): bool {
  return isSparse(dy, x, g.xSize, g);
}

/** Channels first <= d2 < end alone; the other ones are left as they are. */
export function conv2dFilterGradient(
  x: usize, dy: usize, dFilter: usize, scratch: usize, g: Geometry, sparse: bool, first: i32, end: i32,
): void {
  if (sparse) sparseFilterGradient(x, dy, dFilter, scratch, g, first, end);
  else denseFilterGradient(x, dy, dFilter, scratch, g, first, end);
}

/** True if dFilter may be wrong: both ways multiply by the zeros of padding, and 0 times an infinite number of dy isn't 0. */
export function conv2dFilterGradientIsDoubtful(dFilter: usize, g: Geometry): bool {
  return g.isFramed && !allFinite(dFilter, g.filterSize);
}

function denseFilterGradient(
  x: usize, dy: usize, dFilter: usize, scratch: usize, g: Geometry, firstChannel: i32, end: i32,
): void {
  const H = g.H, C = g.C, kW = g.kW, K = g.K, yH = g.yH, yW = g.yW, sH = g.sH;
  const dilH = g.dilH, padT = g.padT, paddedH = g.paddedH, taps = g.taps;
  const pixelBytes = <usize>C * F32, rowBytes = <usize>g.W * pixelBytes;
  const paddedRowBytes = <usize>g.paddedW * pixelBytes;
  const dyPixelBytes = <usize>K * F32, dyRowBytes = <usize>yW * dyPixelBytes;
  const tapTable = scratch, runs = tapTable + <usize>tableSize(taps);
  const frame = runs + <usize>tableSize(yH);

  let tap = 0;
  for (let wR = 0; wR < g.kH; ++wR) {
    for (let wC = 0; wC < kW; ++wC) {
      const tapAt = <usize>(wR * dilH) * paddedRowBytes + <usize>(wC * g.dilW) * pixelBytes;
      for (let d1 = 0; d1 < C; ++d1, ++tap)
        setPair(tapTable, tap, tapAt + <usize>d1 * F32, <usize>tap * dyPixelBytes);
    }
  }
  for (let yR = 0; yR < yH; ++yR)
    setPair(runs, yR, <usize>(yR * sH) * paddedRowBytes, <usize>yR * dyRowBytes);

  // Rows of dy over nothing but padding are left out: for all taps of a filter row together if these
  // fill whole tiles, else tile by tile.
  const inRow = kW * C;
  const together = paddedH == H ? taps : inRow % ROWS == 0 ? inRow : ROWS;
  dy += <usize>firstChannel * F32;
  dFilter += <usize>firstChannel * F32;
  for (let tap = 0; tap < taps; ++tap)
    memory.fill(dFilter + <usize>tap * dyPixelBytes, 0, <usize>(end - firstChannel) * F32);
  const isFramed = g.isFramed;
  if (isFramed) memory.fill(frame, 0, <usize>paddedH * paddedRowBytes);
  for (let b = 0; b < g.B; ++b) {
    let image = x + <usize>(b * H) * rowBytes;
    if (isFramed) {
      const inside = frame + <usize>padT * paddedRowBytes + <usize>g.padL * pixelBytes;
      for (let xR = 0; xR < H; ++xR)
        memory.copy(inside + <usize>xR * paddedRowBytes, image + <usize>xR * rowBytes, rowBytes);
      image = frame;
    }
    const dyImage = dy + <usize>(b * yH) * dyRowBytes;
    for (let first = 0; first < taps; first += together) {
      const count = min(together, taps - first);
      const firstRow = first / inRow, lastRow = (first + count - 1) / inRow;
      const from = firstInside(lastRow * dilH - padT, sH);
      const to = min(yH, firstInside(firstRow * dilH - padT - H, sH));
      if (from >= to) continue;
      product(
        tapTable + <usize>first * PAIR, count, runs + <usize>from * PAIR, to - from, yW, image,
        <usize>g.sW * pixelBytes, dyImage, dyPixelBytes, 0, true, dFilter, end - firstChannel,
      );
    }
  }
}

/** The same tap by tap, without those numbers of dy for which the tap lies in the padding. Scratch as for conv2dFilterGradient. */
export function conv2dFilterGradientInside(
  x: usize, dy: usize, dFilter: usize, scratch: usize, g: Geometry,
): void {
  const H = g.H, W = g.W, C = g.C, K = g.K, yH = g.yH, sH = g.sH, sW = g.sW;
  const pixelBytes = <usize>C * F32, rowBytes = <usize>W * pixelBytes;
  const dyPixelBytes = <usize>K * F32, dyRowBytes = <usize>g.yW * dyPixelBytes;
  const channels = scratch, runs = channels + <usize>tableSize(C);
  memory.fill(dFilter, 0, <usize>g.filterSize * F32);
  for (let wR = 0; wR < g.kH; ++wR) {
    // xR = yR sH + rowShift and xC = yC sW + columnShift
    const rowShift = wR * g.dilH - g.padT, firstR = firstInside(rowShift, sH);
    const endR = min(yH, firstInside(rowShift - H, sH));
    for (let wC = 0; wC < g.kW; ++wC, dFilter += <usize>C * dyPixelBytes) {
      const columnShift = wC * g.dilW - g.padL, firstC = firstInside(columnShift, sW);
      const n = min(g.yW, firstInside(columnShift - W, sW)) - firstC;
      if (firstR >= endR || n <= 0) continue;
      for (let d1 = 0; d1 < C; ++d1) setPair(channels, d1, <usize>d1 * F32, <usize>d1 * dyPixelBytes);
      for (let yR = firstR; yR < endR; ++yR) {
        const xAt = <usize>(yR * sH + rowShift) * rowBytes + <usize>(firstC * sW + columnShift) * pixelBytes;
        setPair(runs, yR - firstR, xAt, <usize>yR * dyRowBytes + <usize>firstC * dyPixelBytes);
      }
      for (let b = 0; b < g.B; ++b)
        product(
          channels, C, runs, endR - firstR, n, x + <usize>(b * H) * rowBytes, <usize>sW * pixelBytes,
          dy + <usize>(b * yH) * dyRowBytes, dyPixelBytes, 0, true, dFilter, K,
        );
    }
  }
}

/** The first yR of at least 0 with yR sH + shift >= 0. */
function firstInside(shift: i32, sH: i32): i32 {
  return shift >= 0 ? 0 : (sH - 1 - shift) / sH;
}
