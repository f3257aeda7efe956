// The bias's gradient: every backend beside the definition, and the definition beside float64 differences.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import {sizeOf} from '../../bench/cases/case.ts';
import {expectClose, expectValues, GRADCHECK} from '../../bench/cases/compare.ts';
import {addBias, biasGradient as definition} from '../../src/kernels/definition/bias.ts';
import {biasGradient} from '../../src/ops/bias.ts';
import {Random} from '../../src/random.ts';
import {testOnBackends} from '../backends.ts';

const random = new Random(1, 'bias');

for (const shape of [
  [3, 5],
  [1, 4],
  [70, 9],
  [2, 24, 24, 8],
  [2, 3, 5, 7],
  // More rows than webgl adds up in one pass, and a shorter last part.
  [4301, 3],
  [3, 40, 37, 5],
]) {
  const dy = Float64Array.from({length: sizeOf(shape)}, () => random.below(7) - 3);
  const K = shape[shape.length - 1];
  testOnBackends(`biasGradient [${shape}]: exact on integers`, () => {
    const dBias = biasGradient(tf.tensor(Float32Array.from(dy), shape));
    expectValues('dBias', dBias, [K], definition(dy, K));
  });
}

test('biasGradient: the definition equals float64 differences of addBias', () => {
  const [rows, K] = [4, 3];
  const draw = (n: number) => Float64Array.from({length: n}, () => random.normal());
  const [x, bias, dy] = [draw(rows * K), draw(K), draw(rows * K)];
  const epsilon = 1e-6;
  const differences = bias.map((_, d2) => {
    const loss = (step: number) =>
      addBias(x, bias.with(d2, bias[d2] + step)).reduce((sum, y, i) => sum + y * dy[i], 0);
    return (loss(epsilon) - loss(-epsilon)) / (2 * epsilon);
  });
  const [actual, expected] = [definition(dy, K), differences].map(values => ({shape: [K], values}));
  expectClose('dBias', actual, expected, GRADCHECK);
});

test.run();
