// The number of draw calls in a training step. Each one costs time, even if it computes little. A texture in the wrong layout costs
// one more, and only this count shows it.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createNetwork, type Preset, relu, trainStep} from '../../src/index.ts';

tf.setBackend('webgl');
const {gl} = (tf.backend() as MathBackendWebGL).gpgpu;
let draws = 0;
for (const name of ['drawArrays', 'drawElements'] as const) {
  const draw = gl[name].bind(gl) as (...args: number[]) => void;
  gl[name] = (...args: number[]) => {
    draws++;
    draw(...args);
  };
}

function drawsOf(work: () => unknown): number {
  const before = draws;
  work();
  return draws - before;
}

test('a kernel on webgl draws once, and sends its input to the GPU without a draw', () => {
  const x = tf.tensor1d([1, 2, 3]);
  const draws = drawsOf(() => tf.dispose(relu(x)));
  x.dispose();
  assert.is(draws, 1);
});

// With the draws that read the loss, and the optimizer's two for each variable: 12 and 8.
const most: Record<Preset, number> = {tutorial: 37, 'mnist-core': 30};

for (const preset of Object.keys(most) as Preset[]) {
  test(`${preset}: a training step on 64 images takes at most ${most[preset]} draws`, () => {
    const network = createNetwork(preset);
    const optimizer = tf.train.sgd(0.1);
    const step = () => {
      const xs = tf.tensor2d(new Float32Array(64 * 784).fill(0.5), [64, 784]);
      const labels = tf.tensor2d(new Float32Array(64 * 10).fill(0.1), [64, 10]);
      const loss = trainStep(network, optimizer, {xs, labels});
      loss.dataSync();
      tf.dispose([xs, labels, loss]);
    };
    step(); // uploads the weights
    const counted = drawsOf(step);
    assert.ok(counted <= most[preset], `${counted} draws`);
    network.dispose();
    optimizer.dispose();
  });
}

test.run();
