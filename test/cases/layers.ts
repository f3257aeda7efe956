// The witness from outside: the same computation and its gradients from tf.layers, on the stock `cpu` kernels.
import * as tf from '@tensorflow/tfjs-core';
import type {layers} from '@tensorflow/tfjs-layers';
import type {Result} from './case.ts';

type Layer = ReturnType<typeof layers.dense>;

/** Passes x through the layers, the last of which is given the weights; gradients of Σ y · dy for x and the weights. */
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
  const variables = [
    xVariable,
    ...last.trainableWeights.map(weight => weight.read() as tf.Variable),
  ];
  const {grads} = tf.variableGrads(
    () => tf.sum(tf.mul(apply(xVariable), dy)) as tf.Scalar,
    variables,
  );
  const gradients = variables.map(variable => grads[variable.name]);
  last.dispose();
  xVariable.dispose();
  return {y, gradients};
}
