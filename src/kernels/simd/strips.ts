// strips: conv2d's forward pass on images of one channel, with windows side by side
//   forward    y[b, yR, yC, d2] = bias[d2]
//                               + sum over wR, wC of x[b, xR, xC] filter[wR, wC, d2]
//   with       xR = yR sH + wR - padT      xC = yC + wC - padL      (C = sW = dilH = dilW = 1)
//
// Elsewhere a window is kH runs through the image. Here they would be of kW numbers only, and to
// begin a run costs the tile of product.ts as much as two or three of its steps. So each image is
// first laid out in strips, one for four columns of y at a time:
//
//   strip[row][wC][0 to 3] = x[row - padT, yC + wC - padL] for these four yC
//
// A window of theirs is a single run now, kH kW steps through a strip, and the four numbers that the
// tile needs at a step are neighbours, so that one pointer finds all. A strip serves all windows one
// below the other: a number is copied kW times, not kH kW times as by im2col.
// The idea of lowering along one axis only: Cho and Brand, "MEC: memory-efficient convolution for
// deep neural network", 2017.

import {ROWS, STEPS, productOfNeighbours, setPair, tableSize} from './product';
import {F32} from './vector';

/** Columns of y that share a strip. */
const COLUMNS = ROWS;

/** Bytes of one step: a number for each of those columns. */
const STEP: usize = COLUMNS * F32;

/** Bytes of the strips that are laid out at a time, if one isn't larger: few enough for the cache. */
const AT_ONCE: f64 = 2 ** 18;

/** True if this file can do it. */
export function isOneChannelSideBySide(
  C: i32, kH: i32, kW: i32, sW: i32, dilH: i32, dilW: i32, yW: i32,
): bool {
  return C == 1 && sW == 1 && dilH == 1 && dilW == 1 && yW >= COLUMNS && kH * kW <= STEPS;
}

const stripsOf = (yW: i32): i32 => (yW + COLUMNS - 1) / COLUMNS;

/** Rows of an image with its padding, as far as windows reach. */
const rowsOf = (kH: i32, yH: i32, sH: i32): i32 => (yH - 1) * sH + kH;

const columnsOf = (kW: i32, yW: i32): i32 => yW + kW - 1;

const stripSize = (rows: i32, kW: i32): f64 => <f64>rows * kW * STEP;

const stripsAtOnce = (strips: i32, rows: i32, kW: i32): i32 =>
  <i32>min(<f64>strips, max(1.0, Math.floor(AT_ONCE / stripSize(rows, kW))));

/** Windows may reach into padding: then the image is copied into a frame of zeros. */
export function stripsAreFramed(
  H: i32, W: i32, kH: i32, kW: i32, yH: i32, yW: i32, sH: i32, padT: i32, padL: i32,
): bool {
  return padT > 0 || padL > 0 || rowsOf(kH, yH, sH) > H || columnsOf(kW, yW) > W;
}

export function stripsScratch(
  H: i32, W: i32, kH: i32, kW: i32, yH: i32, yW: i32, sH: i32, padT: i32, padL: i32,
): f64 {
  const rows = rowsOf(kH, yH, sH), atOnce = stripsAtOnce(stripsOf(yW), rows, kW);
  const framed = stripsAreFramed(H, W, kH, kW, yH, yW, sH, padT, padL);
  return (
    tableSize(<f64>atOnce * COLUMNS * yH) + tableSize(1) + atOnce * stripSize(rows, kW) +
    (framed ? <f64>rows * columnsOf(kW, yW) * F32 : 0)
  );
}

export function conv2dByStrips(
  x: usize, filter: usize, bias: usize, y: usize, scratch: usize, B: i32, H: i32, W: i32, kH: i32,
  kW: i32, K: i32, yH: i32, yW: i32, sH: i32, padT: i32, padL: i32,
): void {
  const rows = rowsOf(kH, yH, sH), columns = columnsOf(kW, yW), strips = stripsOf(yW);
  const atOnce = stripsAtOnce(strips, rows, kW);
  const stripRow = <usize>kW * STEP, strip = <usize>rows * stripRow;
  const yPixel = <usize>K * F32;
  const positions = scratch, run = positions + <usize>tableSize(<f64>atOnce * COLUMNS * yH);
  const first = run + <usize>tableSize(1), frame = first + <usize>atOnce * strip;

  setPair(run, 0, 0, 0);
  const framed = stripsAreFramed(H, W, kH, kW, yH, yW, sH, padT, padL);
  const width = framed ? columns : W;
  // None, if no window reaches beyond the padding.
  const insideRow = <usize>max(0, min(W, columns - padL)) * F32, insideRows = min(H, rows - padT);
  const corner = frame + <usize>(padT * columns + padL) * F32;
  if (framed) memory.fill(frame, 0, <usize>(rows * columns) * F32);
  for (let b = 0; b < B; ++b) {
    if (framed) {
      for (let xR = 0; xR < insideRows; ++xR)
        memory.copy(corner + <usize>(xR * columns) * F32, x + <usize>(xR * W) * F32, insideRow);
    }
    for (let s = 0; s < strips; s += atOnce) {
      const count = min(atOnce, strips - s);
      for (let i = 0; i < count; ++i) {
        const image = (framed ? frame : x) + <usize>firstColumn(s + i, yW) * F32;
        layOut(image, width, rows, kW, first + <usize>i * strip);
      }
      // Where all strips are there at once, the table serves all images.
      if (b == 0 || atOnce < strips) setPositions(positions, s, count, strip, sH * stripRow, yH, yW, yPixel);
      productOfNeighbours(
        positions, count * COLUMNS * yH, run, 1, kH * kW, first, STEP, filter, yPixel, bias, y, K,
      );
    }
    x += <usize>(H * W) * F32;
    y += <usize>(yH * yW) * yPixel;
  }
}

/** Where the windows of the strips from s on lie, and what is computed from them. */
function setPositions(
  positions: usize, s: i32, strips: i32, strip: usize, down: usize, yH: i32, yW: i32, yPixel: usize,
): void {
  let position = 0;
  for (let i = 0; i < strips; ++i) {
    for (let yR = 0; yR < yH; ++yR) {
      const yFirst = yR * yW + firstColumn(s + i, yW);
      for (let j = 0; j < COLUMNS; ++j) {
        const at = <usize>i * strip + <usize>yR * down;
        setPair(positions, position++, at, <usize>(yFirst + j) * yPixel);
      }
    }
  }
}

/** The last strip shares columns with the one before it where yW is no multiple of four. */
function firstColumn(strip: i32, yW: i32): i32 {
  return min(strip * COLUMNS, yW - COLUMNS);
}

function layOut(image: usize, width: i32, rows: i32, kW: i32, strip: usize): void {
  for (let row = 0; row < rows; ++row) {
    for (let wC = 0; wC < kW; ++wC, strip += STEP)
      v128.store(strip, v128.load(image + <usize>wC * F32));
    image += <usize>width * F32;
  }
}
