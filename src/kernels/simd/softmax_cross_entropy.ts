// softmax_cross_entropy: the mean over the batch of -log of the probability given to the label, in
// nats
//   labels, logits [B, N]   ->   loss, a scalar
//   softmax    p = exp(z - max z) / sum of exp(z - max z)
//   forward    loss = 1/B sum over b, i with labels[b, i] != 0 of labels[b, i] (lse[b] - z[b, i])
//              lse = max z + log sum of exp(z - max z)
//   backward   dz[b, i] = p[b, i] (dp[b, i] - sum over k of p[b, k] dp[b, k])       of softmax
//              dz[b, i] = dloss / B (p[b, i] sum of labels[b, :] - labels[b, i])   of the loss
//
// A few hundred numbers: plain loops in float64. Subtracting the maximum keeps every exponent at 0
// or below, so that no logit overflows.

import {F32} from './vector';

function rowMax(z: usize, N: i32): f64 {
  let largest = -Infinity;
  for (let i = 0; i < N; ++i) largest = max(largest, <f64>load<f32>(z + <usize>i * F32));
  return largest;
}

/** sum of exp(z - largest) */
function rowSum(z: usize, N: i32, largest: f64): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < N; ++i) sum += Math.exp(<f64>load<f32>(z + <usize>i * F32) - largest);
  return sum;
}

export function softmax(logits: usize, p: usize, B: i32, N: i32): void {
  const row = <usize>N * F32;
  for (let b = 0; b < B; ++b, logits += row, p += row) {
    const largest = rowMax(logits, N), sum = rowSum(logits, N, largest);
    for (let i: usize = 0; i < row; i += F32) {
      store<f32>(p + i, <f32>(Math.exp(<f64>load<f32>(logits + i) - largest) / sum));
    }
  }
}

export function softmaxGradient(dp: usize, p: usize, dz: usize, B: i32, N: i32): void {
  const row = <usize>N * F32;
  for (let b = 0; b < B; ++b, dp += row, p += row, dz += row) {
    let mean: f64 = 0;
    for (let i: usize = 0; i < row; i += F32)
      mean += <f64>load<f32>(p + i) * <f64>load<f32>(dp + i);
    for (let i: usize = 0; i < row; i += F32)
      store<f32>(dz + i, <f32>(<f64>load<f32>(p + i) * (<f64>load<f32>(dp + i) - mean)));
  }
}

export function softmaxCrossEntropy(
  labels: usize, logits: usize, loss: usize, B: i32, N: i32,
): void {
  const row = <usize>N * F32;
  let total: f64 = 0;
  for (let b = 0; b < B; ++b, logits += row, labels += row) {
    const largest = rowMax(logits, N);
    const lse = largest + Math.log(rowSum(logits, N, largest));
    for (let i: usize = 0; i < row; i += F32) {
      const label = <f64>load<f32>(labels + i);
      if (label != 0) total += label * (lse - <f64>load<f32>(logits + i)); // 0 times infinity isn't 0
    }
  }
  store<f32>(loss, <f32>(total / <f64>B));
}

export function softmaxCrossEntropyGradient(
  dloss: usize, labels: usize, logits: usize, dz: usize, B: i32, N: i32,
): void {
  const row = <usize>N * F32;
  const scale = <f64>load<f32>(dloss) / <f64>B;
  for (let b = 0; b < B; ++b, logits += row, labels += row, dz += row) {
    const largest = rowMax(logits, N), sum = rowSum(logits, N, largest);
    let mass: f64 = 0;
    for (let i: usize = 0; i < row; i += F32) mass += <f64>load<f32>(labels + i);
    for (let i: usize = 0; i < row; i += F32) {
      const p = Math.exp(<f64>load<f32>(logits + i) - largest) / sum;
      store<f32>(dz + i, <f32>(scale * (p * mass - <f64>load<f32>(labels + i))));
    }
  }
}
