// softmax and softmaxCrossEntropy by their formulas (see ops/softmax_cross_entropy.ts), in TensorFlow.js's own ops.
import * as tf from '@tensorflow/tfjs-core';
import {
  Softmax,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGradient,
  SoftmaxGradient,
} from '../../ops/softmax_cross_entropy.ts';
import {kernel} from './kernel.ts';

/** x [B, N] -> [B, 1] */
const sumOverClasses = (x: tf.Tensor): tf.Tensor => tf.sum(x, 1, true);

/** z = logits − the largest logit of the image */
const shifted = (logits: tf.Tensor): tf.Tensor => tf.sub(logits, tf.max(logits, 1, true));

/** p = exp z / Σ exp z */
function softmax({logits}: {logits: tf.Tensor}): tf.Tensor {
  const e = tf.exp(shifted(logits));
  return tf.div(e, sumOverClasses(e));
}

/** dlogits = p · (dp − Σ p dp) */
function softmaxGradient({dp, p}: {dp: tf.Tensor; p: tf.Tensor}): tf.Tensor {
  return tf.mul(p, tf.sub(dp, sumOverClasses(tf.mul(p, dp))));
}

type LossInputs = Record<'dloss' | 'labels' | 'logits', tf.Tensor>;

/** loss = mean over b of Σ over j of labels · (log Σ exp z − z). A term is 0 where the label is 0, even if z is −∞. */
function softmaxCrossEntropy({labels, logits}: LossInputs): tf.Tensor {
  const z = shifted(logits);
  const surprise = tf.sub(tf.log(sumOverClasses(tf.exp(z))), z);
  const parts = tf.where(tf.equal(labels, 0), tf.zerosLike(labels), tf.mul(labels, surprise));
  return tf.div(tf.sum(parts), labels.shape[0]);
}

/** dlogits = dloss · (p · labelSum − labels) / B */
function softmaxCrossEntropyGradient({dloss, labels, logits}: LossInputs): tf.Tensor {
  const labelSum = sumOverClasses(labels);
  const excess = tf.sub(tf.mul(softmax({logits}), labelSum), labels);
  return tf.mul(dloss, tf.div(excess, labels.shape[0]));
}

export const softmaxKernels = {
  [Softmax]: kernel(softmax),
  [SoftmaxGradient]: kernel(softmaxGradient),
  [SoftmaxCrossEntropy]: kernel(softmaxCrossEntropy),
  [SoftmaxCrossEntropyGradient]: kernel(softmaxCrossEntropyGradient),
};
