// softmax and softmaxCrossEntropy over typed arrays (see ops/softmax_cross_entropy.ts). Row b holds image b's N classes.
import type {SoftmaxGeometry} from '../../ops/softmax_cross_entropy.ts';
import {
  Softmax,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGradient,
  SoftmaxGradient,
} from '../../ops/softmax_cross_entropy.ts';
import {type Floats, type Inputs, kernel} from './kernel.ts';

/** The largest logit of row b, and log Σ exp z, where z = logits − the largest. */
function logSumExp(logits: Floats, b: number, N: number): [max: number, logSum: number] {
  let max = logits[b * N];
  for (let j = 1; j < N; j++) max = Math.max(max, logits[b * N + j]);
  let sum = 0;
  for (let j = 0; j < N; j++) sum += Math.exp(logits[b * N + j] - max);
  return [max, Math.log(sum)];
}

/** logits [B, N] -> p [B, N]: p = exp z / Σ exp z = exp(z − log Σ exp z) */
export function softmax({logits}: Inputs, {B, N}: SoftmaxGeometry, p: Floats): void {
  for (let b = 0; b < B; b++) {
    const [max, logSum] = logSumExp(logits, b, N);
    for (let j = 0; j < N; j++) p[b * N + j] = Math.exp(logits[b * N + j] - max - logSum);
  }
}

/** dp, p [B, N] -> dlogits = p · (dp − Σ over k of p dp) */
export function softmaxGradient({dp, p}: Inputs, {B, N}: SoftmaxGeometry, dlogits: Floats): void {
  for (let b = 0; b < B; b++) {
    let mean = 0;
    for (let k = 0; k < N; k++) mean += p[b * N + k] * dp[b * N + k];
    for (let j = 0; j < N; j++) dlogits[b * N + j] = p[b * N + j] * (dp[b * N + j] - mean);
  }
}

/** labels, logits [B, N] -> loss [1]: the mean over b of Σ over j of labels · (log Σ exp z − z). A label of 0 adds no term. */
export function softmaxCrossEntropy(
  {labels, logits}: Inputs,
  {B, N}: SoftmaxGeometry,
  loss: Floats,
): void {
  let sum = 0;
  for (let b = 0; b < B; b++) {
    const [max, logSum] = logSumExp(logits, b, N);
    for (let j = 0; j < N; j++) {
      const label = labels[b * N + j];
      if (label !== 0) sum += label * (logSum - (logits[b * N + j] - max)); // 0 · ∞ isn't 0
    }
  }
  loss[0] = sum / B;
}

/** dloss [1], labels and logits [B, N] -> dlogits = dloss · (p · labelSum − labels) / B */
export function softmaxCrossEntropyGradient(
  {dloss, labels, logits}: Inputs,
  {B, N}: SoftmaxGeometry,
  dlogits: Floats,
): void {
  const p = dlogits;
  softmax({logits}, {B, N}, p);
  for (let b = 0; b < B; b++) {
    let labelSum = 0;
    for (let k = 0; k < N; k++) labelSum += labels[b * N + k];
    for (let j = 0; j < N; j++) {
      dlogits[b * N + j] = (dloss[0] * (p[b * N + j] * labelSum - labels[b * N + j])) / B;
    }
  }
}

export const softmaxKernels = {
  [Softmax]: kernel(softmax),
  [SoftmaxGradient]: kernel(softmaxGradient),
  [SoftmaxCrossEntropy]: kernel(softmaxCrossEntropy),
  [SoftmaxCrossEntropyGradient]: kernel(softmaxCrossEntropyGradient),
};
