// dense: every output is a weighted sum of every input, plus a bias
//   x [B, I]   weights [I, O]   bias [O]   ->   y [B, O]
//   forward    y[b, o] = bias[o] + Σ over i of x[b, i] · weights[i, o]
//   backward   dx[b, i]       = Σ over o of dy[b, o] · weights[i, o]             (dq: ∂loss/∂q, of q's shape)
//              dWeights[i, o] = Σ over b of dy[b, o] · x[b, i]
//              dBias[o]       = Σ over b of dy[b, o]
//   derived    y is a sum of products: by the chain rule, each product adds dy times the other factor to the gradient of either factor
// As products of matrices: y = x weights + bias;   dx = dy weightsᵀ,   dWeights = xᵀ dy.
// Source: Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", 1986.
import * as tf from '@tensorflow/tfjs-core';
import {biasGradient, checkBias} from './bias.ts';
import {checkTensor, fail, shapeText} from './checks.ts';
import {type Attrs, refuseGradient, runKernel, type Untyped} from './kernel.ts';

export const Dense = 'mnist.Dense';
export const DenseInputGradient = 'mnist.DenseInputGradient';
export const DenseWeightsGradient = 'mnist.DenseWeightsGradient';

/** Sizes: a batch of B, I inputs, O outputs. */
export interface DenseGeometry {
  B: number;
  I: number;
  O: number;
}

function denseGeometry(
  x: tf.Tensor2D,
  weights: tf.Tensor2D,
  bias: tf.Tensor1D | null,
): Attrs<DenseGeometry> {
  checkTensor('dense', 'x', x, ['example', 'input']);
  checkTensor('dense', 'weights', weights, ['input', 'output']);
  const [B, I] = x.shape;
  const O = weights.shape[1];
  if (weights.shape[0] !== I) {
    const expected = `weights with a row for each of the ${I} inputs`;
    fail('dense', expected, `weights of shape ${shapeText(weights.shape)}`);
  }
  checkBias('dense', bias, 'output', O);
  return {B, I, O, outputShape: [B, O]};
}

/**
 * A fully connected layer.
 *
 * @param x float32 [batch, inputs]
 * @param weights float32 [inputs, outputs]
 * @param bias float32 [outputs], or null for none
 * @returns float32 [batch, outputs]
 * @throws Error for another rank or dtype, an empty batch, and sizes that don't fit
 */
export function dense(x: tf.Tensor2D, weights: tf.Tensor2D, bias: tf.Tensor1D | null): tf.Tensor2D {
  const geometry = denseGeometry(x, weights, bias);
  return runKernel(Dense, bias ? {x, weights, bias} : {x, weights}, geometry);
}

tf.registerGradient({
  kernelName: Dense,
  inputsToSave: ['x', 'weights'],
  gradFunc: (dy: Untyped, [x, weights], g) => ({
    x: () => runKernel(DenseInputGradient, {dy, weights}, {...g, outputShape: x.shape}),
    weights: () => runKernel(DenseWeightsGradient, {x, dy}, {...g, outputShape: weights.shape}),
    bias: () => biasGradient(dy),
  }),
});

refuseGradient('dense', DenseInputGradient, DenseWeightsGradient);
