// One pass through the network and back, op by op, with every tensor on the way: those that training computes and drops.
import * as tf from '@tensorflow/tfjs-core';
import type {Batch} from '../../data/mnist_data.ts';
import type {Layer, Network} from '../../network.ts';
import {softmax, softmaxCrossEntropy} from '../../ops/softmax_cross_entropy.ts';
import {weightShapes} from '../../presets.ts';

/** The tensors by the names of stations and weights. */
export type Pass = {
  values: Record<string, tf.Tensor>;
  /** ∂loss/∂ each of them, but for the softmax: it is one op with the loss. */
  gradients: Record<string, tf.Tensor>;
};

/** Runs a step of the pass: the forward or the backward op of a layer. */
export type Watch = <T>(name: string, direction: 'forward' | 'backward', run: () => T) => T;

const unwatched: Watch = (_name, _direction, run) => run();

/**
 * The pass of a batch. Call it in a tidy: the caller owns every tensor.
 *
 * @param watch called around each op
 */
export function passOf(network: Network, {xs, labels}: Batch, watch = unwatched): Pass {
  const values: Pass['values'] = {};
  const gradients: Pass['gradients'] = {};
  // A copy shares the memory, and stays as it is when training goes on.
  const weights = Object.keys(weightShapes[network.preset]);
  for (const [i, name] of weights.entries()) values[name] = tf.clone(network.variables[i]);

  let x: tf.Tensor = xs;
  const inputs = new Map<Layer, tf.Tensor>();
  for (const layer of network.layers) {
    inputs.set(layer, x);
    const input = x;
    x = values[layer.name] = watch(layer.name, 'forward', () => layer.apply(input));
  }
  const logits = x as tf.Tensor2D;
  values.softmax = softmax(logits);
  const lossOf = (logits: tf.Tensor2D) => softmaxCrossEntropy(labels, logits);
  values.loss = watch('loss', 'forward', () => lossOf(logits));

  gradients.loss = tf.scalar(1);
  let dy: tf.Tensor = watch('loss', 'backward', () => tf.grad(lossOf as Forward)(logits));
  for (const layer of [...network.layers].reverse()) {
    gradients[layer.name] = dy;
    const x = inputs.get(layer)!;
    if (x === xs) break; // the image's gradient is there, in the shape of an image
    const names = weights.filter(name => name.startsWith(`${layer.name}.`));
    const variables = names.map(name => network.variables[weights.indexOf(name)]);
    const [dx, ...dWeights] = watch(layer.name, 'backward', () =>
      tf.grads(() => layer.apply(x))([x, ...variables], dy),
    );
    dy = dx;
    for (const [i, name] of names.entries()) gradients[name] = dWeights[i];
  }
  return {values, gradients};
}

type Forward = (x: tf.Tensor) => tf.Tensor;
