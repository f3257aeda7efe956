// conv2d over typed arrays (see ops/conv2d.ts): for each image, a product of matrices. One of them is the image's windows, which
// overlap; windows.ts makes the matrix without a copy of each window.
//   X = im2col(x)       Y = X F + b       dX = dY Fᵀ, dx = col2im(dX)       dF = Σ over b of Xᵀ dY
//   X [yH·yW, kH·kW·C], with a row for each window and a column for each tap       F [kH·kW·C, K]       Y [yH·yW, K]
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import {Conv2D, Conv2DFilterGradient, Conv2DInputGradient} from '../../ops/conv2d.ts';
import {repeatRow} from './bias.ts';
import {type Floats, type Inputs, kernel} from './kernel.ts';
import {allFinite, type Matrix, matMul, matrix, transpose} from './matmul.ts';
import {PaddedImage} from './windows.ts';

/** F: a row for each tap. */
const matrixOfFilter = (filter: Floats, {kH, kW, C, K}: Conv2DGeometry): Matrix =>
  matrix(filter, kH * kW * C, K);

/** Y of the first image: a row for each window. With the offset b·span it is Y of image b. */
const matrixOfY = (y: Floats, {yH, yW, K}: Conv2DGeometry): Matrix => matrix(y, yH * yW, K);

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or none -> y [B, yH, yW, K], which must come filled with zeros */
export function conv2d({x, filter, bias}: Inputs, g: Conv2DGeometry, y: Floats): void {
  const image = new PaddedImage(g, x);
  const filterMatrix = matrixOfFilter(filter, g);
  const yMatrix = matrixOfY(y, g);
  if (bias) repeatRow(bias, y);
  if (image.isPadded && !allFinite(filter)) {
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
export function conv2dInputGradient({dy, filter}: Inputs, g: Conv2DGeometry, dx: Floats): void {
  const image = new PaddedImage(g, dx);
  const filterMatrix = matrixOfFilter(filter, g);
  const dyMatrix = matrixOfY(dy, g);
  for (let b = 0; b < g.B; b++) {
    dyMatrix.offset = b * dyMatrix.span;
    image.col2im(dx, b, dxMatrix =>
      // dXᵀ += F dYᵀ: with dY on the right, matMul leaves out its zeros
      matMul(filterMatrix, transpose(dyMatrix), transpose(dxMatrix)),
    );
  }
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K], which must come filled with zeros */
export function conv2dFilterGradient({x, dy}: Inputs, g: Conv2DGeometry, dFilter: Floats): void {
  const image = new PaddedImage(g, x);
  const dFilterMatrix = matrixOfFilter(dFilter, g);
  const dyMatrix = matrixOfY(dy, g);
  if (image.isPadded && !allFinite(dy)) {
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

/**
 * Calls `visit` with the indices in x, filter and y of each product x · filter that is a term of y. Unlike a padded image, these
 * loops meet no zeros of the padding: 0 · ∞ isn't 0.
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
