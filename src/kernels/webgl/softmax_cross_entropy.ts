// softmax and softmaxCrossEntropy in fragment programs (see ops/softmax_cross_entropy.ts). A texel holds two classes of two
// examples: what an example has one of is a component of a vec2.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Attrs} from '../../ops/kernel.ts';
import type {SoftmaxGeometry} from '../../ops/softmax_cross_entropy.ts';
import {
  Softmax,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGradient,
  SoftmaxGradient,
} from '../../ops/softmax_cross_entropy.ts';
import {type Backend, type Inputs, kernel} from './kernel.ts';
import {clearBeyond, clearSecondColumn, run} from './program.ts';
import {pairs} from './texels.ts';

/** GLSL functions that all programs but softmax's gradient call. */
const exponentials = (N: number): string => `
    // logits[b:b+2, k:k+2]. For odd N, the missing last class gets a logit of −3e38, whose exp is 0.
    vec4 logitsAt(int bPair, int kPair) {
      vec4 logits = logitsTexel(logitsLine(0), bPair, kPair);
      ${N % 2 === 1 ? `if (kPair == ${pairs(N) - 1}) logits.yw = vec2(-3e38);` : ''}
      return logits;
    }
    // largest[b] = max of logits[b, k?]   sum[b] = Σ exp z[b, k?]   z[b, k] = logits[b, k] − largest[b]
    void largestAndSum(int bPair, out vec2 largest, out vec2 sum) {
      largest = logitsAt(bPair, 0).xz;
      for (int kPair = 0; kPair < ${pairs(N)}; kPair++) {
        vec4 logits = logitsAt(bPair, kPair);
        largest = max(largest, max(logits.xz, logits.yw));
      }
      sum = vec2(0);
      for (int kPair = 0; kPair < ${pairs(N)}; kPair++) {
        vec4 z = logitsAt(bPair, kPair) - largest.xxyy;
        sum += exp(z.xz) + exp(z.yw);
      }
    }`;

/** GLSL of vec4 labelsAt(int bPair, int kPair): labels[b:b+2, k:k+2], 0 beyond the last class. */
const labelsAt = (N: number): string => `
    vec4 labelsAt(int bPair, int kPair) {
      vec4 labels = labelsTexel(labelsLine(0), bPair, kPair);
      ${clearSecondColumn('labels', 'kPair', N)}
      return labels;
    }`;

/** logits [B, N] -> p [B, N] */
function softmax(backend: Backend, {logits}: Inputs, g: Attrs<SoftmaxGeometry>) {
  const {B, N, outputShape} = g;
  // One fragment computes p[b:b+2, j:j+2].
  //   p[b, j] = exp z[b, j] / Σ exp z[b, k?]
  const userCode = `
    ${exponentials(N)}
    void main() {
      int line, bPair, jPair;
      outputAt(line, bPair, jPair);
      vec2 largest, sum;
      largestAndSum(bPair, largest, sum);
      vec4 p = exp(logitsAt(bPair, jPair) - largest.xxyy) / sum.xxyy;
      ${clearBeyond('p', 'bPair', B, 'jPair', N)}
      setOutput(p);
    }`;
  return run(backend, {inputs: {logits}, outputShape, userCode});
}

/** dp, p [B, N] -> dlogits [B, N] */
function softmaxGradient(backend: Backend, {dp, p}: Inputs, g: Attrs<SoftmaxGeometry>) {
  const {B, N, outputShape} = g;
  // One fragment computes dlogits[b:b+2, j:j+2].
  //   dlogits[b, j] = p[b, j] · (dp[b, j] − Σ p[b, k?] · dp[b, k?])
  const userCode = `
    void main() {
      int line, bPair, jPair;
      outputAt(line, bPair, jPair);
      vec2 mean = vec2(0);
      for (int kPair = 0; kPair < ${pairs(N)}; kPair++) {
        vec4 product = pTexel(pLine(0), bPair, kPair) * dpTexel(dpLine(0), bPair, kPair);
        ${clearSecondColumn('product', 'kPair', N)}
        mean += product.xz + product.yw;
      }
      vec4 dlogits = pTexel(pLine(0), bPair, jPair) * (dpTexel(dpLine(0), bPair, jPair) - mean.xxyy);
      ${clearBeyond('dlogits', 'bPair', B, 'jPair', N)}
      setOutput(dlogits);
    }`;
  return run(backend, {inputs: {dp, p}, outputShape, userCode});
}

/** One pass adds up to this many examples. */
const MOST_EXAMPLES = 512;
/** For more, a first pass makes partial sums of this many examples each. */
const EXAMPLES_EACH = 64;

/** labels, logits [B, N] -> the mean over b of Σ over j of labels · (log Σ exp z − z) */
function softmaxCrossEntropy(
  backend: Backend,
  {labels, logits}: Inputs,
  {B, N, outputShape}: Attrs<SoftmaxGeometry>,
): TensorInfo {
  const each = pairs(B <= MOST_EXAMPLES ? B : EXAMPLES_EACH);
  const count = Math.ceil(pairs(B) / each);
  // One fragment computes partial[s], or the loss if there is one sum only.
  //   partial[s] = Σ labels[b?, j?] · (log Σ exp z[b?, k?] − z[b?, j?]) / B for the examples of s, where labels[b?, j?] isn't 0
  const userCode = `
    ${exponentials(N)}
    ${labelsAt(N)}
    void main() {
      int line, row, s;
      outputAt(line, row, s);
      vec2 loss = vec2(0);
      for (int bPair = s * ${each}; bPair < min(${pairs(B)}, (s + 1) * ${each}); bPair++) {
        vec2 largest, sum, surprise = vec2(0);
        largestAndSum(bPair, largest, sum);
        for (int jPair = 0; jPair < ${pairs(N)}; jPair++) {
          vec4 z = logitsAt(bPair, jPair) - largest.xxyy;
          vec4 labels = labelsAt(bPair, jPair);
          vec4 parts = labels * (log(sum).xxyy - z);
          parts = mix(parts, vec4(0), equal(labels, vec4(0))); // where the label is 0, 0 · ∞ would be NaN
          surprise += parts.xz + parts.yw;
        }
        ${B % 2 === 1 ? `if (bPair == ${pairs(B) - 1}) surprise.y = 0.;` : ''}
        loss += surprise;
      }
      setOutput((loss.x + loss.y) / ${B}.);
    }`;
  const partial = run(backend, {
    inputs: {labels, logits},
    outputShape: count === 1 ? outputShape : [count],
    packedOutput: false,
    userCode,
  });
  if (count === 1) return partial;
  const loss = sumOf(backend, partial, outputShape);
  backend.disposeIntermediateTensorInfo(partial);
  return loss;
}

/** partial [s] -> Σ over s of partial */
function sumOf(backend: Backend, partial: TensorInfo, outputShape: number[]): TensorInfo {
  // The one fragment computes loss = Σ partial[s?].
  const userCode = `
    void main() {
      float loss = 0.;
      for (int s = 0; s < ${partial.shape[0]}; s++) loss += partialNumber(0, 0, s);
      setOutput(loss);
    }`;
  return run(backend, {
    inputs: {partial},
    packedInputs: false,
    outputShape,
    packedOutput: false,
    userCode,
  });
}

/** dloss, labels and logits [B, N] -> dlogits [B, N] */
function softmaxCrossEntropyGradient(
  backend: Backend,
  {dloss, labels, logits}: Inputs,
  {B, N, outputShape}: Attrs<SoftmaxGeometry>,
): TensorInfo {
  // If dloss is still on the CPU, as in a training step, it becomes a uniform and needs no texture.
  const {values} = backend.texData.get(dloss.dataId);
  // One fragment computes dlogits[b:b+2, j:j+2].
  //   dlogits[b, j] = dloss · (p[b, j] · labelSum[b] − labels[b, j]) / B      labelSum[b] = Σ labels[b, k?]
  const userCode = `
    ${exponentials(N)}
    ${labelsAt(N)}
    void main() {
      int line, bPair, jPair;
      outputAt(line, bPair, jPair);
      vec2 largest, sum, labelSum = vec2(0);
      largestAndSum(bPair, largest, sum);
      for (int kPair = 0; kPair < ${pairs(N)}; kPair++) {
        vec4 labels = labelsAt(bPair, kPair);
        labelSum += labels.xz + labels.yw;
      }
      vec4 p = exp(logitsAt(bPair, jPair) - largest.xxyy) / sum.xxyy;
      vec4 dlogits = (p * labelSum.xxyy - labelsAt(bPair, jPair)) / ${B}.;
      dlogits *= ${values ? 'dloss' : 'dlossTexel(dlossLine(0), 0, 0).x'};
      ${clearBeyond('dlogits', 'bPair', B, 'jPair', N)}
      setOutput(dlogits);
    }`;
  return run(backend, {
    inputs: values ? {labels, logits} : {labels, logits, dloss},
    uniforms: values ? {dloss: values[0] as number} : {},
    outputShape,
    userCode,
  });
}

export const softmaxKernels = {
  [Softmax]: kernel(softmax),
  [SoftmaxGradient]: kernel(softmaxGradient),
  [SoftmaxCrossEntropy]: kernel(softmaxCrossEntropy),
  [SoftmaxCrossEntropyGradient]: kernel(softmaxCrossEntropyGradient),
};
