// A bias by its definition: forward above backward. It is added to every row of a matrix: to every pixel of conv2d's output, to
// every example of dense's.
//   x [rows, K]   bias [K]   ->   y [rows, K]
// Arrays are flat and in float64.

export function addBias(x: Float64Array, bias: Float64Array): Float64Array {
  const K = bias.length;
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = x[i] + bias[i % K];
  return y;
}

/** The gradient of a bias of K elements, from dy = ∂loss/∂y. */
export function biasGradient(dy: Float64Array, K: number): Float64Array {
  const dBias = new Float64Array(K);
  // y[i] = x[i] + bias[i % K]
  for (let i = 0; i < dy.length; i++) dBias[i % K] += dy[i];
  return dBias;
}
