// All windows of an image as one matrix, X = im2col(x), without a copy of each window. In an image with its padding around it, an
// element of X lies at its window's corner plus its tap's distance from the corner: these are the two tables of the matrix.
//   X [yH·yW, kH·kW·C] has a row for each window and a column for each tap
//   corners[yR, yC]     = (yR·sH · width + yC·sW) · C
//   taps[wR, wC, d1]    = (wR·dilH · width + wC·dilW) · C + d1
// Windows overlap: a read through X is im2col, an addition through X is col2im.
import type {Windows} from '../../ops/windows.ts';
import type {Floats} from './kernel.ts';
import type {Matrix} from './matmul.ts';

/** One image at a time, copied into a frame of padding. An image without padding is used where it lies. */
export class PaddedImage {
  private readonly corners: Int32Array;
  private readonly taps: Int32Array;
  private readonly width: number;
  /** The image in a frame of zeros; null if there is no padding. */
  private readonly padded: Floats | null;

  /** @param like an array of the type that the padded copy gets */
  constructor(
    private readonly g: Windows,
    like: Floats,
  ) {
    const {H, W, C, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
    // Up to the last element that a window reaches: not all of the padding if strides leave out its end.
    const height = Math.max(padT + H, (yH - 1) * sH + (kH - 1) * dilH + 1);
    const width = Math.max(padL + W, (yW - 1) * sW + (kW - 1) * dilW + 1);
    this.width = width;
    this.padded = height > H || width > W ? newLike(like, height * width * C) : null;
    this.corners = new Int32Array(yH * yW);
    for (let yR = 0; yR < yH; yR++) {
      for (let yC = 0; yC < yW; yC++) this.corners[yR * yW + yC] = (yR * sH * width + yC * sW) * C;
    }
    this.taps = new Int32Array(kH * kW * C);
    for (let wR = 0; wR < kH; wR++) {
      for (let wC = 0; wC < kW; wC++) {
        for (let d1 = 0; d1 < C; d1++) {
          this.taps[(wR * kW + wC) * C + d1] = (wR * dilH * width + wC * dilW) * C + d1;
        }
      }
    }
  }

  get isPadded(): boolean {
    return this.padded !== null;
  }

  /** X = im2col(x[b]), to read from. x is [B, H, W, C]. */
  im2col(x: Floats, b: number): Matrix {
    const {padded} = this;
    if (padded) {
      this.forEachRow(b, (xAt, paddedAt, length) => {
        for (let i = 0; i < length; i++) padded[paddedAt + i] = x[xAt + i];
      });
    }
    return this.windows(x, b);
  }

  /** dx[b] = col2im(dX), where `addTo` adds dX to the matrix that it gets. What it adds to the padding is dropped. */
  col2im(dx: Floats, b: number, addTo: (dxMatrix: Matrix) => void): void {
    const {padded} = this;
    padded?.fill(0);
    addTo(this.windows(dx, b));
    if (!padded) return;
    this.forEachRow(b, (xAt, paddedAt, length) => {
      for (let i = 0; i < length; i++) dx[xAt + i] = padded[paddedAt + i];
    });
  }

  private windows(x: Floats, b: number): Matrix {
    const {H, W, C} = this.g;
    const {padded, corners: rows, taps: columns} = this;
    if (padded) return {values: padded, offset: 0, span: padded.length, rows, columns};
    return {values: x, offset: b * H * W * C, span: H * W * C, rows, columns};
  }

  /** Calls `visit` for each row of image b with the indices of its start, in x and in the padded copy. */
  private forEachRow(b: number, visit: (xAt: number, paddedAt: number, length: number) => void) {
    const {H, W, C, padT, padL} = this.g;
    for (let xR = 0; xR < H; xR++) {
      visit((b * H + xR) * W * C, ((padT + xR) * this.width + padL) * C, W * C);
    }
  }
}

const newLike = (x: Floats, size: number): Floats =>
  x instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
