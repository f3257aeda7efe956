// strips: conv2d's forward pass on images of one channel, with windows side by side
//   forward    y[b, yR, yC, d2] = bias[d2]
//                               + sum over wR, wC of x[b, xR, xC] filter[wR, wC, d2]
//   with       xR = yR sH + wR - padT      xC = yC + wC - padL      (C = sW = dilH = dilW = 1)
//
// In conv2d.ts a window is kH runs through the image. With one channel a run has only kW numbers, and
// its start costs the tile of product.ts as much as two or three steps. So each image is first laid
// out in strips, one for each four columns of y:
//
//   strip[row][wC][0 to 3] = x[row - padT, yC + wC - padL] for these four yC
//
// A window is now a single run, kH kW steps through a strip. The four numbers that the tile needs at a
// step are neighbours, so one pointer finds them. Windows below each other share a strip: a number is
// copied kW times, where im2col would copy it kH kW times.
// Source, for copies along one axis only: Cho and Brand, "MEC: memory-efficient convolution for deep
// neural network", 2017.

import {Geometry} from './geometry';
import {ROWS, STEPS, productOfNeighbours, setPair, tableSize} from './product';
import {F32} from './vector';

/** Columns of y in a strip. */
const COLUMNS = ROWS;

/** Bytes of one step: a number for each of those columns. */
const STEP_BYTES: usize = <usize>COLUMNS * F32;

/** The strips laid out at a time have at most this many bytes, to fit the cache, unless one strip has more. */
const STRIPS_BYTES: f64 = 2 ** 18;

/** True if conv2dByStrips can compute this convolution. */
export function canUseStrips(g: Geometry): bool {
  return (
    g.C == 1 && g.sW == 1 && g.dilH == 1 && g.dilW == 1 && g.yW >= COLUMNS && g.kH * g.kW <= STEPS
  );
}

const stripsOf = (g: Geometry): i32 => (g.yW + COLUMNS - 1) / COLUMNS;

const stripBytes = (g: Geometry): f64 => <f64>g.reachH * g.kW * STEP_BYTES;

const stripsAtOnce = (g: Geometry): i32 =>
  <i32>min(<f64>stripsOf(g), max(1.0, Math.floor(STRIPS_BYTES / stripBytes(g))));

export function stripsScratch(g: Geometry): f64 {
  const atOnce = stripsAtOnce(g);
  return (
    tableSize(<f64>atOnce * COLUMNS * g.yH) + tableSize(1) + atOnce * stripBytes(g) +
    (g.isFramed ? <f64>g.reachH * g.reachW * F32 : 0)
  );
}

export function conv2dByStrips(
  x: usize, filter: usize, bias: usize, y: usize, scratch: usize, g: Geometry,
): void {
  const H = g.H, W = g.W, kH = g.kH, kW = g.kW, K = g.K, yH = g.yH, yW = g.yW;
  const rows = g.reachH, columns = g.reachW, strips = stripsOf(g), atOnce = stripsAtOnce(g);
  const stripRowBytes = <usize>kW * STEP_BYTES, stripSize = <usize>rows * stripRowBytes;
  const yPixelBytes = <usize>K * F32;
  const positions = scratch, run = positions + <usize>tableSize(<f64>atOnce * COLUMNS * yH);
  const firstStrip = run + <usize>tableSize(1), frame = firstStrip + <usize>atOnce * stripSize;

  setPair(run, 0, 0, 0);
  const isFramed = g.isFramed, width = isFramed ? columns : W;
  // 0 if all windows end in the padding before the image.
  const insideRowBytes = <usize>max(0, min(W, columns - g.padL)) * F32;
  const insideRows = min(H, rows - g.padT);
  const inside = frame + <usize>(g.padT * columns + g.padL) * F32;
  if (isFramed) memory.fill(frame, 0, <usize>(rows * columns) * F32);
  for (let b = 0; b < g.B; ++b) {
    if (isFramed) {
      for (let xR = 0; xR < insideRows; ++xR)
        memory.copy(inside + <usize>(xR * columns) * F32, x + <usize>(xR * W) * F32, insideRowBytes);
    }
    for (let first = 0; first < strips; first += atOnce) {
      const count = min(atOnce, strips - first);
      for (let strip = 0; strip < count; ++strip) {
        const image = (isFramed ? frame : x) + <usize>firstColumn(first + strip, yW) * F32;
        layOut(image, width, rows, kW, firstStrip + <usize>strip * stripSize);
      }
      // One table serves all images if it lists all strips.
      if (b == 0 || atOnce < strips)
        setPositions(positions, first, count, stripSize, <usize>g.sH * stripRowBytes, yH, yW, yPixelBytes);
      productOfNeighbours(
        positions, count * COLUMNS * yH, run, 1, kH * kW, firstStrip, STEP_BYTES, filter, yPixelBytes, bias, false, y, K,
      );
    }
    x += <usize>(H * W) * F32;
    y += <usize>(yH * yW) * yPixelBytes;
  }
}

/** The windows of `count` strips from `first` on: where each begins in the strips, and where its outputs lie in y. */
function setPositions(
  positions: usize, first: i32, count: i32, stripSize: usize, down: usize, yH: i32, yW: i32, yPixelBytes: usize,
): void {
  let position = 0;
  for (let strip = 0; strip < count; ++strip) {
    for (let yR = 0; yR < yH; ++yR) {
      const windowAt = <usize>strip * stripSize + <usize>yR * down;
      const yFirst = yR * yW + firstColumn(first + strip, yW);
      for (let column = 0; column < COLUMNS; ++column)
        setPair(positions, position++, windowAt, <usize>(yFirst + column) * yPixelBytes);
    }
  }
}

/** The first column of y in a strip. The last strip shares columns with the one before it if 4 doesn't divide yW. */
function firstColumn(strip: i32, yW: i32): i32 {
  return min(strip * COLUMNS, yW - COLUMNS);
}

function layOut(image: usize, width: i32, rows: i32, kW: i32, strip: usize): void {
  for (let row = 0; row < rows; ++row) {
    for (let wC = 0; wC < kW; ++wC, strip += STEP_BYTES)
      v128.store(strip, v128.load(image + <usize>wC * F32));
    image += <usize>width * F32;
  }
}
