import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {expectSame} from '../../bench/cases/compare.ts';
import {createNetwork, maxPool, type Preset, presets, relu} from '../../src/index.ts';
import {Random} from '../../src/random.ts';
import {testOnBackends} from '../backends.ts';
import {expectError} from '../errors.ts';

/** Each network's layers with their output shapes, and its variables' shapes. */
const shapes: Record<Preset, {layers: string[]; variables: number[][]; parameters: number}> = {
  tutorial: {
    layers: [
      ...['image 28,28,1', 'conv1 24,24,8', 'pool1 12,12,8', 'relu1 12,12,8', 'conv2 8,8,16'],
      ...['pool2 4,4,16', 'flatten 256', 'relu2 256', 'dense 10'],
    ],
    variables: [[5, 5, 1, 8], [8], [5, 5, 8, 16], [16], [256, 10], [10]],
    parameters: 5994,
  },
  'mnist-core': {
    layers: [
      ...['image 28,28,1', 'conv1 28,28,8', 'pool1 14,14,8', 'relu1 14,14,8', 'conv2 14,14,16'],
      ...['pool2 7,7,16', 'flatten 784', 'relu2 784', 'dense 10'],
    ],
    variables: [[5, 5, 1, 8], [5, 5, 8, 16], [784, 10], [10]],
    parameters: 11250,
  },
};

for (const preset of Object.keys(presets) as Preset[]) {
  testOnBackends(`${preset}: shapes of all layers`, () => {
    const network = createNetwork(preset);
    const declared = network.layers.map(({name, outputShape}) => `${name} ${outputShape}`);
    assert.equal(declared, shapes[preset].layers);
    const xs = tf.zeros<tf.Rank.R2>([3, 784]);
    let x: tf.Tensor = xs;
    const found = network.layers.map(({name, apply}) => {
      x = apply(x);
      assert.is(x.shape[0], 3);
      return `${name} ${x.shape.slice(1)}`;
    });
    assert.equal(found, shapes[preset].layers);
    assert.equal(network.forward(xs).shape, [3, 10]);
    network.dispose();
  });

  test(`${preset}: the parameters are as published`, () => {
    tf.setBackend('cpu');
    const network = createNetwork(preset);
    const found = network.variables.map(({shape}) => shape);
    assert.equal(found, shapes[preset].variables);
    const parameters = network.variables.reduce((sum, {size}) => sum + size, 0);
    assert.is(parameters, shapes[preset].parameters);
    network.dispose();
  });

  test(`${preset}: the same seed gives the same weights, and another seed gives others`, () => {
    tf.setBackend('cpu');
    const weights = (seed?: number) => {
      const network = createNetwork(preset, {seed});
      const values = network.variables.map(variable => Array.from(variable.dataSync()));
      network.dispose();
      return values;
    };
    assert.equal(weights(7), weights(7));
    assert.not.equal(weights(7), weights(8));
    assert.equal(weights(), weights(1));
  });
}

testOnBackends(
  'relu after the pool gives the same output and gradient as relu before the pool',
  () => {
    // Windows with ties, with nothing above 0, with a NaN.
    const random = new Random(1, 'order');
    const integers = (size: number) => Float32Array.from({length: size}, () => random.below(7) - 4);
    const numbers = integers(2 * 6 * 8 * 3);
    numbers[5] = NaN;
    const x = tf.tensor4d(numbers, [2, 6, 8, 3]);
    const dy = tf.tensor4d(integers(2 * 3 * 4 * 3), [2, 3, 4, 3]);
    const [before, behind] = [
      (x: tf.Tensor) => maxPool(relu(x as tf.Tensor4D), 2),
      (x: tf.Tensor) => relu(maxPool(x as tf.Tensor4D, 2)),
    ].map(order => tf.valueAndGrad(order)(x, dy));
    expectSame('y', behind.value, before.value);
    expectSame('dx', behind.grad, before.grad);
  },
);

/** Expects numbers from a normal distribution of this σ, cut at 2σ or not cut; zeros for σ = 0. */
function expectNormal(variable: tf.Variable, sigma: number, isCut: boolean): void {
  const values = Array.from(variable.dataSync());
  const largest = Math.max(...values.map(Math.abs));
  const deviation = Math.hypot(...values) / Math.sqrt(values.length);
  const inBound = largest <= 2 * sigma * (1 + 1e-6);
  assert.is(inBound, isCut || sigma === 0, `largest ${largest} for σ ${sigma}`);
  // A normal distribution cut at ±2σ has a deviation of 0.8796 σ. The smallest sample has 200 values: ±15 % is 3 errors.
  const expected = isCut ? 0.8796 * sigma : sigma;
  const error = Math.abs(deviation - expected);
  assert.ok(error <= 0.15 * expected, `deviation ${deviation} for σ ${sigma}`);
}

test('tutorial: VarianceScaling draws filters and weights, and biases are 0', () => {
  tf.setBackend('cpu');
  const network = createNetwork('tutorial');
  const fanIns = [25, Infinity, 200, Infinity, 256, Infinity]; // the biases have σ = 0
  network.variables.forEach((variable, i) => {
    expectNormal(variable, Math.sqrt(1 / fanIns[i]), true);
  });
  network.dispose();
});

test('mnist-core: filters are from normal(0, 0.1), weights from normal(0, 1/28), and the bias is 0', () => {
  tf.setBackend('cpu');
  const network = createNetwork('mnist-core');
  [0.1, 0.1, 1 / 28, 0].forEach((sigma, i) => {
    expectNormal(network.variables[i], sigma, false);
  });
  network.dispose();
});

test('presets: the learning rates are as published', () => {
  assert.equal(presets, {tutorial: {learningRate: 0.15}, 'mnist-core': {learningRate: 0.1}});
});

test('forward names the layer whose output differs from its declared shape', () => {
  tf.setBackend('cpu');
  const network = createNetwork('tutorial');
  network.layers[2].outputShape = [12, 12, 9];
  const xs = tf.zeros<tf.Rank.R2>([2, 784]);
  const expected = 'pool1: expected shape [2, 12, 12, 9], got [2, 12, 12, 8]';
  expectError(() => network.forward(xs), expected);
  xs.dispose();
  network.dispose();
});

test('a network leaves no tensor behind: its weights are all that it makes, its logits all that forward makes', () => {
  tf.setBackend('cpu');
  const xs = tf.zeros<tf.Rank.R2>([2, 784]);
  const before = tf.memory().numTensors;
  const network = createNetwork('tutorial');
  assert.is(tf.memory().numTensors, before + network.variables.length);
  const logits = network.forward(xs);
  assert.is(tf.memory().numTensors, before + network.variables.length + 1);
  tf.dispose([xs, logits]);
  network.dispose();
  assert.is(tf.memory().numTensors, before - 1);
});

test('importing the library creates no variables', () => {
  assert.is(Object.keys(tf.engine().registeredVariables).length, 0);
});

test('forward refuses what it cannot compute', () => {
  tf.setBackend('cpu');
  const network = createNetwork('tutorial');
  for (const [shape, expected] of [
    [[3, 783], 'xs of 784 pixels an image'],
    [[3, 28, 28], 'xs to be a float32 tensor [image, pixel]'],
    [[0, 784], 'xs with at least one image'],
  ] as [number[], string][]) {
    const xs = tf.zeros(shape);
    const message = `forward: expected ${expected}, got shape [${shape.join(', ')}]`;
    expectError(() => network.forward(xs as tf.Tensor2D), message);
    xs.dispose();
  }
  network.dispose();
});

test.run();
