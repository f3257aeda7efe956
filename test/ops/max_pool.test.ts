import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import {expectSame} from '../../bench/cases/compare.ts';
import {sides} from '../../bench/cases/conv2d.ts';
import {maxPoolCase, maxPoolCases} from '../../bench/cases/max_pool.ts';
import {maxPool} from '../../src/index.ts';
import {testOnBackends} from '../backends.ts';
import {expectError} from '../errors.ts';
import {anyMaxPool} from '../shapes.ts';
import {testAdjoint, testCases, testRandomShapes} from '../witnesses.ts';

/** A small image of one channel, from its rows: "1 2, 3 4". */
const image = (rows: string): tf.Tensor4D => {
  const numbers = rows.split(', ').map(row => row.split(' ').map(Number));
  return tf.tensor4d(numbers.flat(), [1, numbers.length, numbers[0].length, 1]);
};

interface WrittenOut {
  x: string;
  options: {filterSize: number; strides: number; pad?: number};
  y: string;
  dy: string;
  dx: string;
}

/** Registers a test of the output and the gradient for one small image. */
function testWrittenOut(title: string, {x, options, y, dy, dx}: WrittenOut): void {
  testOnBackends(`maxPool: ${title}`, () => {
    const {filterSize, ...rest} = options;
    const pool = (x: tf.Tensor) => maxPool(x as tf.Tensor4D, filterSize, rest);
    const {value, grad} = tf.valueAndGrad(pool)(image(x), image(dy));
    expectSame('y', value, image(y));
    expectSame('dx', grad, image(dx));
  });
}

// Four windows of 2 × 2 contain the 9 in the middle: it is the maximum of each, and its gradient is 1 + 2 + 3 + 4.
testWrittenOut('a case written out', {
  x: '1 2 3, 4 9 5, 6 7 8',
  options: {filterSize: 2, strides: 1},
  y: '9 9, 9 9',
  dy: '1 2, 3 4',
  dx: '0 0 0, 0 10 0, 0 0 0',
});

testWrittenOut('a tie goes to the first maximum in row order', {
  x: '0 5 7 7, 5 5 7 7',
  options: {filterSize: 2, strides: 2},
  y: '5 7',
  dy: '1 2',
  dx: '0 1 2 0, 0 0 0 0',
});

testWrittenOut('a NaN makes the maximum NaN, and the first NaN takes the gradient', {
  x: '1 NaN 3 9, NaN 2 Infinity NaN',
  options: {filterSize: 2, strides: 2},
  y: 'NaN NaN',
  dy: '1 2',
  dx: '0 1 0 0, 0 0 0 2',
});

testWrittenOut('padding never wins, not even over −∞', {
  x: '-Infinity -4, -3 -2',
  options: {filterSize: 2, strides: 2, pad: 1},
  y: '-Infinity -4, -3 -2',
  dy: '1 2, 3 4',
  dx: '1 2, 3 4',
});

testCases(maxPoolCases);
testAdjoint(maxPoolCases);

const most = {B: 3, H: 9, C: 5, window: 4, stride: 4, pad: 2};
testRandomShapes('maxPool', anyMaxPool(most), maxPoolCase);

test('maxPool: refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  const x = tf.ones<tf.Rank.R4>([2, 5, 4, 3]);
  const refuses = (work: () => unknown, expected: string) =>
    expectError(work, `maxPool: expected ${expected}`);
  const noX = 'x to be a float32 tensor [image, row, column, channel], got';
  refuses(() => maxPool(tf.ones([5, 4, 3]) as never, 2), `${noX} shape [5, 4, 3]`);
  refuses(() => maxPool(tf.cast(x, 'bool'), 2), `${noX} dtype bool`);
  const noImage = 'x with at least one image, got shape [0, 5, 4, 3]';
  refuses(() => maxPool(tf.zeros([0, 5, 4, 3]), 2), noImage);
  for (const size of [0, -2, 1.5]) {
    const expected = `to be a positive integer or a pair of them, got ${size}`;
    refuses(() => maxPool(x, size), `filterSize ${expected}`);
    refuses(() => maxPool(x, 2, {strides: size}), `strides ${expected}`);
  }
  const tooWide = 'a window no larger than the padded input [5, 4], got a window that spans [2, 5]';
  refuses(() => maxPool(x, [2, 5]), tooWide);
  // The first window lies above or to the left of x, or the last one begins just behind the end of x.
  for (const pad of [
    ...[2, sides([2, 0], [0, 0]), sides([0, 0], [2, 0])],
    ...[sides([1, 2], [0, 0]), sides([0, 0], [0, 2])],
  ]) {
    const got = `pad ${JSON.stringify(pad)} around a window [2, 2]`;
    const expected = `every window to hold at least one element of x, got ${got}`;
    refuses(() => maxPool(x, 2, {pad: pad as never}), expected);
  }
  tf.dispose(x);
});

test.run();
