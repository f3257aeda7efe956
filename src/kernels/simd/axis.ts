// axis: which taps of a window lie inside of the input, along rows or columns
//   forward    output yR has input   xR = yR sH + wR dilH - padT             under tap wR
//   backward   output xR has input   yR = (xR - wR dilH + padT) / sH         under tap wR, where that is an integer
//
// Outputs with the same taps form a group: the middle of an image is one, each edge another. A kernel that runs
// over the groups of its rows and, for each, over the groups of its columns multiplies nothing by padding.

import {Geometry} from './geometry';
import {own} from './own';

/** One axis of a correlation, rows or columns, and a group of outputs with the same taps. */
@unmanaged
export class Axis {
  // Output o has input (o stride + w dilation - pad) / gap under tap w, if that is an integer inside
  // of the input.
  input: i32; output: i32; taps: i32; stride: i32; gap: i32; dilation: i32; pad: i32;
  // The group: outputs first, first + gap, ..., all in one residue modulo gap. From one to the next
  // the input moves by `stride`.
  residue: i32; first: i32; count: i32;
  // Its taps: firstTap, firstTap + tapStep, ... The first output has firstInput under the first tap,
  // and from one tap to the next the input moves by inputStep.
  firstTap: i32; tapStep: i32; tapCount: i32; firstInput: i32; inputStep: i32;

  set(input: i32, output: i32, taps: i32, stride: i32, gap: i32, dilation: i32, pad: i32): void {
    this.input = input;
    this.output = output;
    this.taps = taps;
    this.stride = stride;
    this.gap = gap;
    this.dilation = dilation;
    this.pad = pad;
  }

  rewind(): void {
    this.residue = 0;
    this.first = 0;
    this.count = 0;
  }

  /** Moves to the next group; false after the last. */
  nextGroup(): bool {
    this.first += this.count * this.gap;
    if (this.first >= this.output) this.first = ++this.residue;
    if (this.residue >= this.gap || this.first >= this.output) return false;
    this.findTaps(this.first);
    const firstTap = this.firstTap, tapCount = this.tapCount;
    this.count = 0;
    let o = this.first;
    do {
      ++this.count;
      o += this.gap;
      if (o >= this.output) break;
      this.findTaps(o);
    } while (this.firstTap == firstTap && this.tapCount == tapCount);
    this.findTaps(this.first);
    return true;
  }

  private findTaps(o: i32): void {
    this.firstTap = 0;
    this.tapStep = 1;
    this.tapCount = 0;
    this.firstInput = 0;
    for (let w = 0; w < this.taps; ++w) {
      const inputTimesGap = o * this.stride + w * this.dilation - this.pad;
      if (inputTimesGap < 0 || inputTimesGap >= this.input * this.gap || inputTimesGap % this.gap != 0) continue;
      if (this.tapCount == 0) {
        this.firstTap = w;
        this.firstInput = inputTimesGap / this.gap;
      } else if (this.tapCount == 1) {
        this.tapStep = w - this.firstTap;
      }
      ++this.tapCount;
    }
    this.inputStep = (this.tapStep * this.dilation) / this.gap;
  }
}

export const rows = changetype<Axis>(own(offsetof<Axis>()));
export const columns = changetype<Axis>(own(offsetof<Axis>()));

/** For y as sums over x. */
export function setForward(g: Geometry): void {
  rows.set(g.H, g.yH, g.kH, g.sH, 1, g.dilH, g.padT);
  columns.set(g.W, g.yW, g.kW, g.sW, 1, g.dilW, g.padL);
}

/** For dx as sums over dy, with the filter turned by 180 degrees: tap w' is wR = kH - 1 - w'. */
export function setBackward(g: Geometry): void {
  // yR = (xR + w' dilH - ((kH - 1) dilH - padT)) / sH
  rows.set(g.yH, g.H, g.kH, 1, g.sH, g.dilH, (g.kH - 1) * g.dilH - g.padT);
  columns.set(g.yW, g.W, g.kW, 1, g.sW, g.dilW, (g.kW - 1) * g.dilW - g.padL);
}
