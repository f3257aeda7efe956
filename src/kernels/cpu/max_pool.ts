// maxPool over typed arrays (see ops/max_pool.ts). Forward searches each window in row order; backward adds each dy at
// the position that was found, so that nothing is compared twice.
import type {Windows} from '../../ops/windows.ts';
import type {Floats} from './matmul.ts';

/** x [B, H, W, C] -> y [B, yH, yW, C] and position, of y's shape: wR·kW + wC of the first maximum */
export function maxPool(x: Floats, g: Windows, y: Floats, position: Int32Array): void {
  const {B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL} = g;
  let at = 0;
  for (let b = 0; b < B; b++) {
    for (let yR = 0; yR < yH; yR++) {
      const top = yR * sH - padT;
      for (let yC = 0; yC < yW; yC++) {
        const left = yC * sW - padL;
        // The part of the window that lies on x.
        const [firstR, endR] = [Math.max(0, -top), Math.min(kH, H - top)];
        const [firstC, endC] = [Math.max(0, -left), Math.min(kW, W - left)];
        for (let d1 = 0; d1 < C; d1++) {
          let maxPosition = firstR * kW + firstC;
          let max = x[((b * H + top + firstR) * W + left + firstC) * C + d1];
          for (let wR = firstR; wR < endR; wR++) {
            for (let wC = firstC; wC < endC; wC++) {
              const value = x[((b * H + top + wR) * W + left + wC) * C + d1];
              // Once NaN, always NaN: no comparison with it is true.
              if (value > max || (Number.isNaN(value) && !Number.isNaN(max))) {
                max = value;
                maxPosition = wR * kW + wC;
              }
            }
          }
          y[at] = max;
          position[at] = maxPosition;
          at++;
        }
      }
    }
  }
}

/** dy and position [B, yH, yW, C] -> dx [B, H, W, C], which must come filled with zeros */
export function maxPoolGradient(dy: Floats, position: Int32Array, g: Windows, dx: Floats): void {
  const {B, H, W, C, kW, yH, yW, sH, sW, padT, padL} = g;
  let at = 0;
  for (let b = 0; b < B; b++) {
    for (let yR = 0; yR < yH; yR++) {
      const top = yR * sH - padT;
      for (let yC = 0; yC < yW; yC++) {
        const left = yC * sW - padL;
        for (let d1 = 0; d1 < C; d1++) {
          const wR = Math.floor(position[at] / kW);
          const wC = position[at] % kW;
          dx[((b * H + top + wR) * W + left + wC) * C + d1] += dy[at];
          at++;
        }
      }
    }
  }
}
