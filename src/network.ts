// The two networks, as lists of ops over tf.variables. They have the same layers and are often confused: `tutorial` is the network
// of TensorFlow.js's Layers tutorial, `mnist-core` that of tfjs-examples/mnist-core (padded, no bias in the convolutions, other
// initial weights, twice the parameters).
import * as tf from '@tensorflow/tfjs-core';
import {checkOptions, checkSeed, checkTensor, fail, shapeText} from './ops/checks.ts';
import {conv2d} from './ops/conv2d.ts';
import {dense} from './ops/dense.ts';
import type {Untyped} from './ops/kernel.ts';
import {maxPool} from './ops/max_pool.ts';
import {relu} from './ops/relu.ts';
import {type Preset, weightShapes} from './presets.ts';
import {Random} from './random.ts';

export {type Preset, presets} from './presets.ts';

/** One step of the forward pass, and the shape of its output without the batch axis. */
export interface Layer {
  name: string;
  outputShape: number[];
  apply: (x: tf.Tensor) => tf.Tensor;
}

export interface Network {
  preset: Preset;
  layers: Layer[];
  /** The weights, in the layers' order. */
  variables: tf.Variable[];
  /** Images [batch, 784], pixels in [0, 1] -> logits [batch, 10]. */
  forward(xs: tf.Tensor2D): tf.Tensor2D;
  dispose(): void;
}

/**
 * Creates a network with fresh weights.
 *
 * @param options.seed the same seed gives the same weights; an integer, default 1
 * @throws Error for an unknown preset or option, and for a seed that isn't an integer
 */
export function createNetwork(preset: Preset = 'tutorial', options: {seed?: number} = {}): Network {
  checkOptions('createNetwork', options, ['seed']);
  const {seed = 1} = options;
  checkSeed('createNetwork', seed);
  if (!Object.hasOwn(builders, preset)) {
    fail('createNetwork', `a preset of ${Object.keys(builders).join(', ')}`, String(preset));
  }
  const variables: tf.Variable[] = [];
  const layers = builders[preset](new Weights(weightShapes[preset], seed, variables));
  const forward = (xs: tf.Tensor2D) => {
    checkTensor('forward', 'xs', xs, ['image', 'pixel']);
    if (xs.shape[1] !== 28 * 28) {
      fail('forward', 'xs of 784 pixels an image', `shape ${shapeText(xs.shape)}`);
    }
    const step = (x: tf.Tensor, layer: Layer) => expectShape(layer, layer.apply(x));
    return tf.tidy(() => layers.reduce(step, xs) as tf.Tensor2D);
  };
  return {preset, layers, variables, forward, dispose: () => tf.dispose(variables)};
}

/** Gives the network these weights, in the order of its variables. */
export function setWeights({variables}: Network, weights: readonly Float32Array[]): void {
  tf.tidy(() => {
    for (const [i, variable] of variables.entries()) {
      variable.assign(tf.tensor(weights[i], variable.shape));
    }
  });
}

function expectShape({name, outputShape}: Layer, y: tf.Tensor): tf.Tensor {
  const expected = [y.shape[0], ...outputShape];
  if (!tf.util.arraysEqual(y.shape, expected)) {
    fail(name, `shape ${shapeText(expected)}`, shapeText(y.shape));
  }
  return y;
}

const layer = (name: string, outputShape: number[], apply: (x: Untyped) => tf.Tensor): Layer => ({
  name,
  outputShape,
  apply,
});

// [batch, …] -> [batch, ...shape]
const reshape = <R extends tf.Rank>(x: tf.Tensor, shape: number[]) =>
  tf.reshape<R>(x, [x.shape[0], ...shape] as tf.ShapeMap[R]);
const image = (xs: tf.Tensor) => reshape<tf.Rank.R4>(xs, [28, 28, 1]);
const flatten = (x: tf.Tensor) => reshape<tf.Rank.R2>(x, [x.size / x.shape[0]]);

// Both networks were published with relu before the pool. max and relu commute, gradients included. So relu after the pool gives the
// same bits, and has a quarter of the elements. Flatten comes before relu because on webgl a reshape of a pool's output is free.
const builders: Record<Preset, (weights: Weights) => Layer[]> = {
  tutorial(weights) {
    const filter1 = weights.varianceScaling<tf.Rank.R4>('conv1.filter');
    const bias1 = weights.zeros('conv1.bias');
    const filter2 = weights.varianceScaling<tf.Rank.R4>('conv2.filter');
    const bias2 = weights.zeros('conv2.bias');
    const weights3 = weights.varianceScaling<tf.Rank.R2>('dense.weights');
    const bias3 = weights.zeros('dense.bias');
    return [
      layer('image', [28, 28, 1], image),
      layer('conv1', [24, 24, 8], x => conv2d(x, filter1, bias1)),
      layer('pool1', [12, 12, 8], x => maxPool(x, 2)),
      layer('relu1', [12, 12, 8], relu),
      layer('conv2', [8, 8, 16], x => conv2d(x, filter2, bias2)),
      layer('pool2', [4, 4, 16], x => maxPool(x, 2)),
      layer('flatten', [4 * 4 * 16], flatten),
      layer('relu2', [4 * 4 * 16], relu),
      layer('dense', [10], x => dense(x, weights3, bias3)),
    ];
  },
  'mnist-core'(weights) {
    const filter1 = weights.normal<tf.Rank.R4>('conv1.filter', 0.1);
    const filter2 = weights.normal<tf.Rank.R4>('conv2.filter', 0.1);
    const weights3 = weights.normal<tf.Rank.R2>('dense.weights', 1 / Math.sqrt(7 * 7 * 16));
    const bias3 = weights.zeros('dense.bias');
    return [
      layer('image', [28, 28, 1], image),
      layer('conv1', [28, 28, 8], x => conv2d(x, filter1, null, {pad: 'same'})),
      layer('pool1', [14, 14, 8], x => maxPool(x, 2)),
      layer('relu1', [14, 14, 8], relu),
      layer('conv2', [14, 14, 16], x => conv2d(x, filter2, null, {pad: 'same'})),
      layer('pool2', [7, 7, 16], x => maxPool(x, 2)),
      layer('flatten', [7 * 7 * 16], flatten),
      layer('relu2', [7 * 7 * 16], relu),
      layer('dense', [10], x => dense(x, weights3, bias3)),
    ];
  },
};

/** Draws initial weights from one generator, in the order of the calls, and appends the variables to a list. */
class Weights {
  private readonly random: Random;

  constructor(
    private readonly shapes: Record<string, number[]>,
    seed: number,
    private readonly variables: tf.Variable[],
  ) {
    this.random = new Random(seed, 'weights');
  }

  /**
   * TensorFlow.js's VarianceScaling with its default arguments: a normal distribution of deviation √(1 / fan-in), cut at two
   * deviations. Fan-in is the number of products in one output.
   */
  varianceScaling<R extends tf.Rank>(name: string): tf.Variable<R> {
    const fanIn = tf.util.sizeFromShape(this.shapes[name].slice(0, -1));
    return this.variable(name, () => this.random.truncatedNormal() * Math.sqrt(1 / fanIn));
  }

  /** The normal distribution of mean 0. */
  normal<R extends tf.Rank>(name: string, deviation: number): tf.Variable<R> {
    return this.variable(name, () => this.random.normal() * deviation);
  }

  zeros(name: string): tf.Variable<tf.Rank.R1> {
    return this.variable(name, () => 0);
  }

  private variable<R extends tf.Rank>(name: string, draw: () => number): tf.Variable<R> {
    const shape = this.shapes[name] as tf.ShapeMap[R];
    const values = Float32Array.from({length: tf.util.sizeFromShape(this.shapes[name])}, draw);
    const variable = tf.tidy(() => tf.variable(tf.tensor<R>(values, shape), true));
    this.variables.push(variable as tf.Variable);
    return variable;
  }
}

// In plain Node a user gets TensorFlow.js's CommonJS bundles, which register no gradients. Our networks need one stock gradient:
// Reshape's.
if (!tf.getGradient('Reshape')) {
  tf.registerGradient({
    kernelName: 'Reshape',
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({x: () => tf.reshape(dy as tf.Tensor, x.shape)}),
  });
}
