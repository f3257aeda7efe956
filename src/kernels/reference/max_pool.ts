// maxPool by its formula (see ops/max_pool.ts), in TensorFlow.js's own ops: each tap of all windows is compared with the largest
// element before it, and position holds the number of the tap that won.
import * as tf from '@tensorflow/tfjs-core';
import {MaxPool, MaxPoolGradient} from '../../ops/max_pool.ts';
import type {Windows} from '../../ops/windows.ts';
import {kernel} from './kernel.ts';
import {addTaps, tapsOf} from './windows.ts';

function maxPool({x}: {x: tf.Tensor4D}, g: Windows): [y: tf.Tensor, position: tf.Tensor] {
  const taps = tapsOf(x, g, -Infinity);
  const inside = tapsOf(tf.ones([1, g.H, g.W, 1]), g, 0); // padding never wins, not even over −∞
  let y = taps[0];
  let position: tf.Tensor = tf.sub(tf.mul(tf.onesLike(y), inside[0]), 1); // −1 until an element of x was seen
  for (let i = 1; i < taps.length; i++) {
    const larger = tf.greater(taps[i], y);
    const firstNaN = tf.logicalAnd(tf.isNaN(taps[i]), tf.logicalNot(tf.isNaN(y)));
    const first = tf.logicalAnd(tf.less(position, 0), tf.greater(inside[i], 0));
    const wins = tf.logicalOr(first, tf.logicalOr(larger, firstNaN));
    y = tf.where(wins, taps[i], y);
    position = tf.where(wins, tf.fill(y.shape, i), position);
  }
  return [y, tf.cast(position, 'int32')];
}

function maxPoolGradient({dy, position}: Record<'dy' | 'position', tf.Tensor>, g: Windows) {
  const parts = Array.from({length: g.kH * g.kW}, (_, i) =>
    tf.where(tf.equal(position, tf.scalar(i, 'int32')), dy, tf.zerosLike(dy)),
  );
  return addTaps(parts, g);
}

export const maxPoolKernels = {
  [MaxPool]: kernel(maxPool),
  [MaxPoolGradient]: kernel(maxPoolGradient),
};
