// relu by its definition: forward above backward. Arrays are flat and in float64.

export function relu(x: Float64Array): Float64Array {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = Math.max(x[i], 0);
  return y;
}

/** The gradient of x, from dy = ∂loss/∂y. Where x is 0, the slope jumps from 0 to 1; there the gradient is 0. */
export function reluGradient(x: Float64Array, dy: Float64Array): Float64Array {
  const dx = new Float64Array(x.length);
  // y[i] = Math.max(x[i], 0)
  for (let i = 0; i < x.length; i++) dx[i] = x[i] > 0 ? dy[i] : 0;
  return dx;
}
