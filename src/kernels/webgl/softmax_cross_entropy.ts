// softmax and softmaxCrossEntropy in fragment programs (see ops/softmax_cross_entropy.ts). A texel holds two classes of two
// examples: what an example has one of is a component of a vec2.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {clearBeyond, numbers, output, run} from './program.ts';
import {half, texels} from './texels.ts';

/** Sizes: a batch of B, N classes. */
interface Sizes {
  B: number;
  N: number;
}

/** GLSL for each texel of the classes of examples b and b + 1, with what it says done to both columns of it. */
const forClasses = (N: number, statement: (column: 'xz' | 'yw') => string): string => `
      for (int k2 = 0; k2 < ${half(N)}; k2++) {
        ${statement('xz')}
        ${N % 2 === 0 ? statement('yw') : `if (k2 < ${half(N) - 1}) {${statement('yw')}}`}
      }`;

/** GLSL of exponentials: the largest logit of examples b and b + 1, and Σ exp z with z = logits − that. */
const largestAndSum = (backend: MathBackendWebGL, logits: TensorInfo, N: number): string => `
    ${texels(backend, 'logits', logits)}
    void largestAndSum(int b2, out vec2 largest, out vec2 sum) {
      largest = logitsTexel(logitsLine(0), b2, 0).xz;
      ${forClasses(N, column => `largest = max(largest, logitsTexel(logitsLine(0), b2, k2).${column});`)}
      sum = vec2(0);
      ${forClasses(N, column => `sum += exp(logitsTexel(logitsLine(0), b2, k2).${column} - largest);`)}
    }`;

/** logits [B, N] -> p [B, N] */
export function softmax(backend: MathBackendWebGL, logits: TensorInfo, {B, N}: Sizes): TensorInfo {
  // One fragment computes p[b:b+2, j:j+2].
  //   p[b, j] = exp z[b, j] / Σ exp z[b, k?]
  const userCode = `
    ${largestAndSum(backend, logits, N)}
    ${output([B, N], true)}
    void main() {
      int line, b2, j2;
      outputAt(line, b2, j2);
      vec2 largest, sum;
      largestAndSum(b2, largest, sum);
      vec4 p = exp(logitsTexel(logitsLine(0), b2, j2) - largest.xxyy) / sum.xxyy;
      ${clearBeyond('p', 'b2', B, 'j2', N)}
      setOutput(p);
    }`;
  return run(backend, {
    inputs: {logits},
    packedInputs: true,
    outputShape: [B, N],
    packedOutput: true,
    userCode,
  });
}

/** dp, p [B, N] -> dlogits [B, N] */
export function softmaxGradient(
  backend: MathBackendWebGL,
  dp: TensorInfo,
  p: TensorInfo,
  {B, N}: Sizes,
): TensorInfo {
  // One fragment computes dlogits[b:b+2, j:j+2].
  //   dlogits[b, j] = p[b, j] · (dp[b, j] − Σ p[b, k?] · dp[b, k?])
  const userCode = `
    ${texels(backend, 'dp', dp)}
    ${texels(backend, 'softmax', p)}
    ${output([B, N], true)}
    void main() {
      int line, b2, j2;
      outputAt(line, b2, j2);
      vec2 mean = vec2(0);
      ${forClasses(N, column => `mean += softmaxTexel(softmaxLine(0), b2, k2).${column} * dpTexel(dpLine(0), b2, k2).${column};`)}
      vec4 dlogits = softmaxTexel(softmaxLine(0), b2, j2) * (dpTexel(dpLine(0), b2, j2) - mean.xxyy);
      ${clearBeyond('dlogits', 'b2', B, 'j2', N)}
      setOutput(dlogits);
    }`;
  return run(backend, {
    inputs: {dp, softmax: p},
    packedInputs: true,
    outputShape: [B, N],
    packedOutput: true,
    userCode,
  });
}

/** So many examples are added up at once. */
const MOST_EXAMPLES = 512;
/** Of more, there are sums of so many first. */
const EXAMPLES_EACH = 64;

/** labels, logits [B, N] -> the mean over b of Σ over j of labels · (log Σ exp z − z) */
export function softmaxCrossEntropy(
  backend: MathBackendWebGL,
  labels: TensorInfo,
  logits: TensorInfo,
  {B, N}: Sizes,
): TensorInfo {
  const each = B <= MOST_EXAMPLES ? half(B) : EXAMPLES_EACH / 2; // pairs
  const count = Math.ceil(half(B) / each);
  // One fragment computes partial[s], or the loss if that is all.
  //   partial[s] = Σ labels[b?, j?] · (log Σ exp z[b?, k?] − z[b?, j?]) / B for the examples of s
  const userCode = `
    ${texels(backend, 'labels', labels)}
    ${largestAndSum(backend, logits, N)}
    ${output([count], false)}
    void main() {
      int line, row, s;
      outputAt(line, row, s);
      vec2 loss = vec2(0);
      for (int b2 = s * ${each}; b2 < min(${half(B)}, (s + 1) * ${each}); b2++) {
        vec2 largest, sum, surprise = vec2(0);
        largestAndSum(b2, largest, sum);
        vec2 logSum = log(sum);
        ${forClasses(
          N,
          column => `surprise += labelsTexel(labelsLine(0), b2, k2).${column}
            * (logSum - (logitsTexel(logitsLine(0), b2, k2).${column} - largest));`,
        )}
        ${B % 2 === 1 ? `if (b2 == ${half(B) - 1}) surprise.y = 0.;` : ''}
        loss += surprise;
      }
      setOutput((loss.x + loss.y) / ${B}.);
    }`;
  const program = {packedInputs: true, packedOutput: false, userCode};
  const outputShape = count === 1 ? [] : [count];
  const partial = run(backend, {inputs: {labels, logits}, outputShape, ...program});
  if (count === 1) return partial;
  const loss = sum(backend, partial);
  backend.disposeIntermediateTensorInfo(partial);
  return loss;
}

/** partial [s] -> Σ over s of partial */
function sum(backend: MathBackendWebGL, partial: TensorInfo): TensorInfo {
  // The one fragment computes loss = Σ partial[s?].
  const userCode = `
    ${numbers(backend, 'partial', partial)}
    void main() {
      float loss = 0.;
      for (int s = 0; s < ${partial.shape[0]}; s++) loss += partialNumber(0, 0, s);
      setOutput(loss);
    }`;
  return run(backend, {
    inputs: {partial},
    packedInputs: false,
    outputShape: [],
    packedOutput: false,
    userCode,
  });
}

/** dloss, labels and logits [B, N] -> dlogits [B, N] */
export function softmaxCrossEntropyGradient(
  backend: MathBackendWebGL,
  dloss: TensorInfo,
  labels: TensorInfo,
  logits: TensorInfo,
  {B, N}: Sizes,
): TensorInfo {
  // The tape's dloss is a number on the CPU: as a uniform, it needs no texture.
  const {values} = backend.texData.get(dloss.dataId);
  // One fragment computes dlogits[b:b+2, j:j+2].
  //   dlogits[b, j] = dloss · (p[b, j] · Σ labels[b, k?] − labels[b, j]) / B
  const userCode = `
    ${texels(backend, 'labels', labels)}
    ${largestAndSum(backend, logits, N)}
    ${values ? '' : texels(backend, 'dloss', dloss)}
    ${output([B, N], true)}
    void main() {
      int line, b2, j2;
      outputAt(line, b2, j2);
      vec2 largest, sum, total = vec2(0);
      largestAndSum(b2, largest, sum);
      ${forClasses(N, column => `total += labelsTexel(labelsLine(0), b2, k2).${column};`)}
      vec4 p = exp(logitsTexel(logitsLine(0), b2, j2) - largest.xxyy) / sum.xxyy;
      vec4 dlogits = ${values ? 'dloss' : 'dlossTexel(dlossLine(0), 0, 0).x'}
        * (p * total.xxyy - labelsTexel(labelsLine(0), b2, j2)) / ${B}.;
      ${clearBeyond('dlogits', 'b2', B, 'j2', N)}
      setOutput(dlogits);
    }`;
  return run(backend, {
    inputs: values ? {labels, logits} : {labels, logits, dloss},
    uniforms: values ? {dloss: values[0] as number} : {},
    packedInputs: true,
    outputShape: [B, N],
    packedOutput: true,
    userCode,
  });
}
