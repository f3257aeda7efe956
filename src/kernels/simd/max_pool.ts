// max_pool: every output is the largest element of its window
//   x [B, H, W, C]   ->   y [B, yH, yW, C], position [B, yH, yW, C] (int32)
//   forward    y[b, yR, yC, d1]  = max over wR, wC of x[b, xR, xC, d1]
//   backward   dx[b, xR, xC, d1] = sum of dy[b, yR, yC, d1] over windows with their maximum there
//   with       xR = yR sH + wR - padT      xC = yC sW + wC - padL      position = wR kW + wC
// The first maximum in row order wins a tie; a NaN is larger than everything. Padding is never a
// maximum; a window of nothing else has position -1 and the value -Infinity. Stock TensorFlow.js
// ignores NaN, so there is a second forward pass that does: a window without a number above
// -Infinity is then like one of padding.
//
// Channels lie side by side, so four of them are compared at once, and masks carry value and
// position along. The cells of a window (which of them lie inside of the image, and how far from
// its corner) are listed once and serve all windows that see the same ones: otherwise the loops
// over four cells cost more than the cells. Backward, each window writes dy where its position is
// and 0 elsewhere. Where windows do not overlap that is all there is to write, once, without
// reading dx; in general it is added. The usual four cells have loops of their own, in registers.

import {F32, storeFirst} from './vector';

const CELL: usize = 8;

/** A window's cells wR0 <= wR < wR1, wC0 <= wC < wC1: byte offset from its corner, and position. */
@unmanaged
class Cells {
  list: usize;
  end: usize;
  wR0: i32;
  wR1: i32;
  wC0: i32;
  wC1: i32;

  reset(list: usize): void {
    this.list = list;
    this.wR1 = -1; // the first window has cells
  }

  @inline
  see(wR0: i32, wR1: i32, wC0: i32, wC1: i32, kW: i32, row: usize, pixel: usize): void {
    if (this.wR0 != wR0 || this.wR1 != wR1 || this.wC0 != wC0 || this.wC1 != wC1) {
      this.write(wR0, wR1, wC0, wC1, kW, row, pixel);
    }
  }

  private write(wR0: i32, wR1: i32, wC0: i32, wC1: i32, kW: i32, row: usize, pixel: usize): void {
    this.wR0 = wR0;
    this.wR1 = wR1;
    this.wC0 = wC0;
    this.wC1 = wC1;
    let cell = this.list;
    for (let wR = wR0; wR < wR1; ++wR) {
      for (let wC = wC0; wC < wC1; ++wC, cell += CELL) {
        store<usize>(cell, <usize>wR * row + <usize>wC * pixel);
        store<i32>(cell, wR * kW + wC, 4);
      }
    }
    this.end = cell;
  }
}

const cells = changetype<Cells>(memory.data(32, 16));

/** Bytes of `scratch` that both passes need. */
export function maxPoolScratch(H: i32, W: i32, kH: i32, kW: i32): f64 {
  return <f64>min(H, kH) * min(W, kW) * CELL;
}

export function maxPool(
  x: usize, y: usize, position: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32, kH: i32,
  kW: i32, yH: i32, yW: i32, sH: i32, sW: i32, padT: i32, padL: i32,
): void {
  pool(true, x, y, position, scratch, B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL);
}

export function maxPoolIgnoringNaN(
  x: usize, y: usize, position: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32, kH: i32,
  kW: i32, yH: i32, yW: i32, sH: i32, sW: i32, padT: i32, padL: i32,
): void {
  pool(false, x, y, position, scratch, B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL);
}

// `nanWins` is a constant where this is inlined.
@inline
function pool(
  nanWins: bool, x: usize, y: usize, position: usize, scratch: usize, B: i32, H: i32, W: i32,
  C: i32, kH: i32, kW: i32, yH: i32, yW: i32, sH: i32, sW: i32, padT: i32, padL: i32,
): void {
  const pixel = <usize>C * F32, row = <usize>W * pixel;
  cells.reset(scratch);
  for (let b = 0; b < B; ++b) {
    for (let yR = 0; yR < yH; ++yR) {
      const top = yR * sH - padT, wR0 = max(0, -top), wR1 = min(kH, H - top);
      for (let yC = 0; yC < yW; ++yC) {
        const left = yC * sW - padL;
        cells.see(wR0, wR1, max(0, -left), min(kW, W - left), kW, row, pixel);
        const first = cells.list, end = cells.end;
        let corner = x + <usize>(b * H + top) * row + <usize>left * pixel;
        let d1 = 0;
        if (nanWins && end - first == 4 * CELL) {
          const x0 = load<usize>(first), x1 = load<usize>(first, CELL);
          const x2 = load<usize>(first, 2 * CELL), x3 = load<usize>(first, 3 * CELL);
          const at0 = v128.load32_splat(first, 4), at1 = v128.load32_splat(first, CELL + 4);
          const at2 = v128.load32_splat(first, 2 * CELL + 4);
          const at3 = v128.load32_splat(first, 3 * CELL + 4);
          for (; d1 <= C - 4; d1 += 4, corner += 16) {
            const c1 = v128.load(corner + x1), c2 = v128.load(corner + x2);
            const c3 = v128.load(corner + x3);
            let best = v128.load(corner + x0), at = at0;
            let isBetter = better(c1, best);
            best = v128.bitselect(c1, best, isBetter);
            at = v128.bitselect(at1, at, isBetter);
            isBetter = better(c2, best);
            best = v128.bitselect(c2, best, isBetter);
            at = v128.bitselect(at2, at, isBetter);
            isBetter = better(c3, best);
            best = v128.bitselect(c3, best, isBetter);
            at = v128.bitselect(at3, at, isBetter);
            v128.store(y, best);
            v128.store(position, at);
            y += 16;
            position += 16;
          }
        }
        for (; d1 < C; d1 += 4, corner += 16) {
          let best = f32x4.splat(-Infinity), at = i32x4.splat(-1);
          let cell = first;
          if (nanWins && cell < end) {
            best = v128.load(corner + load<usize>(cell));
            at = v128.load32_splat(cell, 4);
            cell += CELL;
          }
          for (; cell < end; cell += CELL) {
            const xi = v128.load(corner + load<usize>(cell));
            const isBetter = nanWins ? better(xi, best) : f32x4.gt(xi, best);
            best = v128.bitselect(xi, best, isBetter);
            at = v128.bitselect(v128.load32_splat(cell, 4), at, isBetter);
          }
          const channels = min(C - d1, 4);
          storeFirst(y, best, channels);
          storeFirst(position, at, channels);
          y += <usize>channels * F32;
          position += <usize>channels * F32;
        }
      }
    }
  }
}

export function maxPoolGradient(
  dy: usize, position: usize, dx: usize, scratch: usize, B: i32, H: i32, W: i32, C: i32, kH: i32,
  kW: i32, yH: i32, yW: i32, sH: i32, sW: i32, padT: i32, padL: i32,
): void {
  const pixel = <usize>C * F32, row = <usize>W * pixel;
  const overlap = kH > sH || kW > sW;
  const covered = kH >= sH && kW >= sW && yH * sH - padT >= H && yW * sW - padL >= W;
  if (overlap || !covered) memory.fill(dx, 0, <usize>(B * H) * row);
  cells.reset(scratch);
  for (let b = 0; b < B; ++b) {
    for (let yR = 0; yR < yH; ++yR) {
      const top = yR * sH - padT, wR0 = max(0, -top), wR1 = min(kH, H - top);
      for (let yC = 0; yC < yW; ++yC) {
        const left = yC * sW - padL;
        cells.see(wR0, wR1, max(0, -left), min(kW, W - left), kW, row, pixel);
        const first = cells.list, end = cells.end;
        let corner = dx + <usize>(b * H + top) * row + <usize>left * pixel;
        let d1 = 0;
        if (!overlap && end - first == 4 * CELL) {
          const dx0 = load<usize>(first), dx1 = load<usize>(first, CELL);
          const dx2 = load<usize>(first, 2 * CELL), dx3 = load<usize>(first, 3 * CELL);
          const at0 = v128.load32_splat(first, 4), at1 = v128.load32_splat(first, CELL + 4);
          const at2 = v128.load32_splat(first, 2 * CELL + 4);
          const at3 = v128.load32_splat(first, 3 * CELL + 4);
          for (; d1 <= C - 4; d1 += 4, corner += 16) {
            const dyi = v128.load(dy), at = v128.load(position);
            v128.store(corner + dx0, v128.and(dyi, i32x4.eq(at, at0)));
            v128.store(corner + dx1, v128.and(dyi, i32x4.eq(at, at1)));
            v128.store(corner + dx2, v128.and(dyi, i32x4.eq(at, at2)));
            v128.store(corner + dx3, v128.and(dyi, i32x4.eq(at, at3)));
            dy += 16;
            position += 16;
          }
        }
        for (; d1 < C; d1 += 4, corner += 16) {
          const channels = min(C - d1, 4);
          const dyi = v128.load(dy), at = v128.load(position);
          for (let cell = first; cell < end; cell += CELL) {
            const dxAt = corner + load<usize>(cell);
            let dxi = v128.and(dyi, i32x4.eq(at, v128.load32_splat(cell, 4)));
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

/** Where xi is larger; or NaN, unless best is NaN already. */
@inline
function better(xi: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(xi, best));
}
