// conv2d: every output is the filter laid over a window of the image
//   x [B, H, W, C]   filter [kH, kW, C, K]   bias [K]   ->   y [B, yH, yW, K]
//   forward    y[b, yR, yC, d2]   = bias[d2]
//                                 + sum over wR, wC, d1 of x[b, xR, xC, d1] filter[wR, wC, d1, d2]
//   backward   dx[b, xR, xC, d1]  = sum over wR, wC, d2 of dy[b, yR, yC, d2] filter[wR, wC, d1, d2]
//              dW[wR, wC, d1, d2] = sum over b, yR, yC of  x[b, xR, xC, d1] dy[b, yR, yC, d2]
//   with       xR = yR sH + wR dilH - padT      xC = yC sW + wC dilW - padL
//              (terms outside of x or y are absent)
//
// This is where a training step spends its time: three quarters of it. All three are matrix products
// of windows, made of the tile in product.ts, which never builds the matrix of windows: a row of it
// is a list of runs through the image.
//
// forward and dx are the same sum. Solved for the other index, yR = (xR - wR dilH + padT) / sH: dx
// is a correlation of dy with the filter turned by 180 degrees, its last two axes swapped, and with
// the stride as a gap between the rows of dy. `correlate` does both. It multiplies nothing by
// padding: outputs that touch the same taps form a group (the middle of the image is one, each edge
// and corner another), and a group runs over just these taps. For conv 2 of the tutorial's network
// padding would make dx 2.25 times the work. A group's positions are taken four at a time across
// the whole batch, so that even a corner fills its tiles.

import {PAIR, ROWS, product, setPair, tableSize} from './product';
import {
  allFinite, canBeSparse, isSparse, sparseFilterGradient, sparseInputGradient, sparseIsFramed,
  sparseScratch,
} from './sparse';
import {conv2dByStrips, isOneChannelSideBySide, stripsAreFramed, stripsScratch} from './strips';
import {F32, transpose} from './vector';

/** One axis of a correlation, rows or columns, and a group of outputs that touch the same taps. */
@unmanaged
class Axis {
  // output o under tap w meets the input (o stride + w dilation - pad) / gap, if that is an integer
  // inside of the input
  input: i32;
  output: i32;
  taps: i32;
  stride: i32;
  gap: i32;
  dilation: i32;
  pad: i32;
  // the group: outputs first, first + gap, ...; its first input moves by `stride` from one output
  // to the next
  residue: i32;
  first: i32;
  count: i32;
  // its taps: tap, tap + tapStep, ...; the input moves by inputStep from one tap to the next
  tap: i32;
  tapStep: i32;
  tapCount: i32;
  inputFirst: i32;
  inputStep: i32;

  set(input: i32, output: i32, taps: i32, stride: i32, gap: i32, dilation: i32, pad: i32): void {
    this.input = input;
    this.output = output;
    this.taps = taps;
    this.stride = stride;
    this.gap = gap;
    this.dilation = dilation;
    this.pad = pad;
    this.rewind();
  }

  rewind(): void {
    this.residue = 0;
    this.first = 0;
    this.count = 0;
  }

  /** Moves to the next group; false after the last. A group lies in one residue modulo `gap`. */
  nextGroup(): bool {
    this.first += this.count * this.gap;
    if (this.first >= this.output) this.first = ++this.residue;
    if (this.residue >= this.gap || this.first >= this.output) return false;
    this.findTaps(this.first);
    const tap = this.tap, tapCount = this.tapCount;
    this.count = 0;
    let o = this.first;
    do {
      ++this.count;
      o += this.gap;
      if (o >= this.output) break;
      this.findTaps(o);
    } while (this.tap == tap && this.tapCount == tapCount);
    this.findTaps(this.first);
    return true;
  }

  private findTaps(o: i32): void {
    this.tap = 0;
    this.tapStep = 1;
    this.tapCount = 0;
    this.inputFirst = 0;
    for (let w = 0; w < this.taps; ++w) {
      const place = o * this.stride + w * this.dilation - this.pad;
      if (place < 0 || place >= this.input * this.gap || place % this.gap != 0) continue;
      if (this.tapCount == 0) {
        this.tap = w;
        this.inputFirst = place / this.gap;
      } else if (this.tapCount == 1) {
        this.tapStep = w - this.tap;
      }
      ++this.tapCount;
    }
    this.inputStep = (this.tapStep * this.dilation) / this.gap;
  }
}

const rows = changetype<Axis>(memory.data(64, 16));
const columns = changetype<Axis>(memory.data(64, 16));

/** Positions handed to `product` at a time: enough to forget the call, and still in the cache. */
const POSITIONS = 256;

function correlateScratch(kH: i32, kW: i32): f64 {
  return tableSize(POSITIONS) + tableSize(<f64>kH * kW);
}

/**
 * y [B, rows.output, columns.output, K] = bias + x [B, rows.input, columns.input, C] correlated
 * with filter [rows.taps, columns.taps, C, K]
 */
function correlate(
  x: usize, filter: usize, bias: usize, y: usize, scratch: usize, B: i32, C: i32, K: i32,
): void {
  const positions = scratch, runs = scratch + <usize>tableSize(POSITIONS);
  const xPixel = <usize>C * F32;
  const xRow = <usize>columns.input * xPixel;
  const xImage = <usize>rows.input * xRow;
  const yPixel = <usize>K * F32;
  const yRow = <usize>columns.output * yPixel;
  const yImage = <usize>rows.output * yRow;
  const tap = xPixel * <usize>K;
  // From one position of a group to the next.
  const xDown = <usize>rows.stride * xRow, xRight = <usize>columns.stride * xPixel;
  const yDown = <usize>rows.gap * yRow, yRight = <usize>columns.gap * yPixel;

  rows.rewind();
  while (rows.nextGroup()) {
    columns.rewind();
    while (columns.nextGroup()) {
      // Taps of one row that meet adjacent pixels in order are one run, through all their channels.
      const adjacent = columns.tapStep == 1 && columns.inputStep == 1;
      const runsPerRow = adjacent ? 1 : columns.tapCount;
      const n = adjacent ? columns.tapCount * C : C;
      let runCount = 0;
      for (let i = 0; i < rows.tapCount; ++i) {
        for (let j = 0; j < runsPerRow; ++j) {
          const wR = rows.tap + i * rows.tapStep, wC = columns.tap + j * columns.tapStep;
          const right = <usize>(j * columns.inputStep) * xPixel;
          setPair(
            runs,
            runCount++,
            <usize>(i * rows.inputStep) * xRow + right,
            <usize>(wR * columns.taps + wC) * tap,
          );
        }
      }

      const xFirst = <usize>rows.inputFirst * xRow + <usize>columns.inputFirst * xPixel;
      const yFirst = <usize>rows.first * yRow + <usize>columns.first * yPixel;
      let count = 0;
      for (let b = 0; b < B; ++b) {
        for (let i = 0; i < rows.count; ++i) {
          let xAt = xFirst + <usize>b * xImage + <usize>i * xDown;
          let yAt = yFirst + <usize>b * yImage + <usize>i * yDown;
          for (let j = 0; j < columns.count; ++j) {
            setPair(positions, count, xAt, yAt);
            xAt += xRight;
            yAt += yRight;
            if (++count == POSITIONS) {
              product(
                positions, count, runs, runCount, n, x, F32, filter, yPixel, bias, false, y, K,
              );
              count = 0;
            }
          }
        }
      }
      if (count > 0)
        product(positions, count, runs, runCount, n, x, F32, filter, yPixel, bias, false, y, K);
    }
  }
}

/** Bytes of `scratch`; each pass has its own. */
export function conv2dScratch(
  B: i32, H: i32, W: i32, C: i32, kH: i32, kW: i32, K: i32, yH: i32, yW: i32, sH: i32, sW: i32,
  dilH: i32, dilW: i32, padT: i32, padL: i32,
): f64 {
  const correlated = correlateScratch(kH, kW);
  if (!isOneChannelSideBySide(C, kH, kW, sW, dilH, dilW, yW)) return correlated;
  return max(correlated, stripsScratch(H, W, kH, kW, yH, yW, sH, padT, padL));
}

export function conv2d(
  x: usize, filter: usize, bias: usize, y: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32,
  kH: i32, kW: i32, K: i32, yH: i32, yW: i32, sH: i32, sW: i32, dilH: i32, dilW: i32, padT: i32,
  padL: i32,
): void {
  // Strips hold padding, and 0 times an infinite number of the filter isn't 0.
  if (
    isOneChannelSideBySide(C, kH, kW, sW, dilH, dilW, yW) &&
    (!stripsAreFramed(H, W, kH, kW, yH, yW, sH, padT, padL) || allFinite(filter, kH * kW * K))
  ) {
    conv2dByStrips(x, filter, bias, y, scratch, B, H, W, kH, kW, K, yH, yW, sH, padT, padL);
    return;
  }
  rows.set(H, yH, kH, sH, 1, dilH, padT);
  columns.set(W, yW, kW, sW, 1, dilW, padL);
  correlate(x, filter, bias, y, scratch, B, C, K);
}

export function conv2dInputGradientScratch(
  B: i32, H: i32, W: i32, C: i32, kH: i32, kW: i32, K: i32, yH: i32, yW: i32, sH: i32, sW: i32,
  dilH: i32, dilW: i32, padT: i32, padL: i32,
): f64 {
  const taps = <f64>kH * kW * C, turned = taps * K * F32;
  const dense = correlateScratch(kH, kW) + turned;
  if (!canBeSparse(kH * kW * C, K, dilW)) return dense;
  const paddedH = padTo(H, kH, yH, sH, dilH, padT), paddedW = padTo(W, kW, yW, sW, dilW, padL);
  const framed = sparseIsFramed(true, H, W, C, kW, paddedH, paddedW);
  return max(dense, sparseScratch(B, C, kH, kW, K, yH, yW, framed, paddedH, paddedW));
}

export function conv2dInputGradient(
  dy: usize, filter: usize, dx: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32, kH: i32,
  kW: i32, K: i32, yH: i32, yW: i32, sH: i32, sW: i32, dilH: i32, dilW: i32, padT: i32, padL: i32,
): void {
  const taps = kH * kW * C, dySize = B * yH * yW * K;
  // The last vector of a window's row reaches beyond it, with zeros that an infinite dy makes NaN.
  if (isSparse(dy, dySize, filter, taps * K, taps, K, dilW) && allFinite(dy, dySize)) {
    const paddedH = padTo(H, kH, yH, sH, dilH, padT), paddedW = padTo(W, kW, yW, sW, dilW, padL);
    sparseInputGradient(
      dy, filter, dx, scratch, B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, padT, padL, paddedH,
      paddedW,
    );
    return;
  }
  const turned = scratch + <usize>correlateScratch(kH, kW);
  const tap = <usize>(C * K) * F32;
  for (let w = 0; w < kH * kW; ++w)
    transpose(filter + <usize>w * tap, C, K, turned + <usize>(kH * kW - 1 - w) * tap);
  // With w' = kH - 1 - wR:  yR = (xR + w' dilH - ((kH - 1) dilH - padT)) / sH
  rows.set(yH, H, kH, 1, sH, dilH, (kH - 1) * dilH - padT);
  columns.set(yW, W, kW, 1, sW, dilW, (kW - 1) * dilW - padL);
  correlate(dy, turned, 0, dx, scratch, B, K, C);
}

/** Rows (columns) of an image with its padding, as far as taps reach. */
function padTo(H: i32, kH: i32, yH: i32, sH: i32, dilH: i32, padT: i32): i32 {
  return max(padT + H, (yH - 1) * sH + (kH - 1) * dilH + 1);
}

// dW: a row of the tile is one tap (wR, wC, d1), so the sum runs over the positions of y, row by
// row. Here padding has to be real, as neighbouring taps see different parts of it: one image at a
// time is copied into a frame of zeros. Sums of one image are added to dW image by image, which
// also keeps rounding errors of long sums small.
export function conv2dFilterGradientScratch(
  B: i32, H: i32, W: i32, C: i32, kH: i32, kW: i32, K: i32, yH: i32, yW: i32, sH: i32, sW: i32,
  dilH: i32, dilW: i32, padT: i32, padL: i32,
): f64 {
  const paddedH = padTo(H, kH, yH, sH, dilH, padT), paddedW = padTo(W, kW, yW, sW, dilW, padL);
  const framed = paddedH != H || paddedW != W;
  const frame = framed ? <f64>paddedH * paddedW * C * F32 : 0;
  const dense = tableSize(<f64>kH * kW * C) + tableSize(yH) + frame;
  if (!canBeSparse(kH * kW * C, K, dilW)) return dense;
  return max(dense, sparseScratch(B, C, kH, kW, K, yH, yW, framed, paddedH, paddedW));
}

export function conv2dFilterGradient(
  x: usize, dy: usize, dW: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32, kH: i32, kW: i32,
  K: i32, yH: i32, yW: i32, sH: i32, sW: i32, dilH: i32, dilW: i32, padT: i32, padL: i32,
): void {
  const paddedH = padTo(H, kH, yH, sH, dilH, padT), paddedW = padTo(W, kW, yW, sW, dilW, padL);
  if (isSparse(dy, B * yH * yW * K, x, B * H * W * C, kH * kW * C, K, dilW)) {
    sparseFilterGradient(
      x, dy, dW, scratch, B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, padT, padL, paddedH, paddedW,
    );
  } else {
    denseFilterGradient(
      x, dy, dW, scratch, B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL, paddedH, paddedW,
    );
  }
  // Both multiply by padding, and 0 times an infinite number of dy isn't 0.
  if ((paddedH != H || paddedW != W) && !allFinite(dW, kH * kW * C * K))
    filterGradientInside(
      x, dy, dW, scratch, B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL,
    );
}

function denseFilterGradient(
  x: usize, dy: usize, dW: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32, kH: i32, kW: i32,
  K: i32, yH: i32, yW: i32, sH: i32, sW: i32, dilH: i32, dilW: i32, padT: i32, padL: i32,
  paddedH: i32, paddedW: i32,
): void {
  const pixel = <usize>C * F32, row = <usize>W * pixel, paddedRow = <usize>paddedW * pixel;
  const dyPixel = <usize>K * F32, dyRow = <usize>yW * dyPixel;
  const taps = scratch, runs = taps + <usize>tableSize(kH * kW * C);
  const padded = runs + <usize>tableSize(yH);

  let tap = 0;
  for (let wR = 0; wR < kH; ++wR) {
    for (let wC = 0; wC < kW; ++wC) {
      const corner = <usize>(wR * dilH) * paddedRow + <usize>(wC * dilW) * pixel;
      for (let d1 = 0; d1 < C; ++d1, ++tap)
        setPair(taps, tap, corner + <usize>d1 * F32, <usize>tap * dyPixel);
    }
  }
  for (let yR = 0; yR < yH; ++yR)
    setPair(runs, yR, <usize>(yR * sH) * paddedRow, <usize>yR * dyRow);

  // Rows of dy that meet nothing but padding are left out, for the taps of a filter row together where
  // these fill whole tiles, and else tile by tile.
  const inRow = kW * C;
  const together = paddedH == H ? tap : inRow % ROWS == 0 ? inRow : ROWS;
  memory.fill(dW, 0, <usize>tap * dyPixel);
  const framed = paddedH != H || paddedW != W;
  if (framed) memory.fill(padded, 0, <usize>paddedH * paddedRow);
  for (let b = 0; b < B; ++b) {
    let image = x + <usize>(b * H) * row;
    if (framed) {
      const corner = padded + <usize>padT * paddedRow + <usize>padL * pixel;
      for (let xR = 0; xR < H; ++xR)
        memory.copy(corner + <usize>xR * paddedRow, image + <usize>xR * row, row);
      image = padded;
    }
    const dyImage = dy + <usize>(b * yH) * dyRow;
    for (let first = 0; first < tap; first += together) {
      const count = min(together, tap - first);
      const wR0 = first / inRow, wR1 = (first + count - 1) / inRow;
      const from = firstInside(wR1 * dilH - padT, sH);
      const to = min(yH, firstInside(wR0 * dilH - padT - H, sH));
      if (from >= to) continue;
      product(
        taps + <usize>first * PAIR, count, runs + <usize>from * PAIR, to - from, yW, image,
        <usize>sW * pixel, dyImage, dyPixel, 0, true, dW, K,
      );
    }
  }
}

/** Tap by tap, over those numbers of dy alone that meet the image there. */
function filterGradientInside(
  x: usize, dy: usize, dW: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32, kH: i32, kW: i32,
  K: i32, yH: i32, yW: i32, sH: i32, sW: i32, dilH: i32, dilW: i32, padT: i32, padL: i32,
): void {
  const pixel = <usize>C * F32, row = <usize>W * pixel;
  const dyPixel = <usize>K * F32, dyRow = <usize>yW * dyPixel;
  const channels = scratch, runs = channels + <usize>tableSize(C);
  memory.fill(dW, 0, <usize>(kH * kW * C) * dyPixel);
  for (let wR = 0; wR < kH; ++wR) {
    const top = wR * dilH - padT, first = firstInside(top, sH);
    const last = min(yH, firstInside(top - H, sH));
    for (let wC = 0; wC < kW; ++wC, dW += <usize>C * dyPixel) {
      const left = wC * dilW - padL, firstC = firstInside(left, sW);
      const n = min(yW, firstInside(left - W, sW)) - firstC;
      if (first >= last || n <= 0) continue;
      for (let d1 = 0; d1 < C; ++d1) setPair(channels, d1, <usize>d1 * F32, <usize>d1 * dyPixel);
      for (let yR = first; yR < last; ++yR) {
        const xAt = <usize>(yR * sH + top) * row + <usize>(firstC * sW + left) * pixel;
        setPair(runs, yR - first, xAt, <usize>yR * dyRow + <usize>firstC * dyPixel);
      }
      for (let b = 0; b < B; ++b)
        product(
          channels, C, runs, last - first, n, x + <usize>(b * H) * row, <usize>sW * pixel,
          dy + <usize>(b * yH) * dyRow, dyPixel, 0, true, dW, K,
        );
    }
  }
}

/** The first yR of at least 0 with yR sH + xR >= 0. */
function firstInside(xR: i32, sH: i32): i32 {
  return xR >= 0 ? 0 : (sH - 1 - xR) / sH;
}
