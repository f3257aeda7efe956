// maxPool over typed arrays (see ops/max_pool.ts). Forward searches each window in row order; backward adds each dy at
// the position that forward found, so nothing is compared twice.
import {MaxPool, MaxPoolGradient} from '../../ops/max_pool.ts';
import type {Windows} from '../../ops/windows.ts';
import {type Floats, kernel} from './kernel.ts';

/** x [B, H, W, C] -> y [B, yH, yW, C] and position, of y's shape: wR·kW + wC of the first maximum */
export function maxPool(
  {x}: {x: Floats},
  {B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL}: Windows,
  y: Floats,
  position: Int32Array,
): void {
  let yAt = 0;
  for (let b = 0; b < B; b++) {
    for (let yR = 0; yR < yH; yR++) {
      const top = yR * sH - padT;
      for (let yC = 0; yC < yW; yC++) {
        const left = yC * sW - padL;
        // The taps that lie over x, not over padding.
        const [firstR, endR] = [Math.max(0, -top), Math.min(kH, H - top)];
        const [firstC, endC] = [Math.max(0, -left), Math.min(kW, W - left)];
        for (let d1 = 0; d1 < C; d1++, yAt++) {
          let maxPosition = firstR * kW + firstC;
          let max = x[((b * H + top + firstR) * W + left + firstC) * C + d1];
          for (let wR = firstR; wR < endR; wR++) {
            for (let wC = firstC; wC < endC; wC++) {
              const value = x[((b * H + top + wR) * W + left + wC) * C + d1];
              // A NaN stays the maximum: no comparison with it is true.
              if (value > max || (Number.isNaN(value) && !Number.isNaN(max))) {
                max = value;
                maxPosition = wR * kW + wC;
              }
            }
          }
          y[yAt] = max;
          position[yAt] = maxPosition;
        }
      }
    }
  }
}

/** dy and position [B, yH, yW, C] -> dx [B, H, W, C], which must come filled with zeros */
export function maxPoolGradient(
  {dy, position}: {dy: Floats; position: Int32Array},
  {B, H, W, C, kW, yH, yW, sH, sW, padT, padL}: Windows,
  dx: Floats,
): void {
  let yAt = 0;
  for (let b = 0; b < B; b++) {
    for (let yR = 0; yR < yH; yR++) {
      const top = yR * sH - padT;
      for (let yC = 0; yC < yW; yC++) {
        const left = yC * sW - padL;
        for (let d1 = 0; d1 < C; d1++, yAt++) {
          const wR = Math.floor(position[yAt] / kW);
          const wC = position[yAt] % kW;
          dx[((b * H + top + wR) * W + left + wC) * C + d1] += dy[yAt];
        }
      }
    }
  }
}

export const maxPoolKernels = {
  [MaxPool]: kernel(maxPool, ['float32', 'int32']),
  [MaxPoolGradient]: kernel(maxPoolGradient),
};
