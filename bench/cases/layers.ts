// The outside witness: tf.layers computes the same output and gradients on the stock `cpu` kernels.
import * as tf from '@tensorflow/tfjs-core';
import type {layers} from '@tensorflow/tfjs-layers';
import type {Result} from './case.ts';

type Layer = ReturnType<typeof layers.dense>;

/** Sets the weights of the last layer and passes x through the layers. The gradients are those of Σ y · dy, for x and the weights. */
export function layerResult(
  stack: unknown[],
  x: tf.Tensor,
  weights: tf.Tensor[],
  dy: tf.Tensor,
  differentiate = true,
): Result<tf.Tensor> {
  const chain = stack as Layer[];
  const last = chain[chain.length - 1];
  const apply = (x: tf.Tensor) => chain.reduce((h, layer) => layer.apply(h) as tf.Tensor, x);
  apply(x); // builds the weights
  last.setWeights(weights);
  const y = apply(x);
  if (!differentiate) {
    last.dispose();
    return {y, gradients: []};
  }
  const xVariable = tf.variable(x);
  const weightVariables = last.trainableWeights.map(weight => weight.read() as tf.Variable);
  const variables = [xVariable, ...weightVariables];
  const sum = () => tf.sum(tf.mul(apply(xVariable), dy)) as tf.Scalar;
  const {grads} = tf.variableGrads(sum, variables);
  const gradients = variables.map(variable => grads[variable.name]);
  last.dispose();
  xVariable.dispose();
  return {y, gradients};
}
