// max_pool: every output is the largest element of its window
//   x [B, H, W, C]   ->   y [B, yH, yW, C], position [B, yH, yW, C] (int32)
//   forward    y[b, yR, yC, d1]  = max over wR, wC of x[b, xR, xC, d1]
//   backward   dx[b, xR, xC, d1] = sum of dy[b, yR, yC, d1] over windows with their maximum there
//   with       xR = yR sH + wR - padT      xC = yC sW + wC - padL      position = wR kW + wC
// The first maximum in row order wins a tie; a NaN is larger than everything. Padding is never a
// maximum; a window of nothing else has position -1 and the value -Infinity. Stock TensorFlow.js
// ignores NaN, and so does a second forward pass: to it a window without a number above -Infinity
// is like one of padding.
//
// Channels lie side by side, so four of them are compared at once, and masks select value and
// position. The taps of a window that lie inside of the image are listed with their offsets from the
// first tap. One list serves all windows with the same taps: otherwise the loops over four taps cost
// more than the taps. Backward, each window writes dy at its position and 0 at its other taps. If
// windows don't overlap, each element of dx is written once and never read; else dy is added. The
// usual four taps have loops of their own, in registers.

import {Geometry} from './geometry';
import {own} from './own';
import {F32, storeFirst} from './vector';

/** Bytes of a listed tap: its offset in bytes from the window's first tap, and its position. */
const TAP: usize = 8;

/** The taps wR0 <= wR < wR1, wC0 <= wC < wC1 of a window. */
@unmanaged
class Taps {
  list: usize; end: usize;
  wR0: i32; wR1: i32; wC0: i32; wC1: i32;

  reset(list: usize): void {
    this.list = list;
    this.wR1 = -1; // differs from that of any window, so the first row writes a list
  }

  /** Before each row of windows. */
  setRows(wR0: i32, wR1: i32): void {
    if (this.wR0 == wR0 && this.wR1 == wR1) return;
    this.wR0 = wR0;
    this.wR1 = wR1;
    this.wC1 = -1; // differs from that of any window, so the row's first window writes a list
  }

  /** Before each window: lists its taps, unless the window before had the same. */
  @inline
  setColumns(wC0: i32, wC1: i32, kW: i32, rowBytes: usize, pixelBytes: usize): void {
    if (this.wC0 != wC0 || this.wC1 != wC1) this.write(wC0, wC1, kW, rowBytes, pixelBytes);
  }

  private write(wC0: i32, wC1: i32, kW: i32, rowBytes: usize, pixelBytes: usize): void {
    this.wC0 = wC0;
    this.wC1 = wC1;
    let tap = this.list;
    for (let wR = this.wR0; wR < this.wR1; ++wR) {
      for (let wC = wC0; wC < wC1; ++wC, tap += TAP) {
        store<usize>(tap, <usize>wR * rowBytes + <usize>wC * pixelBytes);
        store<i32>(tap, wR * kW + wC, 4);
      }
    }
    this.end = tap;
  }
}

const allTaps = changetype<Taps>(own(offsetof<Taps>()));

/** Bytes of `scratch` for both passes. */
export function maxPoolScratch(g: Geometry): f64 {
  return <f64>min(g.H, g.kH) * min(g.W, g.kW) * TAP;
}

export function maxPool(x: usize, y: usize, position: usize, scratch: usize, g: Geometry): void {
  pool(true, x, y, position, scratch, g);
}

export function maxPoolIgnoringNaN(
  x: usize, y: usize, position: usize, scratch: usize, g: Geometry,
): void {
  pool(false, x, y, position, scratch, g);
}

// `nanWins` is a constant where this is inlined. Sizes are read from g where they are used: as locals of
// the whole function they made V8's code a tenth slower here.
@inline
function pool(
  nanWins: bool, x: usize, y: usize, position: usize, scratch: usize, g: Geometry,
): void {
  const C = g.C, pixelBytes = <usize>C * F32, rowBytes = <usize>g.W * pixelBytes;
  const taps = allTaps; // V8 would read a global again for each window
  taps.reset(scratch);
  for (let b = 0; b < g.B; ++b) {
    for (let yR = 0; yR < g.yH; ++yR) {
      const top = yR * g.sH - g.padT;
      taps.setRows(max(0, -top), min(g.kH, g.H - top));
      const rowAt = x + <usize>(b * g.H + top) * rowBytes;
      for (let yC = 0; yC < g.yW; ++yC) {
        const left = yC * g.sW - g.padL;
        taps.setColumns(max(0, -left), min(g.kW, g.W - left), g.kW, rowBytes, pixelBytes);
        const first = taps.list, end = taps.end;
        let windowAt = rowAt + <usize>left * pixelBytes;
        let d1 = 0;
        if (nanWins && end - first == 4 * TAP) {
          const offset0 = load<usize>(first), offset1 = load<usize>(first, TAP);
          const offset2 = load<usize>(first, 2 * TAP), offset3 = load<usize>(first, 3 * TAP);
          const position0 = v128.load32_splat(first, 4), position1 = v128.load32_splat(first, TAP + 4);
          const position2 = v128.load32_splat(first, 2 * TAP + 4);
          const position3 = v128.load32_splat(first, 3 * TAP + 4);
          for (; d1 <= C - 4; d1 += 4, windowAt += 16) {
            const x1 = v128.load(windowAt + offset1), x2 = v128.load(windowAt + offset2);
            const x3 = v128.load(windowAt + offset3);
            let best = v128.load(windowAt + offset0), bestPosition = position0;
            let isBetter = better(x1, best);
            best = v128.bitselect(x1, best, isBetter);
            bestPosition = v128.bitselect(position1, bestPosition, isBetter);
            isBetter = better(x2, best);
            best = v128.bitselect(x2, best, isBetter);
            bestPosition = v128.bitselect(position2, bestPosition, isBetter);
            isBetter = better(x3, best);
            best = v128.bitselect(x3, best, isBetter);
            bestPosition = v128.bitselect(position3, bestPosition, isBetter);
            v128.store(y, best);
            v128.store(position, bestPosition);
            y += 16;
            position += 16;
          }
        }
        for (; d1 < C; d1 += 4, windowAt += 16) {
          let best = f32x4.splat(-Infinity), bestPosition = i32x4.splat(-1);
          let tap = first;
          if (nanWins && tap < end) {
            best = v128.load(windowAt + load<usize>(tap));
            bestPosition = v128.load32_splat(tap, 4);
            tap += TAP;
          }
          for (; tap < end; tap += TAP) {
            const xi = v128.load(windowAt + load<usize>(tap));
            const isBetter = nanWins ? better(xi, best) : f32x4.gt(xi, best);
            best = v128.bitselect(xi, best, isBetter);
            bestPosition = v128.bitselect(v128.load32_splat(tap, 4), bestPosition, isBetter);
          }
          const channels = min(C - d1, 4);
          storeFirst(y, best, channels);
          storeFirst(position, bestPosition, channels);
          y += <usize>channels * F32;
          position += <usize>channels * F32;
        }
      }
    }
  }
}

export function maxPoolGradient(
  dy: usize, position: usize, dx: usize, scratch: usize, g: Geometry,
): void {
  const H = g.H, W = g.W, C = g.C, kH = g.kH, kW = g.kW, yH = g.yH, yW = g.yW;
  const sH = g.sH, sW = g.sW, padT = g.padT, padL = g.padL;
  const pixelBytes = <usize>C * F32, rowBytes = <usize>W * pixelBytes;
  const overlap = kH > sH || kW > sW;
  const covered = kH >= sH && kW >= sW && yH * sH - padT >= H && yW * sW - padL >= W;
  if (overlap || !covered) memory.fill(dx, 0, <usize>(g.B * H) * rowBytes);
  const taps = allTaps;
  taps.reset(scratch);
  for (let b = 0; b < g.B; ++b) {
    for (let yR = 0; yR < yH; ++yR) {
      const top = yR * sH - padT;
      taps.setRows(max(0, -top), min(kH, H - top));
      const rowAt = dx + <usize>(b * H + top) * rowBytes;
      for (let yC = 0; yC < yW; ++yC) {
        const left = yC * sW - padL;
        taps.setColumns(max(0, -left), min(kW, W - left), kW, rowBytes, pixelBytes);
        const first = taps.list, end = taps.end;
        let windowAt = rowAt + <usize>left * pixelBytes;
        let d1 = 0;
        if (!overlap && end - first == 4 * TAP) {
          const offset0 = load<usize>(first), offset1 = load<usize>(first, TAP);
          const offset2 = load<usize>(first, 2 * TAP), offset3 = load<usize>(first, 3 * TAP);
          const position0 = v128.load32_splat(first, 4), position1 = v128.load32_splat(first, TAP + 4);
          const position2 = v128.load32_splat(first, 2 * TAP + 4);
          const position3 = v128.load32_splat(first, 3 * TAP + 4);
          for (; d1 <= C - 4; d1 += 4, windowAt += 16) {
            const dyi = v128.load(dy), positions = v128.load(position);
            v128.store(windowAt + offset0, v128.and(dyi, i32x4.eq(positions, position0)));
            v128.store(windowAt + offset1, v128.and(dyi, i32x4.eq(positions, position1)));
            v128.store(windowAt + offset2, v128.and(dyi, i32x4.eq(positions, position2)));
            v128.store(windowAt + offset3, v128.and(dyi, i32x4.eq(positions, position3)));
            dy += 16;
            position += 16;
          }
        }
        for (; d1 < C; d1 += 4, windowAt += 16) {
          const channels = min(C - d1, 4);
          const dyi = v128.load(dy), positions = v128.load(position);
          for (let tap = first; tap < end; tap += TAP) {
            const dxAt = windowAt + load<usize>(tap);
            let dxi = v128.and(dyi, i32x4.eq(positions, v128.load32_splat(tap, 4)));
            if (overlap) dxi = f32x4.add(dxi, v128.load(dxAt));
            storeFirst(dxAt, dxi, channels);
          }
          dy += <usize>channels * F32;
          position += <usize>channels * F32;
        }
      }
    }
  }
}

/** True where xi is larger, and where it is NaN and best isn't. */
@inline
function better(xi: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(xi, best));
}
