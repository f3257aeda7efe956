// channelwise: sums over windows that keep the channels apart, for depthwise.ts and avg_pool.ts
//   x [B, input rows, input columns, C]   filter [kH, kW, C]   start [C]   ->   y [B, output rows, output columns, C]
//   weighted   y[b, yR, yC, d1] = start[d1] + sum over wR, wC of x[b, xR, xC, d1] filter[wR, wC, d1]
//   mean       y[b, yR, yC, d1] = (sum over wR, wC of x[b, xR, xC, d1]) / divisor
//   with xR, xC as axis.ts finds them, backward too: then x is dy, y is dx, and the filter is turned
//
// Channels lie side by side, so a vector is four of them. A multiply-add has two operands of its own, and a core
// loads only about as many vectors a cycle as it multiplies. So the tile is four outputs by one vector: a vector
// of the filter serves four. The taps of a group of outputs are listed once, and its outputs across the whole
// batch fill the tiles, as in conv2d.ts.

import {columns, rows, setBackward, setForward} from './axis';
import {Geometry} from './geometry';
import {PAIR, ROWS, setPair, tableSize} from './product';
import {F32, multiplyAdd, storeFirst} from './vector';

/** Outputs listed at a time: few enough for them and their windows to stay in the cache. */
const POSITIONS = 256;

/** Bytes of `scratch`. */
export function channelwiseScratch(g: Geometry): f64 {
  return tableSize(POSITIONS) + tableSize(<f64>g.kH * g.kW);
}

/** The sums with a filter: forward, or with `backward` those that make dx [B, H, W, C] of dy. */
export function weightedSums(
  backward: bool, x: usize, filter: usize, start: usize, y: usize, scratch: usize, g: Geometry,
): void {
  sums(true, backward, x, filter, start, 0, y, scratch, g);
}

/** The sums divided by `divisor`, or by their number of taps if it is 0. */
export function means(backward: bool, x: usize, divisor: f32, y: usize, scratch: usize, g: Geometry): void {
  sums(false, backward, x, 0, 0, divisor, y, scratch, g);
}

// `weighted` is a constant where this is inlined.
@inline
function sums(
  weighted: bool, backward: bool, x: usize, filter: usize, start: usize, divisor: f32, y: usize, scratch: usize,
  g: Geometry,
): void {
  const positions = scratch, taps = positions + <usize>tableSize(POSITIONS);
  if (backward) setBackward(g);
  else setForward(g);
  const B = g.B, C = g.C, pixelBytes = <usize>C * F32;
  const xRowBytes = <usize>columns.input * pixelBytes, yRowBytes = <usize>columns.output * pixelBytes;
  const xImageBytes = <usize>rows.input * xRowBytes, yImageBytes = <usize>rows.output * yRowBytes;
  // From one output of a group to the next.
  const xDown = <usize>rows.stride * xRowBytes, xRight = <usize>columns.stride * pixelBytes;
  const yDown = <usize>rows.gap * yRowBytes, yRight = <usize>columns.gap * pixelBytes;

  rows.rewind();
  while (rows.nextGroup()) {
    columns.rewind();
    while (columns.nextGroup()) {
      const tapsEnd = listTaps(taps, C, backward);
      const count = divisor == 0 ? <f32>(rows.tapCount * columns.tapCount) : divisor;
      const xFirst = x + <usize>rows.firstInput * xRowBytes + <usize>columns.firstInput * pixelBytes;
      const yFirst = y + <usize>rows.first * yRowBytes + <usize>columns.first * pixelBytes;
      let listed = 0;
      for (let b = 0; b < B; ++b) {
        for (let row = 0; row < rows.count; ++row) {
          let xAt = xFirst + <usize>b * xImageBytes + <usize>row * xDown;
          let yAt = yFirst + <usize>b * yImageBytes + <usize>row * yDown;
          for (let column = 0; column < columns.count; ++column) {
            setPair(positions, listed, xAt, yAt);
            xAt += xRight;
            yAt += yRight;
            if (++listed == POSITIONS) {
              tiles(weighted, positions, listed, taps, tapsEnd, filter, start, count, C);
              listed = 0;
            }
          }
        }
      }
      if (listed > 0) tiles(weighted, positions, listed, taps, tapsEnd, filter, start, count, C);
    }
  }
}

/** Lists the group's taps: where each lies from the window's first on, and in the filter. Gives the list's end. */
export function listTaps(taps: usize, C: i32, turned: bool): usize {
  const last = rows.taps * columns.taps - 1;
  let count = 0;
  for (let row = 0; row < rows.tapCount; ++row) {
    for (let column = 0; column < columns.tapCount; ++column) {
      const wR = rows.firstTap + row * rows.tapStep, wC = columns.firstTap + column * columns.tapStep;
      const tap = wR * columns.taps + wC;
      const pixel = row * rows.inputStep * columns.input + column * columns.inputStep;
      const pixelBytes = <usize>C * F32;
      setPair(taps, count++, <usize>pixel * pixelBytes, <usize>(turned ? last - tap : tap) * pixelBytes);
    }
  }
  return taps + <usize>count * PAIR;
}

@inline
function tiles(
  weighted: bool, positions: usize, count: i32, taps: usize, tapsEnd: usize, filter: usize, start: usize,
  divisor: f32, C: i32,
): void {
  // The last tile may lack outputs: it computes and stores the last one again.
  for (let position = count; position % ROWS != 0; ++position) {
    const last = positions + <usize>(count - 1) * PAIR;
    setPair(positions, position, load<usize>(last), load<usize>(last, 4));
  }
  const end = positions + <usize>count * PAIR, divisors = f32x4.splat(divisor);
  for (let position = positions; position < end; position += <usize>ROWS * PAIR) {
    let x0 = load<usize>(position), x1 = load<usize>(position, 8);
    let x2 = load<usize>(position, 16), x3 = load<usize>(position, 24);
    const y0 = load<usize>(position, 4), y1 = load<usize>(position, 12);
    const y2 = load<usize>(position, 20), y3 = load<usize>(position, 28);
    for (let d1 = 0; d1 < C; d1 += 4) {
      const d1Bytes = <usize>d1 * F32;
      let a0 = start ? v128.load(start + d1Bytes) : f32x4.splat(0);
      let a1 = a0, a2 = a0, a3 = a0;
      for (let tap = taps; tap < tapsEnd; tap += PAIR) {
        const offset = load<usize>(tap);
        if (weighted) {
          const weights = v128.load(filter + d1Bytes + load<usize>(tap, 4));
          a0 = multiplyAdd(v128.load(x0 + offset), weights, a0);
          a1 = multiplyAdd(v128.load(x1 + offset), weights, a1);
          a2 = multiplyAdd(v128.load(x2 + offset), weights, a2);
          a3 = multiplyAdd(v128.load(x3 + offset), weights, a3);
        } else {
          a0 = f32x4.add(v128.load(x0 + offset), a0);
          a1 = f32x4.add(v128.load(x1 + offset), a1);
          a2 = f32x4.add(v128.load(x2 + offset), a2);
          a3 = f32x4.add(v128.load(x3 + offset), a3);
        }
      }
      if (!weighted) {
        a0 = f32x4.div(a0, divisors);
        a1 = f32x4.div(a1, divisors);
        a2 = f32x4.div(a2, divisors);
        a3 = f32x4.div(a3, divisors);
      }
      const channels = C - d1;
      storeFirst(y0 + d1Bytes, a0, channels);
      storeFirst(y1 + d1Bytes, a1, channels);
      storeFirst(y2 + d1Bytes, a2, channels);
      storeFirst(y3 + d1Bytes, a3, channels);
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
    }
  }
}
