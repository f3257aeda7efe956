// The tables of softmax and softmaxCrossEntropy. exp and log round, so no case is exact on integers.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {softmax, softmaxCrossEntropy} from '../../src/index.ts';
import * as cpu from '../../src/kernels/cpu/softmax_cross_entropy.ts';
import * as definition from '../../src/kernels/definition/softmax_cross_entropy.ts';
import {Softmax} from '../../src/ops/softmax_cross_entropy.ts';
import {filled, type Input, type OpCase, sizeOf} from './case.ts';
import {layerResult} from './layers.ts';

export function softmaxCase(B: number, N: number): OpCase {
  return {
    title: `softmax [${[B, N]}]`,
    inputs: [{name: 'logits', shape: [B, N]}],
    outputShape: [B, N],
    terms: [3 * N + 3], // WebNN's bound
    ours: () => ({kernel: Softmax, attrs: {B, N}}),
    stock: () => ({kernel: tf.Softmax, attrs: {dim: 1}}),
    isRounded: true,
    run: ([logits]) => softmax(logits as tf.Tensor2D),
    definition: ([logits]) => definition.softmax(logits, B, N),
    definitionGradients: ([logits], dp) => [definition.softmaxGradient(logits, dp, B, N)],
    float64([logits], dp) {
      const p = filled(B * N, p => cpu.softmax({logits}, {B, N}, p));
      const dlogits = filled(B * N, dlogits => cpu.softmaxGradient({dp, p}, {B, N}, dlogits));
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
  return {
    title: `softmaxCrossEntropy [${[B, N]}], labels ${labels}`,
    inputs: [{name: 'logits', shape: [B, N]}],
    constants: [{name: 'labels', shape: [B, N]}],
    outputShape: [],
    terms: [3 * N + 3 + B],
    isRounded: true,
    run: ([logits, labels]) => softmaxCrossEntropy(labels as tf.Tensor2D, logits as tf.Tensor2D),
    definition: ([logits, labels]) =>
      Float64Array.of(definition.softmaxCrossEntropy(labels, logits, B, N)),
    definitionGradients: ([logits, labels], [dloss]) => [
      definition.softmaxCrossEntropyGradient(labels, logits, dloss, B, N),
    ],
    float64([logits, labels], dloss) {
      const g = {B, N};
      const loss = filled(1, loss => cpu.softmaxCrossEntropy({labels, logits}, g, loss));
      const dlogits = filled(B * N, dlogits =>
        cpu.softmaxCrossEntropyGradient({dloss, labels, logits}, g, dlogits),
      );
      return {y: loss, gradients: [dlogits]};
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
      if (labels === 'probabilities') return definition.softmax(values, B, N);
      if (labels === 'unnormalised') return values.map(Math.abs);
      values.fill(0);
      for (let b = 0; b < B; b++) values[b * N + random.below(N)] = 1;
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
  // More examples than webgl adds up in one pass, and a shorter last part.
  softmaxCrossEntropyCase(1031, 3, 'one-hot'),
];
