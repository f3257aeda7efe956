// softmax and softmaxCrossEntropy over typed arrays (see ops/softmax_cross_entropy.ts). Rows of N classes.
import type {Floats} from './matmul.ts';

/** The largest logit of row b, and log Σ exp z with z = logits − that. */
function logSumExp(logits: Floats, b: number, N: number): [max: number, logSum: number] {
  let max = logits[b * N];
  for (let j = 1; j < N; j++) max = Math.max(max, logits[b * N + j]);
  let sum = 0;
  for (let j = 0; j < N; j++) sum += Math.exp(logits[b * N + j] - max);
  return [max, Math.log(sum)];
}

/** logits [B, N] -> p [B, N]: p = exp z / Σ exp z = exp(z − log Σ exp z) */
export function softmax(logits: Floats, B: number, N: number, p: Floats): void {
  for (let b = 0; b < B; b++) {
    const [max, logSum] = logSumExp(logits, b, N);
    for (let j = 0; j < N; j++) p[b * N + j] = Math.exp(logits[b * N + j] - max - logSum);
  }
}

/** dp, p [B, N] -> dlogits = p · (dp − Σ over k of p dp) */
export function softmaxGradient(
  dp: Floats,
  p: Floats,
  B: number,
  N: number,
  dlogits: Floats,
): void {
  for (let b = 0; b < B; b++) {
    let mean = 0;
    for (let k = 0; k < N; k++) mean += p[b * N + k] * dp[b * N + k];
    for (let j = 0; j < N; j++) dlogits[b * N + j] = p[b * N + j] * (dp[b * N + j] - mean);
  }
}

/** labels, logits [B, N] -> the mean over b of Σ over j of labels · (log Σ exp z − z), of the labels that aren't 0 */
export function softmaxCrossEntropy(labels: Floats, logits: Floats, B: number, N: number): number {
  let loss = 0;
  for (let b = 0; b < B; b++) {
    const [max, logSum] = logSumExp(logits, b, N);
    for (let j = 0; j < N; j++) {
      const label = labels[b * N + j];
      if (label !== 0) loss += label * (logSum - (logits[b * N + j] - max)); // 0 · ∞ isn't 0
    }
  }
  return loss / B;
}

/** dloss, labels and logits [B, N] -> dlogits = dloss · (p · Σ over k of labels − labels) / B */
export function softmaxCrossEntropyGradient(
  dloss: number,
  labels: Floats,
  logits: Floats,
  B: number,
  N: number,
  dlogits: Floats,
): void {
  softmax(logits, B, N, dlogits);
  for (let b = 0; b < B; b++) {
    let total = 0;
    for (let k = 0; k < N; k++) total += labels[b * N + k];
    for (let j = 0; j < N; j++) {
      const at = b * N + j;
      dlogits[at] = (dloss * (dlogits[at] * total - labels[at])) / B;
    }
  }
}
