// The tables of softmax and softmaxCrossEntropy. exp and log round, so that no integer case is exact.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {softmax, softmaxCrossEntropy} from '../../src/index.ts';
import * as cpu from '../../src/kernels/cpu/softmax_cross_entropy.ts';
import {type Input, type OpCase, sizeOf} from './case.ts';
import {layerResult} from './layers.ts';

/** exp z[j] / Σ exp z[k] of each row, with nothing taken out: for moderate logits. */
function probabilities(logits: Float64Array, N: number): Float64Array {
  return logits.map((z, i) => {
    const row = logits.subarray(i - (i % N), i - (i % N) + N);
    return Math.exp(z) / row.reduce((sum, other) => sum + Math.exp(other), 0);
  });
}

export function softmaxCase(B: number, N: number): OpCase {
  return {
    title: `softmax [${[B, N]}]`,
    inputs: [{name: 'logits', shape: [B, N]}],
    outputShape: [B, N],
    terms: 3 * N + 3, // WebNN's bound
    exactOnIntegers: false,
    run: ([logits]) => softmax(logits as tf.Tensor2D),
    definition: ([logits]) => probabilities(logits, N),
    // dlogits[j] = Σ over k of dp[k] · p[k] · ((j = k) − p[j]), the whole Jacobian
    definitionGradients([logits], dp) {
      const p = probabilities(logits, N);
      return [
        p.map((pj, at) => {
          const first = at - (at % N);
          let sum = 0;
          for (let k = first; k < first + N; k++) sum += dp[k] * p[k] * ((k === at ? 1 : 0) - pj);
          return sum;
        }),
      ];
    },
    float64([logits], dp) {
      const p = new Float64Array(B * N);
      const dlogits = new Float64Array(B * N);
      cpu.softmax(logits, B, N, p);
      cpu.softmaxGradient(dp, p, B, N, dlogits);
      return {y: p, gradients: [dlogits]};
    },
    layers: ([logits], dp) => layerResult([layers.layers.softmax()], logits, [], dp),
  };
}

export function softmaxCrossEntropyCase(
  B: number,
  N: number,
  labels: 'one-hot' | 'probabilities' | 'unnormalised',
): OpCase {
  const at = (b: number, j: number) => b * N + j;
  const surprise = (logits: Float64Array) => probabilities(logits, N).map(p => -Math.log(p));
  return {
    title: `softmaxCrossEntropy [${[B, N]}], labels ${labels}`,
    inputs: [{name: 'logits', shape: [B, N]}],
    constants: [{name: 'labels', shape: [B, N]}],
    outputShape: [],
    terms: 3 * N + 3 + B,
    exactOnIntegers: false,
    run: ([logits, labels]) => softmaxCrossEntropy(labels as tf.Tensor2D, logits as tf.Tensor2D),
    definition([logits, labels]) {
      return Float64Array.of(
        surprise(logits).reduce((sum, nats, i) => sum + labels[i] * nats, 0) / B,
      );
    },
    // ∂loss/∂logits[j] = Σ over k of labels[k] · (p[j] − (j = k)) / B
    definitionGradients([logits, labels], [dloss]) {
      const p = probabilities(logits, N);
      const dlogits = new Float64Array(B * N);
      for (let b = 0; b < B; b++)
        for (let j = 0; j < N; j++)
          for (let k = 0; k < N; k++)
            dlogits[at(b, j)] += (dloss * labels[at(b, k)] * (p[at(b, j)] - (j === k ? 1 : 0))) / B;
      return [dlogits];
    },
    float64([logits, labels], [dloss]) {
      const dlogits = new Float64Array(B * N);
      cpu.softmaxCrossEntropyGradient(dloss, labels, logits, B, N, dlogits);
      return {
        y: Float64Array.of(cpu.softmaxCrossEntropy(labels, logits, B, N)),
        gradients: [dlogits],
      };
    },
    // Layers' loss divides by the probabilities' sum, which is 1, and ignores what labels add up to.
    layers:
      labels === 'unnormalised'
        ? undefined
        : ([logits, labels], dloss) => {
            const variable = tf.variable(logits);
            const {value, grads} = tf.variableGrads(() => {
              const p = layers.layers.softmax().apply(variable) as tf.Tensor;
              const perExample = layers.metrics.categoricalCrossentropy(labels, p);
              return tf.mul(tf.mean(perExample), dloss) as tf.Scalar;
            }, [variable]);
            const result = {y: tf.div(value, dloss), gradients: [grads[variable.name]]};
            variable.dispose();
            return result;
          },
    smooth({name, shape}: Input, random) {
      const values = Float64Array.from({length: sizeOf(shape)}, () => random.normal());
      if (name !== 'labels') return values;
      if (labels === 'probabilities') return probabilities(values, N);
      if (labels === 'unnormalised') return values.map(Math.abs);
      values.fill(0);
      for (let b = 0; b < B; b++) values[at(b, random.below(N))] = 1;
      return values;
    },
  };
}

export const softmaxCases: OpCase[] = [softmaxCase(3, 5), softmaxCase(1, 2), softmaxCase(7, 10)];

export const softmaxCrossEntropyCases: OpCase[] = [
  softmaxCrossEntropyCase(3, 5, 'one-hot'),
  softmaxCrossEntropyCase(7, 10, 'one-hot'),
  softmaxCrossEntropyCase(1, 4, 'probabilities'),
  softmaxCrossEntropyCase(6, 3, 'probabilities'),
  softmaxCrossEntropyCase(4, 6, 'unnormalised'),
];
