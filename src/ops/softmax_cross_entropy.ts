// softmax: logits become probabilities.   softmaxCrossEntropy: how little probability they give to the labels
//   logits [B, N]   labels [B, N], one-hot or any distribution   ->   p [B, N]   loss, a scalar in nats
//   forward    p[b, j] = exp z[b, j] / Σ over k of exp z[b, k]      z[b, j] = logits[b, j] − max over k of logits[b, k]
//              loss    = mean over b of Σ over j of labels[b, j] · (−log p[b, j]), where a label of 0 adds nothing, even if p is 0
//              −log p[b, j] = log Σ over k of exp z[b, k] − z[b, j]
//   derived    for one image, with [j = k] for 1 if j is k, else 0:
//              ∂p[k] / ∂logits[j]         = p[k] · ([j = k] − p[j])
//              ∂(−log p[k]) / ∂logits[j]  = p[j] − [j = k]
//   backward   of softmax    dlogits[b, j] = Σ over k of dp[b, k] · ∂p[k] / ∂logits[j]
//                                          = p[b, j] · (dp[b, j] − Σ over k of p[b, k] · dp[b, k])
//              of the loss   dlogits[b, j] = dloss / B · Σ over k of labels[b, k] · ∂(−log p[k]) / ∂logits[j]
//                                          = dloss / B · (p[b, j] · labelSum[b] − labels[b, j])
//                            with labelSum[b] = Σ over k of labels[b, k]
// z is logits minus their maximum: p is the same as with logits in place of z, and exp never overflows. So the loss is exact for
// logits up to ±1e4 and beyond. Labels are constants: they get no gradient.
// Source: Bridle, "Training stochastic model recognition algorithms as networks …", 1990.
import * as tf from '@tensorflow/tfjs-core';
import {checkTensor, fail, shapeText} from './checks.ts';
import {type Attrs, refuseGradient, runKernel, type Untyped} from './kernel.ts';

export const Softmax = 'mnist.Softmax';
export const SoftmaxGradient = 'mnist.SoftmaxGradient';
export const SoftmaxCrossEntropy = 'mnist.SoftmaxCrossEntropy';
export const SoftmaxCrossEntropyGradient = 'mnist.SoftmaxCrossEntropyGradient';

/** Sizes: a batch of B, N classes. */
export interface SoftmaxGeometry {
  B: number;
  N: number;
}

function softmaxGeometry(op: string, name: string, rows: tf.Tensor2D): Attrs<SoftmaxGeometry> {
  checkTensor(op, name, rows, ['example', 'class']);
  return {B: rows.shape[0], N: rows.shape[1], outputShape: rows.shape};
}

/**
 * The probability of each class.
 *
 * @param logits float32 [batch, classes]
 * @returns float32 [batch, classes], each row adding up to 1
 * @throws Error for another rank or dtype, and an empty batch
 */
export function softmax(logits: tf.Tensor2D): tf.Tensor2D {
  const geometry = softmaxGeometry('softmax', 'logits', logits);
  return runKernel(Softmax, {logits}, geometry);
}

/**
 * The cross-entropy between the labels and softmax(logits), averaged over the batch.
 *
 * @param labels float32 [batch, classes], one-hot or probabilities; constants
 * @param logits float32 [batch, classes]
 * @returns a scalar, in nats
 * @throws Error for another rank or dtype, an empty batch, and shapes that differ
 */
export function softmaxCrossEntropy(labels: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar {
  softmaxGeometry('softmaxCrossEntropy', 'labels', labels);
  const geometry = softmaxGeometry('softmaxCrossEntropy', 'logits', logits);
  if (!tf.util.arraysEqual(labels.shape, logits.shape)) {
    const expected = `logits of the labels' shape ${shapeText(labels.shape)}`;
    fail('softmaxCrossEntropy', expected, shapeText(logits.shape));
  }
  return runKernel(SoftmaxCrossEntropy, {labels, logits}, {...geometry, outputShape: []});
}

tf.registerGradient({
  kernelName: Softmax,
  outputsToSave: [true],
  gradFunc: (dp: Untyped, [p], g: Untyped) => ({
    logits: () => runKernel(SoftmaxGradient, {dp, p}, g),
  }),
});

// The gradient computes p again: [B, N] is the smallest tensor of a network, and so the forward pass returns the loss alone.
tf.registerGradient({
  kernelName: SoftmaxCrossEntropy,
  inputsToSave: ['labels', 'logits'],
  gradFunc: (dloss: Untyped, [labels, logits], g) => ({
    labels: () =>
      fail('softmaxCrossEntropy', 'labels to be constants', 'a request for their gradient'),
    logits: () => {
      const attrs = {...g, outputShape: logits.shape};
      return runKernel(SoftmaxCrossEntropyGradient, {dloss, labels, logits}, attrs);
    },
  }),
});

refuseGradient('softmax', SoftmaxGradient);
refuseGradient('softmaxCrossEntropy', SoftmaxCrossEntropyGradient);
