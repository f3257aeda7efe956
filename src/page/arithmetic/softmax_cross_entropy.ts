// One element of softmax, the loss, and their gradients (see ops/softmax_cross_entropy.ts), for one image. The op takes the logits. So
// p, the loss and dlogits follow from the logits in float64: from p in float32 the loss of a sure answer would have few right digits.
// Where exp overflows (a logit from 710 on) or all of it vanishes, the largest logit is subtracted first: p stays the same.
import type {Operand, Reason} from '../inside/explanation.ts';
import type {Numbers, Result} from './numbers.ts';

interface Shares {
  parts: {logit: Operand; exp: number}[];
  /** What was subtracted from each logit. */
  shift: number;
  sum: number;
  p: number[];
}

/** p[j] = exp logits[j] / Σ over k of exp logits[k] */
function sharesOf(numbers: Numbers, logits: string, shift = 0): Shares {
  const [N] = numbers.shape(logits);
  const parts = [];
  let sum = 0;
  for (let k = 0; k < N; k++) {
    const logit = numbers.value(logits, [k]);
    const exp = Math.exp(logit.value - shift);
    parts.push({logit, exp});
    sum += exp;
  }
  if (shift === 0 && (sum === Infinity || sum === 0)) {
    const largest = Math.max(...parts.map(({logit}) => logit.value));
    if (Number.isFinite(largest)) return sharesOf(numbers, logits, largest);
  }
  return {parts, shift, sum, p: parts.map(({exp}) => exp / sum)};
}

export function softmax(numbers: Numbers, logits: string, [j]: number[]): Result {
  const {parts, shift, sum, p} = sharesOf(numbers, logits);
  return {definition: p[j], reason: {kind: 'share', parts, shift, sum, mine: j}};
}

/** loss = −log p[label] */
export function loss(numbers: Numbers, logits: string, label: number): Result {
  const {p, parts} = sharesOf(numbers, logits);
  let definition = 0 - Math.log(p[label]);
  if (p[label] === 0) {
    // too small for a float64: −log (exp z / Σ exp z) = log Σ exp z − z
    const largest = Math.max(...parts.map(({logit}) => logit.value));
    const {sum} = sharesOf(numbers, logits, largest);
    definition = Math.log(sum) - (parts[label].logit.value - largest);
  }
  return {
    definition,
    reason: {kind: 'log', p: numbers.value('softmax', [label]), share: p[label], label},
  };
}

/** dlogits[j] = p[j] − [j = label] */
export function logitGradient(
  numbers: Numbers,
  logits: string,
  [j]: number[],
  label: number,
): Result {
  const share = sharesOf(numbers, logits).p[j];
  const p = numbers.value('softmax', [j]);
  return {
    definition: share - (j === label ? 1 : 0),
    reason: {kind: 'difference', p, share, label},
  };
}

/** dp[j] = −1 / p[j] for the label's class, else 0 */
export function softmaxGradient(
  numbers: Numbers,
  logits: string,
  [j]: number[],
  label: number,
): Result {
  const share = sharesOf(numbers, logits).p[j];
  const isLabel = j === label;
  const reason: Reason = {kind: 'inverse', p: numbers.value('softmax', [j]), share, isLabel};
  return {definition: isLabel ? -1 / share : 0, reason};
}
