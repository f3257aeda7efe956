// conv2d over typed arrays (see ops/conv2d.ts): image by image, a product of matrices, one of which is the image's
// windows. They overlap, and are never copied together: windows.ts.
//   X = im2col(x)       Y = X F + b       dX = dY Fᵀ, dx = col2im(dX)       dF = Σ over b of Xᵀ dY
//   X [yH·yW, kH·kW·C], one window a row and one tap a column       F [kH·kW·C, K]       Y [yH·yW, K]
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import {Conv2D, Conv2DFilterGradient, Conv2DInputGradient} from '../../ops/conv2d.ts';
import {repeatRow} from './bias.ts';
import {type Floats, kernel} from './kernel.ts';
import {type Matrix, matMul, matrix, transpose} from './matmul.ts';
import {PaddedImage} from './windows.ts';

/** F, a tap a row. */
const matrixOfFilter = (filter: Floats, {kH, kW, C, K}: Conv2DGeometry): Matrix =>
  matrix(filter, kH * kW * C, K);

/** Y of one image, a window a row: of image b with the offset b·span. */
const matrixOfY = (y: Floats, {yH, yW, K}: Conv2DGeometry): Matrix => matrix(y, yH * yW, K);

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or none -> y [B, yH, yW, K], which must come filled with zeros */
export function conv2d(
  {x, filter, bias}: {x: Floats; filter: Floats; bias?: Floats},
  g: Conv2DGeometry,
  y: Floats,
): void {
  const image = new PaddedImage(g, x);
  const filterMatrix = matrixOfFilter(filter, g);
  const yMatrix = matrixOfY(y, g);
  if (bias) repeatRow(bias, y);
  if (image.isPadded && !areFinite(filter)) {
    forEachProduct(g, (xAt, filterAt, yAt) => {
      y[yAt] += x[xAt] * filter[filterAt];
    });
    return;
  }
  for (let b = 0; b < g.B; b++) {
    yMatrix.offset = b * yMatrix.span;
    matMul(image.im2col(x, b), filterMatrix, yMatrix); // Y += X F
  }
}

/** dy [B, yH, yW, K], filter [kH, kW, C, K] -> dx [B, H, W, C], which must come filled with zeros */
export function conv2dInputGradient(
  {dy, filter}: {dy: Floats; filter: Floats},
  g: Conv2DGeometry,
  dx: Floats,
): void {
  const image = new PaddedImage(g, dx);
  const filterMatrix = matrixOfFilter(filter, g);
  const dyMatrix = matrixOfY(dy, g);
  for (let b = 0; b < g.B; b++) {
    dyMatrix.offset = b * dyMatrix.span;
    image.col2im(dx, b, dxMatrix =>
      // dXᵀ += F dYᵀ, so that the zeros of dY are on the right
      matMul(filterMatrix, transpose(dyMatrix), transpose(dxMatrix)),
    );
  }
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K], which must come filled with zeros */
export function conv2dFilterGradient(
  {x, dy}: {x: Floats; dy: Floats},
  g: Conv2DGeometry,
  dFilter: Floats,
): void {
  const image = new PaddedImage(g, x);
  const dFilterMatrix = matrixOfFilter(dFilter, g);
  const dyMatrix = matrixOfY(dy, g);
  if (image.isPadded && !areFinite(dy)) {
    forEachProduct(g, (xAt, filterAt, yAt) => {
      dFilter[filterAt] += x[xAt] * dy[yAt];
    });
    return;
  }
  for (let b = 0; b < g.B; b++) {
    dyMatrix.offset = b * dyMatrix.span;
    matMul(transpose(image.im2col(x, b)), dyMatrix, dFilterMatrix); // dF += Xᵀ dY
  }
}

export const conv2dKernels = {
  [Conv2D]: kernel(conv2d),
  [Conv2DInputGradient]: kernel(conv2dInputGradient),
  [Conv2DFilterGradient]: kernel(conv2dFilterGradient),
};

/** True if all are. Of any other number, 0 times is NaN, and so is the sum then. */
function areFinite(values: Floats): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i];
  return sum === 0;
}

/**
 * Visits every product x · filter that is a term of y, by the indices of its numbers in x, filter and y. A padded image holds
 * zeros, and 0 · ∞ isn't 0: these loops meet none.
 */
function forEachProduct(
  {B, H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL}: Conv2DGeometry,
  visit: (xAt: number, filterAt: number, yAt: number) => void,
): void {
  for (let b = 0; b < B; b++) {
    for (let yR = 0; yR < yH; yR++) {
      for (let yC = 0; yC < yW; yC++) {
        const yAt = ((b * yH + yR) * yW + yC) * K;
        for (let wR = 0; wR < kH; wR++) {
          const xR = yR * sH + wR * dilH - padT;
          if (xR < 0 || xR >= H) continue;
          for (let wC = 0; wC < kW; wC++) {
            const xC = yC * sW + wC * dilW - padL;
            if (xC < 0 || xC >= W) continue;
            const xAt = ((b * H + xR) * W + xC) * C;
            const filterAt = (wR * kW + wC) * C * K;
            for (let d1 = 0; d1 < C; d1++) {
              for (let d2 = 0; d2 < K; d2++) visit(xAt + d1, filterAt + d1 * K + d2, yAt + d2);
            }
          }
        }
      }
    }
  }
}
