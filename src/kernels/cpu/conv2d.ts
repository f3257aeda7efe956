// conv2d over typed arrays (see ops/conv2d.ts): image by image, a product of matrices, one of which is the image's
// windows. They overlap, and are never copied together: windows.ts.
//   X = im2col(x)       Y = X F + b       dX = dY Fᵀ, dx = col2im(dX)       dF = Σ over b of Xᵀ dY
//   X [P, R]   F [R, K]   Y [P, K]        P = yH·yW windows of R = kH·kW·C elements each
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import {repeatRow} from './bias.ts';
import {type Floats, matMul, matrix, transpose} from './matmul.ts';
import {Frame} from './windows.ts';

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or null -> y [B, yH, yW, K] */
export function conv2d(
  x: Floats,
  filter: Floats,
  bias: Floats | null,
  g: Conv2DGeometry,
  y: Floats,
): void {
  const frame = new Frame(g, x);
  const P = g.yH * g.yW;
  const F = matrix(filter, g.kH * g.kW * g.C, g.K);
  const Y = matrix(y, P, g.K);
  if (bias) repeatRow(bias, y);
  if (frame.isPadded && !areFinite(filter)) {
    forEachInside(g, (xAt, filterAt, yAt) => {
      y[yAt] += x[xAt] * filter[filterAt];
    });
    return;
  }
  for (let b = 0; b < g.B; b++) {
    Y.offset = b * P * g.K;
    matMul(frame.windowsOf(x, b), F, Y, bias !== null); // Y = X F + b
  }
}

/** dy [B, yH, yW, K], filter [kH, kW, C, K] -> dx [B, H, W, C], which must come filled with zeros */
export function conv2dInputGradient(
  dy: Floats,
  filter: Floats,
  g: Conv2DGeometry,
  dx: Floats,
): void {
  const frame = new Frame(g, dx);
  const P = g.yH * g.yW;
  const dY = matrix(dy, P, g.K);
  const F = matrix(filter, g.kH * g.kW * g.C, g.K);
  for (let b = 0; b < g.B; b++) {
    dY.offset = b * P * g.K;
    const dX = frame.windowsInto(dx, b);
    matMul(F, transpose(dY), transpose(dX), true); // dXᵀ = F dYᵀ, so that the zeros of dY are on the right
    frame.carryBack(dx, b);
  }
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K], which must come filled with zeros */
export function conv2dFilterGradient(
  x: Floats,
  dy: Floats,
  g: Conv2DGeometry,
  dFilter: Floats,
): void {
  const frame = new Frame(g, x);
  const P = g.yH * g.yW;
  const dY = matrix(dy, P, g.K);
  const dF = matrix(dFilter, g.kH * g.kW * g.C, g.K);
  if (frame.isPadded && !areFinite(dy)) {
    forEachInside(g, (xAt, filterAt, yAt) => {
      dFilter[filterAt] += x[xAt] * dy[yAt];
    });
    return;
  }
  for (let b = 0; b < g.B; b++) {
    dY.offset = b * P * g.K;
    matMul(transpose(frame.windowsOf(x, b)), dY, dF, true); // dF += Xᵀ dY
  }
}

/** True if all are. Of any other number, 0 times is NaN, and so is the sum then. */
function areFinite(values: Floats): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i];
  return sum === 0;
}

/**
 * Every product of the sums above, by the indices of its numbers in x, filter and y. A frame holds padding, and 0 · ∞ isn't 0:
 * these loops meet none.
 */
function forEachInside(
  {B, H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL}: Conv2DGeometry,
  visit: (xAt: number, filterAt: number, yAt: number) => void,
): void {
  let yAt = 0;
  for (let b = 0; b < B; b++) {
    for (let yR = 0; yR < yH; yR++) {
      for (let yC = 0; yC < yW; yC++, yAt += K) {
        for (let wR = 0; wR < kH; wR++) {
          const xR = yR * sH + wR * dilH - padT;
          if (xR < 0 || xR >= H) continue;
          for (let wC = 0; wC < kW; wC++) {
            const xC = yC * sW + wC * dilW - padL;
            if (xC < 0 || xC >= W) continue;
            const xAt = ((b * H + xR) * W + xC) * C;
            const tap = (wR * kW + wC) * C;
            for (let d1 = 0; d1 < C; d1++) {
              for (let d2 = 0; d2 < K; d2++) visit(xAt + d1, (tap + d1) * K + d2, yAt + d2);
            }
          }
        }
      }
    }
  }
}
