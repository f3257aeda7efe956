// maxPool, the formula made executable (see ops/max_pool.ts): the windows' elements compete in row order, and each
// winner remembers its position.
import * as tf from '@tensorflow/tfjs-core';
import type {Windows} from '../../ops/windows.ts';
import {addWindowElements, windowElements} from './windows.ts';

export function maxPool(x: tf.Tensor4D, g: Windows): [y: tf.Tensor4D, position: tf.Tensor4D] {
  const candidates = windowElements(x, g, -Infinity);
  const inside = windowElements(tf.ones([1, g.H, g.W, 1]), g, 0); // padding never wins, not even over −∞
  let y = candidates[0];
  let position: tf.Tensor4D = tf.sub(tf.mul(tf.onesLike(y), inside[0]), 1); // −1 while no element of x was seen
  for (let i = 1; i < candidates.length; i++) {
    const candidate = candidates[i];
    const larger = tf.greater(candidate, y);
    const firstNaN = tf.logicalAnd(tf.isNaN(candidate), tf.logicalNot(tf.isNaN(y)));
    const first = tf.logicalAnd(tf.less(position, 0), tf.greater(inside[i], 0));
    const wins = tf.logicalOr(first, tf.logicalOr(larger, firstNaN));
    y = tf.where(wins, candidate, y);
    position = tf.where(wins, tf.fill(y.shape, i), position);
  }
  return [y, tf.cast(position, 'int32')];
}

export function maxPoolGradient(dy: tf.Tensor4D, position: tf.Tensor4D, g: Windows): tf.Tensor4D {
  const parts = Array.from({length: g.kH * g.kW}, (_, i) =>
    tf.where(tf.equal(position, tf.scalar(i, 'int32')), dy, tf.zerosLike(dy)),
  );
  return addWindowElements(parts, g);
}
