// Offers the reference kernels to every backend that has none of its own.
import * as tf from '@tensorflow/tfjs-core';
import {BiasGradient} from '../../ops/bias.ts';
import {Conv2D, Conv2DFilterGradient, Conv2DInputGradient} from '../../ops/conv2d.ts';
import {Dense, DenseInputGradient, DenseWeightsGradient} from '../../ops/dense.ts';
import {type Kernel, registerReferenceKernels, type Untyped} from '../../ops/kernel.ts';
import {MaxPool, MaxPoolGradient} from '../../ops/max_pool.ts';
import {Relu, ReluGradient} from '../../ops/relu.ts';
import {
  Softmax,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGradient,
  SoftmaxGradient,
} from '../../ops/softmax_cross_entropy.ts';
import {biasGradient} from './bias.ts';
import {conv2d, conv2dFilterGradient, conv2dInputGradient} from './conv2d.ts';
import {dense, denseInputGradient, denseWeightsGradient} from './dense.ts';
import {maxPool, maxPoolGradient} from './max_pool.ts';
import {relu, reluGradient} from './relu.ts';
import {
  softmax,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  softmaxGradient,
} from './softmax_cross_entropy.ts';

/** A kernel made of other ops: what they leave behind is disposed of, all but the result. */
const composed =
  (compute: (inputs: Untyped, attrs: Untyped) => tf.Tensor | tf.Tensor[]): Kernel =>
  ({inputs, attrs}) =>
    tf.tidy(() => compute(inputs, attrs));

registerReferenceKernels({
  [Conv2D]: composed(({x, filter, bias}, g) => conv2d(x, filter, bias, g)),
  [Conv2DInputGradient]: composed(({dy, filter}, g) => conv2dInputGradient(dy, filter, g)),
  [Conv2DFilterGradient]: composed(({x, dy}, g) => conv2dFilterGradient(x, dy, g)),
  [MaxPool]: composed(({x}, g) => maxPool(x, g)),
  [MaxPoolGradient]: composed(({dy, position}, g) => maxPoolGradient(dy, position, g)),
  [Dense]: composed(({x, weights, bias}) => dense(x, weights, bias)),
  [DenseInputGradient]: composed(({dy, weights}) => denseInputGradient(dy, weights)),
  [DenseWeightsGradient]: composed(({x, dy}) => denseWeightsGradient(x, dy)),
  [BiasGradient]: composed(({dy}) => biasGradient(dy)),
  [Relu]: composed(({x}) => relu(x)),
  [ReluGradient]: composed(({dy, y}) => reluGradient(dy, y)),
  [Softmax]: composed(({logits}) => softmax(logits)),
  [SoftmaxGradient]: composed(({dp, p}) => softmaxGradient(dp, p)),
  [SoftmaxCrossEntropy]: composed(({labels, logits}) => softmaxCrossEntropy(labels, logits)),
  [SoftmaxCrossEntropyGradient]: composed(({dloss, labels, logits}) =>
    softmaxCrossEntropyGradient(dloss, labels, logits),
  ),
});
