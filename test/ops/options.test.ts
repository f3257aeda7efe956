// Mistakes of users: options of another name, arguments in another order, values of another kind. The error names each in one
// sentence.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {conv2d, createNetwork, maxPool, relu, softmaxCrossEntropy, train} from '../../src/index.ts';
import {registerSimdBackend} from '../../src/kernels/simd/backend/register.ts';
import {valueText} from '../../src/ops/checks.ts';
import '../backends.ts';
import {expectError, messageOf} from '../errors.ts';
import {syntheticData} from '../synthetic.ts';

const wrong = (value: unknown) => value as never;
const x = () => tf.ones<tf.Rank.R4>([1, 5, 5, 1]);

/** Expects the error on cpu, and that no tensor is left behind. */
const refuses = (work: () => unknown, message: string) => {
  tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  tf.tidy(() => expectError(work, message));
  assert.is(tf.memory().numTensors, before);
};

test('conv2d and maxPool refuse unknown options and what is not an object, and name the option that was probably meant', () => {
  const filter = () => tf.ones<tf.Rank.R4>([3, 3, 1, 1]);
  const conv = 'conv2d: expected options to be an object with strides, pad, dilations, got';
  const pool = 'maxPool: expected options to be an object with strides, pad, got';
  for (const [options, got] of [
    ['same', '"same"'],
    [null, 'null'],
    [2, '2'],
    [[2, 'same'], '[2,"same"]'],
    [new Map(), 'a Map'],
    [{stride: 2}, 'stride (strides was probably meant)'],
    [{pad: 1, padding: 'same'}, 'padding (pad was probably meant)'],
    [{dilationRate: 2}, 'dilationRate (dilations was probably meant)'],
    [{Strides: 2}, 'Strides (strides was probably meant)'],
    [{dataFormat: 'NCHW'}, 'dataFormat'],
  ] as [unknown, string][]) {
    refuses(() => conv2d(x(), filter(), null, wrong(options)), `${conv} ${got}`);
  }
  // The argument order of tf.maxPool.
  const stockOrder: (...args: never[]) => unknown = maxPool;
  refuses(() => stockOrder(wrong(x()), wrong(2), wrong(1), wrong('same')), `${pool} 1`);
  refuses(() => maxPool(x(), 2, wrong({stride: 1})), `${pool} stride (strides was probably meant)`);
});

test('createNetwork, registerSimdBackend and train refuse unknown options', async () => {
  const seedOnly = 'createNetwork: expected options to be an object with seed, got';
  refuses(() => createNetwork('tutorial', wrong({sead: 1})), `${seedOnly} sead`);
  refuses(() => createNetwork('tutorial', wrong(7)), `${seedOnly} 7`);
  refuses(
    () => registerSimdBackend('another', wrong({maxBytes: 2 ** 20})),
    'registerSimdBackend: expected options to be an object with maximumBytes, build, threads, got maxBytes (maximumBytes was probably meant)',
  );
  const network = createNetwork();
  assert.match(
    await messageOf(train(network, syntheticData(), wrong({batchsize: 8})).next()),
    /^train: expected options to be an object with epochs, .*, got batchsize \(batchSize was probably meant\)$/,
  );
  network.dispose();
});

test('registerSimdBackend warns if a bundler has dropped the stock kernels', () => {
  const stock = tf
    .getKernelsForBackend('cpu')
    .filter(kernel => !kernel.kernelName.startsWith('mnist.'));
  const {warn} = console;
  const warnings: string[] = [];
  console.warn = (text: string) => warnings.push(text);
  try {
    for (const {kernelName} of stock) tf.unregisterKernel(kernelName, 'cpu');
    assert.ok(registerSimdBackend('robbed'));
    assert.is(warnings.length, 1);
    assert.match(warnings[0], /^simd: expected the kernels of '@tensorflow\/tfjs-backend-cpu'/);
    for (const kernel of stock) tf.registerKernel(kernel);
    assert.ok(registerSimdBackend('whole'));
    assert.is(warnings.length, 1);
  } finally {
    console.warn = warn;
    for (const name of ['robbed', 'whole']) tf.removeBackend(name);
  }
});

test('createNetwork refuses unknown presets, and a seed that is not an integer', () => {
  const presets = 'createNetwork: expected a preset of tutorial, mnist-core, got';
  for (const preset of ['constructor', 'toString', 'lenet', 3]) {
    refuses(() => createNetwork(wrong(preset)), `${presets} ${preset}`);
  }
  const integer = 'createNetwork: expected a seed that is an integer, got';
  for (const [seed, got] of [['1', '"1"'], ...[1.5, NaN, null, 2 ** 60].map(n => [n, `${n}`])]) {
    refuses(() => createNetwork('tutorial', {seed: wrong(seed)}), `${integer} ${got}`);
  }
  createNetwork('tutorial', {seed: -3}).dispose();
});

test('forward and relu refuse what is not a tensor, and a tensor that is disposed of', () => {
  const network = createNetwork();
  const noTensor = 'forward: expected xs to be a float32 tensor [image, pixel], got a Float32Array';
  refuses(() => network.forward(wrong(new Float32Array(784))), noTensor);
  network.dispose();
  const gone = tf.tensor1d([1]);
  gone.dispose();
  refuses(() => relu(gone), 'relu: expected x to be a float32 tensor, got one that is disposed of');
  refuses(() => relu(wrong([1, 2])), 'relu: expected x to be a float32 tensor, got [1,2]');
  refuses(() => relu(wrong(undefined)), 'relu: expected x to be a float32 tensor, got undefined');
});

test('softmaxCrossEntropy refuses labels of another shape, even of the same size', () => {
  const expected = "softmaxCrossEntropy: expected logits of the labels' shape [2, 6], got [3, 4]";
  refuses(() => softmaxCrossEntropy(tf.ones([2, 6]), tf.ones([3, 4])), expected);
});

test('valueText writes a value as a program does', () => {
  for (const [value, text] of [
    [Number.NaN, 'NaN'],
    [[1, [Number.POSITIVE_INFINITY, 'a']], '[1,[Infinity,"a"]]'],
    [{pad: 'same', strides: [1, 2]}, '{pad: "same", strides: [1,2]}'],
    [undefined, 'undefined'],
    [new Uint8Array(3), 'a Uint8Array'],
    [{inner: {}}, '{inner: …}'],
    [Object.create(Object.create(null)), '{}'],
    [Object.create(Object.create(Object.create(null))), 'a strange object'],
  ] as [unknown, string][]) {
    assert.is(valueText(value), text);
  }
  tf.tidy(() => assert.is(valueText(tf.zeros([2, 3])), 'a tensor [2, 3]'));
});

test.run();
