import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {EXACT, expectClose, expectValues, sumTolerance} from '../../bench/cases/compare.ts';
import {softmaxCases, softmaxCrossEntropyCases} from '../../bench/cases/softmax_cross_entropy.ts';
import {softmax, softmaxCrossEntropy} from '../../src/index.ts';
import {backends, randomRuns, testOnBackends} from '../backends.ts';
import {expectError} from '../errors.ts';
import {testCases} from '../witnesses.ts';

/** Expects these values within the rounding of a sum of three. */
const expectNear = (what: string, actual: tf.Tensor, shape: number[], values: number[]) =>
  expectValues(what, actual, shape, values, sumTolerance(3));

/** Loss and its gradient for the logits. */
const lossAndGradient = (labels: tf.Tensor2D, logits: tf.Tensor2D) =>
  tf.valueAndGrad(logits => softmaxCrossEntropy(labels, logits as tf.Tensor2D))(logits);

testOnBackends('softmaxCrossEntropy: a case written out', () => {
  // Logits ln 1, ln 2, ln 5 have the probabilities 1/8, 2/8, 5/8; equal logits have 1/3 each.
  const logits = tf.tensor2d([Math.log(1), Math.log(2), Math.log(5), 7, 7, 7], [2, 3]);
  const labels = tf.tensor2d([0, 0, 1, 1, 0, 0], [2, 3]);
  expectNear('p', softmax(logits), [2, 3], [1 / 8, 2 / 8, 5 / 8, 1 / 3, 1 / 3, 1 / 3]);
  const {value, grad} = lossAndGradient(labels, logits);
  expectNear('loss', value, [], [(Math.log(8 / 5) + Math.log(3)) / 2]);
  const dlogits = [1 / 16, 2 / 16, (5 / 8 - 1) / 2, (1 / 3 - 1) / 2, 1 / 6, 1 / 6];
  expectNear('dlogits', grad, [2, 3], dlogits);
});

testOnBackends('softmaxCrossEntropy: exact for logits up to ±1e4', () => {
  const logits = tf.tensor2d([1e4, -1e4, 0, 1e4, 1e4 - 1, 9000, -1e4, -1e4, -1e4], [3, 3]);
  const labels = tf.tensor2d([0, 1, 0, 0, 1, 0, 0, 0, 1], [3, 3]);
  const {value, grad} = lossAndGradient(labels, logits);
  // Row by row: 2e4 below the maximum; log(1 + e⁻¹) + 1; ln 3.
  expectNear('loss', value, [], [(2e4 + Math.log(1 + Math.exp(-1)) + 1 + Math.log(3)) / 3]);
  const p = 1 / (1 + Math.exp(-1));
  const dlogits = [1, -1, 0, p, -p, 0, 1 / 3, 1 / 3, -2 / 3].map(slope => slope / 3);
  expectNear('dlogits', grad, [3, 3], dlogits);
  expectNear('p', softmax(logits), [3, 3], [1, 0, 0, p, 1 - p, 0, 1 / 3, 1 / 3, 1 / 3]);
});

testOnBackends(
  'softmaxCrossEntropy: a class of label 0 and probability 0 adds nothing to the loss',
  () => {
    const logits = tf.tensor2d([-Infinity, 0, 2, 1, -Infinity, 1], [2, 3]);
    const labels = tf.tensor2d([0, 1, 0, 0.5, 0, 0.5], [2, 3]);
    const {value, grad} = lossAndGradient(labels, logits);
    expectNear('loss', value, [], [(Math.log(1 + Math.E ** 2) + Math.log(2)) / 2]); // 2.126928 and 0.693147 nats
    const p = 1 / (1 + Math.E ** 2);
    expectNear('dlogits', grad, [2, 3], [0, (p - 1) / 2, (1 - p) / 2, 0, 0, 0]);
  },
);

testOnBackends("softmaxCrossEntropy: a small loss isn't rounded away beside large logits", () => {
  const loss = softmaxCrossEntropy(tf.tensor2d([1, 0], [1, 2]), tf.tensor2d([9990, 9985], [1, 2]));
  expectValues('loss', loss, [], [Math.log1p(Math.exp(-5))], {atol: 1e-7, rtol: 1e-5});
});

// If a gradient throws, TensorFlow.js keeps the tape's tensors. So this test doesn't count tensors.
for (const backend of backends) {
  test(`softmaxCrossEntropy: labels are constants, ${backend}`, () => {
    tf.setBackend(backend);
    const labels = tf.ones<tf.Rank.R2>([2, 3]);
    const logits = tf.zeros<tf.Rank.R2>([2, 3]);
    expectError(
      () => tf.grad(labels => softmaxCrossEntropy(labels as tf.Tensor2D, logits))(labels),
      'softmaxCrossEntropy: expected labels to be constants, got a request for their gradient',
    );
    tf.dispose([labels, logits]);
  });
}

testOnBackends(
  'softmax: rows add up to 1, do not change if all logits shift, and keep the order',
  backend => {
    const row = fc.array(fc.integer({min: -8000, max: 8000}), {minLength: 2, maxLength: 12});
    const shifts = fc.property(row, fc.integer({min: -2000, max: 2000}), (logits, shift) =>
      tf.tidy(() => {
        const probabilities = (logits: number[]) =>
          softmax(tf.tensor2d(logits, [1, logits.length])).dataSync();
        const p = probabilities(logits);
        const sum = Array.from(p).reduce((sum, value) => sum + value, 0);
        assert.ok(Math.abs(sum - 1) < 1e-6, `sum ${sum}`);
        const shifted = probabilities(logits.map(logit => logit + shift));
        expectClose('shifted', {shape: [], values: shifted}, {shape: [], values: p}, EXACT);
        const best = logits.indexOf(Math.max(...logits));
        assert.is(p[best], Math.max(...p));
      }),
    );
    fc.assert(shifts, {numRuns: randomRuns(backend, 50)});
  },
);

testCases([...softmaxCases, ...softmaxCrossEntropyCases]);

test('softmaxCrossEntropy: refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  const labels = tf.ones<tf.Rank.R2>([2, 3]);
  const integers = tf.cast(labels, 'int32');
  const noLogits = 'logits to be a float32 tensor [example, class], got';
  const noLabels = 'labels to be a float32 tensor [example, class], got';
  const noExample = 'labels with at least one example, got shape [0, 3]';
  expectError(() => softmax(tf.ones([3]) as never), `softmax: expected ${noLogits} shape [3]`);
  const refuses = (labels: tf.Tensor, logits: tf.Tensor, expected: string) => {
    const work = () => softmaxCrossEntropy(labels as tf.Tensor2D, logits as tf.Tensor2D);
    expectError(work, `softmaxCrossEntropy: expected ${expected}`);
  };
  refuses(labels, tf.ones([2, 4]), "logits of the labels' shape [2, 3], got [2, 4]");
  refuses(labels, tf.ones([3, 2]), "logits of the labels' shape [2, 3], got [3, 2]");
  refuses(tf.ones([2]), labels, `${noLabels} shape [2]`);
  refuses(integers, labels, `${noLabels} dtype int32`);
  refuses(labels, integers, `${noLogits} dtype int32`);
  refuses(tf.zeros([0, 3]), tf.zeros([0, 3]), noExample);
  tf.dispose([labels, integers]);
});

test.run();
