// conv2d over typed arrays (see ops/conv2d.ts): image by image, the windows become rows of X, and then everything is a
// product of matrices.
//   X = im2col(x)       Y = X F + b       dX = dY Fᵀ, dx = col2im(dX)       dF = Σ over b of Xᵀ dY
//   X [P, R]   F [R, K]   Y [P, K]        P = yH·yW windows of R = kH·kW·C elements each
// Copying the windows costs each value kH·kW writes, but lets K products share each, with nothing to check in the
// innermost loop: no stride, no dilation, no padding. One image at a time, X stays in the cache.
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import {repeatRow} from './bias.ts';
import {type Floats, matMul, matrix, transpose} from './matmul.ts';

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or null -> y [B, yH, yW, K] */
export function conv2d(
  x: Floats,
  filter: Floats,
  bias: Floats | null,
  g: Conv2DGeometry,
  y: Floats,
): void {
  const [P, R] = [g.yH * g.yW, g.kH * g.kW * g.C];
  const X = newLike(x, P * R);
  if (bias) repeatRow(bias, y);
  for (let b = 0; b < g.B; b++) {
    im2col(x, b, g, X);
    const Y = matrix(y, g.K, b * P * g.K);
    matMul(P, g.K, R, matrix(X, R), matrix(filter, g.K), Y, bias !== null); // Y = X F + b
  }
}

/** dy [B, yH, yW, K], filter [kH, kW, C, K] -> dx [B, H, W, C], which must come filled with zeros */
export function conv2dInputGradient(
  dy: Floats,
  filter: Floats,
  g: Conv2DGeometry,
  dx: Floats,
): void {
  const [P, R] = [g.yH * g.yW, g.kH * g.kW * g.C];
  const dX = newLike(dy, P * R);
  const filterT = transpose(matrix(filter, g.K));
  for (let b = 0; b < g.B; b++) {
    matMul(P, R, g.K, matrix(dy, g.K, b * P * g.K), filterT, matrix(dX, R)); // dX = dY Fᵀ
    col2im(dX, b, g, dx);
  }
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K], which must come filled with zeros */
export function conv2dFilterGradient(
  x: Floats,
  dy: Floats,
  g: Conv2DGeometry,
  dFilter: Floats,
): void {
  const [P, R] = [g.yH * g.yW, g.kH * g.kW * g.C];
  const X = newLike(x, P * R);
  for (let b = 0; b < g.B; b++) {
    im2col(x, b, g, X);
    const dY = matrix(dy, g.K, b * P * g.K);
    matMul(R, g.K, P, transpose(matrix(X, R)), dY, matrix(dFilter, g.K), true); // dF += Xᵀ dY
  }
}

const newLike = (x: Floats, size: number): Floats =>
  x instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);

/** X[yR, yC; wR, wC, d1] = x[b, xR, xC, d1], or 0 where that lies in the padding. */
function im2col(x: Floats, b: number, g: Conv2DGeometry, X: Floats): void {
  const {H, W, C, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  let at = 0;
  for (let yR = 0; yR < yH; yR++) {
    for (let yC = 0; yC < yW; yC++) {
      for (let wR = 0; wR < kH; wR++) {
        const xR = yR * sH + wR * dilH - padT;
        const rowInside = xR >= 0 && xR < H;
        const row = (b * H + xR) * W * C;
        for (let wC = 0; wC < kW; wC++) {
          const xC = yC * sW + wC * dilW - padL;
          const inside = rowInside && xC >= 0 && xC < W;
          const pixel = row + xC * C;
          for (let d1 = 0; d1 < C; d1++) X[at++] = inside ? x[pixel + d1] : 0;
        }
      }
    }
  }
}

/** dx[b, xR, xC, d1] += dX[yR, yC; wR, wC, d1], but for what lies in the padding: im2col's loops, the other way. */
function col2im(dX: Floats, b: number, g: Conv2DGeometry, dx: Floats): void {
  const {H, W, C, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  let at = 0;
  for (let yR = 0; yR < yH; yR++) {
    for (let yC = 0; yC < yW; yC++) {
      for (let wR = 0; wR < kH; wR++) {
        const xR = yR * sH + wR * dilH - padT;
        const rowInside = xR >= 0 && xR < H;
        const row = (b * H + xR) * W * C;
        for (let wC = 0; wC < kW; wC++) {
          const xC = yC * sW + wC * dilW - padL;
          const inside = rowInside && xC >= 0 && xC < W;
          const pixel = row + xC * C;
          if (inside) for (let d1 = 0; d1 < C; d1++) dx[pixel + d1] += dX[at + d1];
          at += C;
        }
      }
    }
  }
}
