// conv2d by its definition: plain loops, forward above backward, the same nest.
//   x [B, H, W, C]   filter [kH, kW, C, K]   bias [K]   ->   y [B, yH, yW, K]
// Arrays are flat and in float64; xAt, filterAt and yAt are the index of an element in its array. Each backward line stands in the
// place of the forward line that it differentiates. Nothing is optimised. The tests hold every kernel against these loops, and no
// kernel shares code with them.
import type {Conv2DGeometry} from '../../ops/conv2d.ts';

type Geometry = Omit<Conv2DGeometry, 'padB' | 'padR'>;

export function conv2d(
  x: Float64Array,
  filter: Float64Array,
  bias: Float64Array | undefined,
  {B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL}: Geometry,
): Float64Array {
  const y = new Float64Array(B * yH * yW * K);
  for (let b = 0; b < B; b++)
    for (let yR = 0; yR < yH; yR++)
      for (let yC = 0; yC < yW; yC++)
        for (let d2 = 0; d2 < K; d2++) {
          const yAt = ((b * yH + yR) * yW + yC) * K + d2;
          if (bias) y[yAt] = bias[d2];
          for (let wR = 0; wR < kH; wR++)
            for (let wC = 0; wC < kW; wC++)
              for (let d1 = 0; d1 < C; d1++) {
                const xR = yR * sH + wR * dilH - padT;
                const xC = yC * sW + wC * dilW - padL;
                if (xR < 0 || xR >= H || xC < 0 || xC >= W) continue; // padding: no such term
                const xAt = ((b * H + xR) * W + xC) * C + d1;
                const filterAt = ((wR * kW + wC) * C + d1) * K + d2;
                y[yAt] += x[xAt] * filter[filterAt];
              }
        }
  return y;
}

/** The gradient of every input, from dy = ∂loss/∂y. */
export function conv2dGradients(
  x: Float64Array,
  filter: Float64Array,
  dy: Float64Array,
  {B, H, W, C, kH, kW, K, yH, yW, sH, sW, dilH, dilW, padT, padL}: Geometry,
): {dx: Float64Array; dFilter: Float64Array; dBias: Float64Array} {
  const dx = new Float64Array(x.length);
  const dFilter = new Float64Array(filter.length);
  const dBias = new Float64Array(K);
  for (let b = 0; b < B; b++)
    for (let yR = 0; yR < yH; yR++)
      for (let yC = 0; yC < yW; yC++)
        for (let d2 = 0; d2 < K; d2++) {
          const yAt = ((b * yH + yR) * yW + yC) * K + d2;
          // y[yAt] = bias[d2]
          dBias[d2] += dy[yAt];
          for (let wR = 0; wR < kH; wR++)
            for (let wC = 0; wC < kW; wC++)
              for (let d1 = 0; d1 < C; d1++) {
                const xR = yR * sH + wR * dilH - padT;
                const xC = yC * sW + wC * dilW - padL;
                if (xR < 0 || xR >= H || xC < 0 || xC >= W) continue;
                const xAt = ((b * H + xR) * W + xC) * C + d1;
                const filterAt = ((wR * kW + wC) * C + d1) * K + d2;
                // y[yAt] += x[xAt] * filter[filterAt]
                dx[xAt] += dy[yAt] * filter[filterAt];
                dFilter[filterAt] += dy[yAt] * x[xAt];
              }
        }
  return {dx, dFilter, dBias};
}
