// softmax_cross_entropy: the mean over the batch of -log of the probability given to the label, in
// nats
//   labels, logits [B, N]   ->   loss, a scalar
//   softmax    p[b, j] = exp z[b, j] / sum over k of exp z[b, k]      z[b, j] = logits[b, j] - max over k of logits[b, k]
//   forward    loss = 1/B sum over b, j with labels[b, j] != 0 of labels[b, j] (lse[b] - logits[b, j])
//              lse[b] = max over k of logits[b, k] + log sum over k of exp z[b, k]
//   backward   dlogits[b, j] = p[b, j] (dp[b, j] - sum over k of p[b, k] dp[b, k])              of softmax
//              dlogits[b, j] = dloss / B (p[b, j] sum over k of labels[b, k] - labels[b, j])    of the loss
//
// A few hundred numbers: plain loops in float64. Subtracting the maximum keeps every exponent at 0
// or below, so that exp never overflows.

import {F32} from './vector';

function largestLogit(logits: usize, N: i32): f64 {
  let largest = -Infinity;
  for (let k = 0; k < N; ++k) largest = max(largest, <f64>load<f32>(logits + <usize>k * F32));
  return largest;
}

/** sum over k of exp z[k] = exp(logits[k] - largest) */
function sumOfExp(logits: usize, N: i32, largest: f64): f64 {
  let sum: f64 = 0;
  for (let k = 0; k < N; ++k) sum += Math.exp(<f64>load<f32>(logits + <usize>k * F32) - largest);
  return sum;
}

export function softmax(logits: usize, p: usize, B: i32, N: i32): void {
  const rowBytes = <usize>N * F32;
  for (let b = 0; b < B; ++b, logits += rowBytes, p += rowBytes) {
    const largest = largestLogit(logits, N), sum = sumOfExp(logits, N, largest);
    for (let j: usize = 0; j < rowBytes; j += F32) {
      store<f32>(p + j, <f32>(Math.exp(<f64>load<f32>(logits + j) - largest) / sum));
    }
  }
}

export function softmaxGradient(dp: usize, p: usize, dlogits: usize, B: i32, N: i32): void {
  const rowBytes = <usize>N * F32;
  for (let b = 0; b < B; ++b, dp += rowBytes, p += rowBytes, dlogits += rowBytes) {
    let sum: f64 = 0;
    for (let j: usize = 0; j < rowBytes; j += F32)
      sum += <f64>load<f32>(p + j) * <f64>load<f32>(dp + j);
    for (let j: usize = 0; j < rowBytes; j += F32)
      store<f32>(dlogits + j, <f32>(<f64>load<f32>(p + j) * (<f64>load<f32>(dp + j) - sum)));
  }
}

export function softmaxCrossEntropy(
  labels: usize, logits: usize, loss: usize, B: i32, N: i32,
): void {
  const rowBytes = <usize>N * F32;
  let total: f64 = 0;
  for (let b = 0; b < B; ++b, logits += rowBytes, labels += rowBytes) {
    const largest = largestLogit(logits, N);
    const lse = largest + Math.log(sumOfExp(logits, N, largest));
    for (let j: usize = 0; j < rowBytes; j += F32) {
      const label = <f64>load<f32>(labels + j);
      if (label != 0) total += label * (lse - <f64>load<f32>(logits + j)); // 0 times infinity isn't 0
    }
  }
  store<f32>(loss, <f32>(total / <f64>B));
}

export function softmaxCrossEntropyGradient(
  dloss: usize, labels: usize, logits: usize, dlogits: usize, B: i32, N: i32,
): void {
  const rowBytes = <usize>N * F32;
  const scale = <f64>load<f32>(dloss) / <f64>B;
  for (let b = 0; b < B; ++b, logits += rowBytes, labels += rowBytes, dlogits += rowBytes) {
    const largest = largestLogit(logits, N), sum = sumOfExp(logits, N, largest);
    let labelSum: f64 = 0;
    for (let j: usize = 0; j < rowBytes; j += F32) labelSum += <f64>load<f32>(labels + j);
    for (let j: usize = 0; j < rowBytes; j += F32) {
      const p = Math.exp(<f64>load<f32>(logits + j) - largest) / sum;
      store<f32>(dlogits + j, <f32>(scale * (p * labelSum - <f64>load<f32>(labels + j))));
    }
  }
}
