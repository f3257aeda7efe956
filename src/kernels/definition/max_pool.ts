// maxPool by its definition: plain loops, forward above backward, the same nest.
//   x [B, H, W, C]   ->   y [B, yH, yW, C]
// Arrays are flat and in float64; xAt and yAt are the index of an element in its array.
import type {Windows} from '../../ops/windows.ts';

type Geometry = Omit<Windows, 'padB' | 'padR' | 'dilH' | 'dilW'>;

export function maxPool(x: Float64Array, g: Geometry): Float64Array {
  const {B, C, yH, yW} = g;
  const y = new Float64Array(B * yH * yW * C);
  for (let b = 0; b < B; b++)
    for (let yR = 0; yR < yH; yR++)
      for (let yC = 0; yC < yW; yC++)
        for (let d1 = 0; d1 < C; d1++) {
          const yAt = ((b * yH + yR) * yW + yC) * C + d1;
          y[yAt] = x[largestOf(x, g, b, yR, yC, d1)];
        }
  return y;
}

/** The gradient of x, from dy = ∂loss/∂y. */
export function maxPoolGradient(x: Float64Array, dy: Float64Array, g: Geometry): Float64Array {
  const {B, C, yH, yW} = g;
  const dx = new Float64Array(x.length);
  for (let b = 0; b < B; b++)
    for (let yR = 0; yR < yH; yR++)
      for (let yC = 0; yC < yW; yC++)
        for (let d1 = 0; d1 < C; d1++) {
          const yAt = ((b * yH + yR) * yW + yC) * C + d1;
          // y[yAt] = x[largest]
          dx[largestOf(x, g, b, yR, yC, d1)] += dy[yAt];
        }
  return dx;
}

/** The xAt of the window's first NaN or, without a NaN, of its first maximum. Padding takes no part. */
function largestOf(
  x: Float64Array,
  {H, W, C, kH, kW, sH, sW, padT, padL}: Geometry,
  b: number,
  yR: number,
  yC: number,
  d1: number,
): number {
  let largest = -1;
  for (let wR = 0; wR < kH; wR++)
    for (let wC = 0; wC < kW; wC++) {
      const xR = yR * sH + wR - padT;
      const xC = yC * sW + wC - padL;
      if (xR < 0 || xR >= H || xC < 0 || xC >= W) continue;
      const xAt = ((b * H + xR) * W + xC) * C + d1;
      if (Number.isNaN(x[xAt])) return xAt;
      if (largest < 0 || x[xAt] > x[largest]) largest = xAt;
    }
  return largest;
}
