// softmax and softmaxCrossEntropy, the formulas made executable (see ops/softmax_cross_entropy.ts).
import * as tf from '@tensorflow/tfjs-core';

const rowSum = (x: tf.Tensor2D): tf.Tensor2D => tf.sum(x, 1, true);

/** z = logits − the largest of its row */
const shifted = (logits: tf.Tensor2D): tf.Tensor2D => tf.sub(logits, tf.max(logits, 1, true));

/** p = exp z / Σ exp z */
export function softmax(logits: tf.Tensor2D): tf.Tensor2D {
  const e = tf.exp(shifted(logits));
  return tf.div(e, rowSum(e));
}

/** dlogits = p · (dp − Σ p dp) */
export function softmaxGradient(dp: tf.Tensor2D, p: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(p, tf.sub(dp, rowSum(tf.mul(p, dp))));
}

/** loss = mean over b of Σ over j of labels · (log Σ exp z − z), 0 where the label is 0, though z is −∞ */
export function softmaxCrossEntropy(labels: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar {
  const z = shifted(logits);
  const surprise = tf.sub(tf.log(rowSum(tf.exp(z))), z);
  const parts = tf.where(tf.equal(labels, 0), tf.zerosLike(labels), tf.mul(labels, surprise));
  return tf.div(tf.sum(parts), labels.shape[0]);
}

/** dlogits = dloss · (p · Σ labels − labels) / B */
export function softmaxCrossEntropyGradient(
  dloss: tf.Scalar,
  labels: tf.Tensor2D,
  logits: tf.Tensor2D,
): tf.Tensor2D {
  const excess = tf.sub(tf.mul(softmax(logits), rowSum(labels)), labels);
  return tf.mul(dloss, tf.div(excess, labels.shape[0]));
}
