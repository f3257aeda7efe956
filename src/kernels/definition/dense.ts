// dense by its definition: plain loops, forward above backward, the same nest.
//   x [B, I]   weights [I, O]   bias [O]   ->   y [B, O]
// Arrays are flat and in float64.
import type {DenseGeometry} from '../../ops/dense.ts';

export function dense(
  x: Float64Array,
  weights: Float64Array,
  bias: Float64Array | undefined,
  {B, I, O}: DenseGeometry,
): Float64Array {
  const y = new Float64Array(B * O);
  for (let b = 0; b < B; b++)
    for (let o = 0; o < O; o++) {
      if (bias) y[b * O + o] = bias[o];
      for (let i = 0; i < I; i++) y[b * O + o] += x[b * I + i] * weights[i * O + o];
    }
  return y;
}

/** The gradient of every input, from dy = ∂loss/∂y. */
export function denseGradients(
  x: Float64Array,
  weights: Float64Array,
  dy: Float64Array,
  {B, I, O}: DenseGeometry,
): {dx: Float64Array; dWeights: Float64Array; dBias: Float64Array} {
  const dx = new Float64Array(x.length);
  const dWeights = new Float64Array(weights.length);
  const dBias = new Float64Array(O);
  for (let b = 0; b < B; b++)
    for (let o = 0; o < O; o++) {
      // y[b * O + o] = bias[o]
      dBias[o] += dy[b * O + o];
      for (let i = 0; i < I; i++) {
        // y[b * O + o] += x[b * I + i] * weights[i * O + o]
        dx[b * I + i] += dy[b * O + o] * weights[i * O + o];
        dWeights[i * O + o] += dy[b * O + o] * x[b * I + i];
      }
    }
  return {dx, dWeights, dBias};
}
