// What the page's stage gets from the worker: every number of a pass, without a page.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {softmaxCrossEntropy} from '../../src/ops/softmax_cross_entropy.ts';
import {shapesOf} from '../../src/page/inside/cells.ts';
import {sizeOf} from '../../src/page/inside/stations.ts';
import type {Look} from '../../src/page/protocol.ts';
import {defaults} from '../../src/page/settings.ts';
import type {Trainer} from '../../src/page/worker/trainer.ts';
import {weightShapes} from '../../src/presets.ts';
import {beginTrainer, endTrainers} from '../trainers.ts';

const image = Uint8Array.from({length: 784}, (_, i) => (i * 37) % 256);
const label = 3;

for (const backend of ['simd', 'cpu'] as const) {
  for (const preset of ['tutorial', 'mnist-core'] as const) {
    test(`look: the gradients of ${preset} are those of its loss, and no tensor stays, ${backend}`, async () => {
      const {trainer} = await beginTrainer({...defaults({preset}), backend, batchSize: 20});
      const before = tf.memory().numTensors;
      const look = (await trainer.answers.look(image, label))!;
      assert.is(tf.memory().numTensors, before);
      assert.is(trainer.answers.tensors, 0);

      const {network} = trainer.run!;
      const [loss, gradients] = tf.tidy(() => {
        const xs = tf.tensor2d(
          Float32Array.from(image, pixel => pixel / 255),
          [1, 784],
        );
        const labels = tf.tensor2d(
          Float32Array.from({length: 10}, (_, k) => (k === label ? 1 : 0)),
          [1, 10],
        );
        const lossOf = () => softmaxCrossEntropy(labels, network.forward(xs)) as tf.Scalar;
        const {value, grads} = tf.variableGrads(lossOf, network.variables);
        return [value.dataSync()[0], network.variables.map(({name}) => grads[name].dataSync())];
      });
      assert.equal(Array.from(look.values.loss), [loss]);
      for (const [i, name] of Object.keys(weightShapes[preset]).entries()) {
        assert.equal(look.values[name], network.variables[i].dataSync(), name);
        assert.equal(look.gradients[name], gradients[i], `d${name}`);
      }
      const sizes = Object.entries(shapesOf(preset)).map(([name, shape]) => [name, sizeOf(shape)]);
      for (const [name, size] of sizes) {
        assert.is(look.values[name as string].length, size, `${name}`);
        if (name !== 'softmax') assert.is(look.gradients[name as string].length, size, `d${name}`);
      }
      const names = sizes.map(([name]) => name as string).sort();
      assert.equal(Object.keys(look.values).sort(), names);
      assert.equal(
        Object.keys(look.gradients).sort(),
        names.filter(name => name !== 'softmax'),
      );
      assert.equal(Array.from(look.gradients.loss), [1]);
    });
  }
}

for (const backend of ['simd', 'cpu'] as const) {
  test(`look: 200 looks and questions about dead channels leave no tensor, ${backend}`, async () => {
    const {trainer} = await beginTrainer({...defaults(), backend, batchSize: 20});
    const before = tf.memory().numTensors;
    for (let i = 0; i < 200; i++) {
      await Promise.all([trainer.answers.look(image, i % 10), i % 10 || trainer.answers.dead()]);
    }
    assert.is(tf.memory().numTensors, before);
    assert.is(trainer.answers.tensors, 0);
  });
}

test('look: dead channels are those that relu sets to 0 in all test images', async () => {
  const {trainer} = await beginTrainer({...defaults(), batchSize: 20});
  const {network} = trainer.run!;
  const [filter, bias] = network.variables;
  filter.assign(tf.zeros(filter.shape));
  bias.assign(tf.tensor1d([1, 1, -1e-6, 1, 1e-6, 1, 1, 1])); // channel 4 is weak, and lives
  const {relu1} = (await trainer.answers.dead())!;
  assert.equal(
    relu1,
    [...relu1.keys()].map(channel => channel === 2),
  );
  assert.is(relu1.length, 8);
});

/** The page's way to load `wasm` fails in Node, and would fail it for the tests after this one: here the page has no WebAssembly. */
async function elsewhere(trainer: Trainer): Promise<Look[]> {
  const {WebAssembly} = globalThis;
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  try {
    return (await trainer.lookElsewhere(image, label))!;
  } finally {
    Object.assign(globalThis, {WebAssembly});
  }
}

test('look: every other backend has the same numbers, but for rounding', async () => {
  const {trainer, until} = await beginTrainer({...defaults(), batchSize: 20});
  await until('paused', () => trainer.train(5, true));
  const before = tf.memory().numTensors;
  const look = (await trainer.answers.look(image, label))!;
  const others = await elsewhere(trainer);
  assert.equal(
    others.map(({backend}) => backend),
    ['cpu'],
  );
  for (const other of others) {
    assert.equal([other.batch, other.label], [1, label]);
    assert.ok(Math.abs(other.values.loss[0] - look.values.loss[0]) < 1e-5);
  }
  assert.is(tf.memory().numTensors, before);
  assert.is(tf.getBackend(), 'simd');
});

test('look: a question that comes while other backends are asked is answered by the run’s own', async () => {
  const {trainer} = await beginTrainer({...defaults(), batchSize: 20});
  const look = (await trainer.answers.look(image, label))!;
  const others = elsewhere(trainer);
  for (let i = 0; i < 10_000 && tf.getBackend() === 'simd'; i++) await undefined;
  assert.is.not(tf.getBackend(), 'simd');
  const meanwhile = (await trainer.answers.look(image, label))!;
  assert.is(tf.getBackend(), 'simd');
  assert.equal(meanwhile.values, look.values);
  assert.ok((await others).length > 0);
});

test.after(endTrainers);
test.run();
