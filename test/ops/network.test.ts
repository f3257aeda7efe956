import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {EXACT, expectClose, valuesOf} from '../../bench/cases/compare.ts';
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
    assert.equal(
      network.variables.map(({shape}) => shape),
      shapes[preset].variables,
    );
    assert.is(
      network.variables.reduce((sum, {size}) => sum + size, 0),
      shapes[preset].parameters,
    );
    network.dispose();
  });

  test(`${preset}: a seed gives the same weights each time, and others than the next seed`, () => {
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

/** Deviation and largest size of a variable's values. */
function spread(variable: tf.Variable): {deviation: number; most: number} {
  const values = Array.from(variable.dataSync());
  const deviation = Math.sqrt(
    values.reduce((sum, value) => sum + value * value, 0) / values.length,
  );
  return {deviation, most: Math.max(...values.map(Math.abs))};
}

testOnBackends('relu behind the pool gives what it gives before it: output and gradient', () => {
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
  expectClose('y', valuesOf(behind.value), valuesOf(before.value), EXACT);
  expectClose('dx', valuesOf(behind.grad), valuesOf(before.grad), EXACT);
});

test('tutorial: filters and weights as VarianceScaling draws them, biases 0', () => {
  tf.setBackend('cpu');
  const network = createNetwork('tutorial');
  const [filter1, bias1, filter2, bias2, weights, bias3] = network.variables;
  for (const [variable, fanIn] of [
    [filter1, 25],
    [filter2, 200],
    [weights, 256],
  ] as [tf.Variable, number][]) {
    const {deviation, most} = spread(variable);
    const sigma = Math.sqrt(1 / fanIn);
    assert.ok(most <= 2 * sigma * (1 + 1e-6), `cut at 2σ = ${2 * sigma}, found ${most}`);
    // A normal distribution cut at ±2σ has a deviation of 0.8796 σ. The smallest sample has 200 values: ±15 % is 3 errors.
    assert.ok(
      Math.abs(deviation / (0.8796 * sigma) - 1) < 0.15,
      `deviation ${deviation} for σ ${sigma}`,
    );
  }
  for (const bias of [bias1, bias2, bias3]) assert.is(spread(bias).most, 0);
  network.dispose();
});

test('mnist-core: filters from normal(0, 0.1), weights from normal(0, 1/28), bias 0', () => {
  tf.setBackend('cpu');
  const network = createNetwork('mnist-core');
  const [filter1, filter2, weights, bias] = network.variables;
  for (const [variable, sigma] of [
    [filter1, 0.1],
    [filter2, 0.1],
    [weights, 1 / 28],
  ] as [tf.Variable, number][]) {
    const {deviation, most} = spread(variable);
    assert.ok(Math.abs(deviation / sigma - 1) < 0.15, `deviation ${deviation} for σ ${sigma}`);
    assert.ok(most > 2 * sigma, `not cut, found ${most}`);
  }
  assert.is(spread(bias).most, 0);
  network.dispose();
});

test('presets: the learning rates are as published', () => {
  assert.equal(presets, {tutorial: {learningRate: 0.15}, 'mnist-core': {learningRate: 0.1}});
});

test('forward names the layer whose output has another shape than it declares', () => {
  tf.setBackend('cpu');
  const network = createNetwork('tutorial');
  network.layers[2].outputShape = [12, 12, 9];
  const xs = tf.zeros<tf.Rank.R2>([2, 784]);
  expectError(
    () => network.forward(xs),
    'pool1: expected shape [2, 12, 12, 9], got [2, 12, 12, 8]',
  );
  xs.dispose();
  network.dispose();
});

test('importing the library creates no variables', () => {
  assert.is(Object.keys(tf.engine().registeredVariables).length, 0);
});

test('createNetwork and forward refuse what they cannot compute', () => {
  tf.setBackend('cpu');
  expectError(
    () => createNetwork('lenet' as Preset),
    'createNetwork: expected a preset of tutorial, mnist-core, got lenet',
  );
  const network = createNetwork('tutorial');
  for (const [shape, expected] of [
    [[3, 783], 'xs of 784 pixels an image'],
    [[3, 28, 28], 'xs to be a float32 tensor [image, pixel]'],
    [[0, 784], 'xs with at least one image'],
  ] as [number[], string][]) {
    const xs = tf.zeros(shape);
    expectError(
      () => network.forward(xs as tf.Tensor2D),
      `forward: expected ${expected}, got shape [${shape.join(', ')}]`,
    );
    xs.dispose();
  }
  network.dispose();
});

test.run();
