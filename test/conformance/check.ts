// Holds a sample against our op on a backend, forward and backward.
//
// The tolerances are those of WebNN's conformance tests (web-platform-tests/wpt, webnn/resources/utils.js): units in the last place of
// float32 (ULP), twice the length of a sum of products (conv2d 2·kH·kW·C, matmul 2K), the length of a plain sum, 3N + 3 for softmax,
// and none where no arithmetic is done. WebNN has no gradients and no loss: theirs follow by the same count. WebNN counts
// in ULP of each expected number, with inputs of one sign; these suites' have both, so that a sum may cancel, and we count in ULP of
// the tensor's largest number. The loss is one number: where labels are negative, as weights of classes may make them, we count in
// ULP of what it would be without their signs.
import * as tf from '@tensorflow/tfjs-core';
import {compare, valuesOf} from '../../bench/cases/compare.ts';
import {conv2d, dense, maxPool, relu, softmax, softmaxCrossEntropy} from '../../src/index.ts';
import type {Sample, Tensor} from './sample.ts';

/** In ULP: of the output, and of the gradient of each argument. */
interface Ulps {
  y: number;
  gradients: Record<string, number>;
}

const ulps: Record<Sample['op'], (sample: Sample) => Ulps> = {
  conv2d: ({inputs: [, filter], y}) => {
    const [kH, kW, C, K] = filter.shape;
    const [B, yH, yW] = y.shape;
    return {
      y: 2 * kH * kW * C,
      gradients: {x: 2 * kH * kW * K, filter: 2 * B * yH * yW, bias: B * yH * yW},
    };
  },
  dense: ({inputs: [x, weights]}) => {
    const [B, I] = x.shape;
    const O = weights.shape[1];
    return {y: 2 * I + 1, gradients: {x: 2 * O, weights: 2 * B, bias: B}};
  },
  // An element of x collects dy from as many windows as hold it.
  maxPool: ({filterSize}) => ({y: 0, gradients: {x: filterSize![0] * filterSize![1]}}),
  relu: () => ({y: 0, gradients: {x: 0}}),
  // The gradient: p, and a sum of N products with it.
  softmax: ({y}) => {
    const N = y.shape[1];
    return {y: 3 * N + 3, gradients: {logits: 3 * N + 3 + 2 * N}};
  },
  // The loss: softmax's sum and its logarithm, times labels, and a sum over the batch. The gradient: p times the labels' sum.
  softmaxCrossEntropy: ({inputs: [logits]}) => {
    const [B, N] = logits.shape;
    return {y: 3 * N + 3 + 2 * N + B, gradients: {logits: 3 * N + 3 + N}};
  },
};

// biome-ignore lint/suspicious/noExplicitAny: a suite's tensor may have any rank, and the op refuses a wrong one
type AnyTensor = any;

const calls: Record<Sample['op'], (tensors: AnyTensor[], sample: Sample) => tf.Tensor> = {
  conv2d: ([x, filter, bias = null], {options}) => conv2d(x, filter, bias, options),
  dense: ([x, weights, bias = null]) => dense(x, weights, bias),
  maxPool: ([x], {filterSize, options}) => maxPool(x, filterSize!, options),
  relu: ([x]) => relu(x),
  softmax: ([logits]) => softmax(logits),
  softmaxCrossEntropy: ([logits, labels]) => softmaxCrossEntropy(labels, logits),
};

/** On the current backend: undefined if all is as expected, else what differs. */
export function check(sample: Sample): string | undefined {
  try {
    return tf.tidy(() => firstDifference(sample));
  } catch (error) {
    return (error as Error).message;
  }
}

function firstDifference(sample: Sample): string | undefined {
  const {op, inputs, labels, y} = sample;
  const allowed = ulps[op](sample);
  const tensors = inputs.map(toTensor);
  const constants = labels ? [toTensor(labels)] : [];
  const run = (...tensors: tf.Tensor[]) => calls[op]([...tensors, ...constants], sample);
  const unsigned = labels && calls[op]([...tensors, tf.abs(constants[0])], sample).dataSync();
  const differenceOf = (value: tf.Tensor) => difference('y', value, y, allowed.y, unsigned);
  if (!y.gradient) return differenceOf(run(...tensors));
  const {value, grads} = tf.valueAndGrads(run)(tensors, toTensor({...y, values: y.gradient}));
  const ofGradients = Object.entries(allowed.gradients).map(([name, n], i) => {
    const values = inputs[i]?.gradient;
    return values && difference(`d${name}`, grads[i], {...inputs[i], values}, n);
  });
  return [differenceOf(value), ...ofGradients].find(Boolean);
}

const toTensor = ({values, shape}: Tensor): tf.Tensor => tf.tensor(values, shape, 'float32');

function difference(
  name: string,
  actual: tf.Tensor,
  expected: Tensor,
  allowed: number,
  magnitudes: ArrayLike<number> = expected.values,
): string | undefined {
  const largest = Array.from(magnitudes).reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  const ulp = 2 ** (Math.floor(Math.log2(Math.max(largest, 2 ** -126))) - 23);
  const tolerance = {atol: allowed * ulp, rtol: 0};
  const found = compare(valuesOf(actual), {...expected, dtype: 'float32'}, tolerance);
  return found && `${name}: ${found}`;
}
