// geometry: the sizes of a convolution or a pool, as src/ops/windows.ts names them
//   along the rows (the columns are alike), tap wR of output row yR lies on input row
//     xR = yR sH + wR dilH - padT      and in the padding where xR is outside of [0, H)

import {own} from './own';

@unmanaged
export class Geometry {
  // In the order in which backend/geometry.ts writes them.
  B: i32; H: i32; W: i32; C: i32;
  kH: i32; kW: i32; K: i32; yH: i32; yW: i32;
  sH: i32; sW: i32; dilH: i32; dilW: i32; padT: i32; padL: i32;

  /** Taps of a window, all channels included. */
  get taps(): i32 { return this.kH * this.kW * this.C; }

  // Elements of the three tensors.
  get xSize(): i32 { return this.B * this.H * this.W * this.C; }
  get filterSize(): i32 { return this.taps * this.K; }
  get ySize(): i32 { return this.B * this.yH * this.yW * this.K; }

  /** Rows from the first that lies under a tap to the last, padding included. */
  get reachH(): i32 { return (this.yH - 1) * this.sH + (this.kH - 1) * this.dilH + 1; }
  get reachW(): i32 { return (this.yW - 1) * this.sW + (this.kW - 1) * this.dilW + 1; }

  /** Rows of an image with its padding, up to the last row that a window reaches. */
  get paddedH(): i32 { return max(this.padT + this.H, this.reachH); }
  get paddedW(): i32 { return max(this.padL + this.W, this.reachW); }

  /** True if windows reach into padding. Kernels that need it in memory copy the image into a frame of zeros. */
  get isFramed(): bool { return this.paddedH != this.H || this.paddedW != this.W; }
}

/** Where the caller writes the sizes. */
export const geometry: usize = own(offsetof<Geometry>());
