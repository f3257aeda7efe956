// softmax and softmaxCrossEntropy by their definition: plain loops, forward above backward.
//   logits [B, N]   labels [B, N]   ->   p [B, N]   loss, a number
// Arrays are flat and in float64. The largest logit isn't subtracted first, so exp overflows for logits from 710 on.

/** p[b, j] = exp logits[b, j] / Σ over k of exp logits[b, k] */
export function softmax(logits: Float64Array, B: number, N: number): Float64Array {
  const p = new Float64Array(B * N);
  for (let b = 0; b < B; b++) {
    let sum = 0;
    for (let k = 0; k < N; k++) sum += Math.exp(logits[b * N + k]);
    for (let j = 0; j < N; j++) p[b * N + j] = Math.exp(logits[b * N + j]) / sum;
  }
  return p;
}

/** The gradient of the logits, from dp. Each p[k] depends on every logits[j]: ∂p[k]/∂logits[j] = p[k]·([j = k] − p[j]). */
export function softmaxGradient(
  logits: Float64Array,
  dp: Float64Array,
  B: number,
  N: number,
): Float64Array {
  const p = softmax(logits, B, N);
  const dlogits = new Float64Array(B * N);
  for (let b = 0; b < B; b++)
    for (let j = 0; j < N; j++)
      for (let k = 0; k < N; k++)
        dlogits[b * N + j] += dp[b * N + k] * p[b * N + k] * ((j === k ? 1 : 0) - p[b * N + j]);
  return dlogits;
}

/** loss = mean over b of Σ over k of labels[b, k] · (−log p[b, k]); a label of 0 adds nothing, even where p is 0. */
export function softmaxCrossEntropy(
  labels: Float64Array,
  logits: Float64Array,
  B: number,
  N: number,
): number {
  const p = softmax(logits, B, N);
  let loss = 0;
  for (let b = 0; b < B; b++)
    for (let k = 0; k < N; k++)
      if (labels[b * N + k] !== 0) loss += (labels[b * N + k] * -Math.log(p[b * N + k])) / B;
  return loss;
}

/** The gradient of the logits, from dloss. By the chain rule, ∂(−log p[k])/∂logits[j] = p[j] − [j = k]. */
export function softmaxCrossEntropyGradient(
  labels: Float64Array,
  logits: Float64Array,
  dloss: number,
  B: number,
  N: number,
): Float64Array {
  const p = softmax(logits, B, N);
  const dlogits = new Float64Array(B * N);
  for (let b = 0; b < B; b++)
    for (let j = 0; j < N; j++)
      for (let k = 0; k < N; k++)
        // loss += labels[b, k] * -log p[b, k] / B
        dlogits[b * N + j] += (dloss * labels[b * N + k] * (p[b * N + j] - (j === k ? 1 : 0))) / B;
  return dlogits;
}
