import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {relu} from '../src/index.ts';
import * as bias from '../src/ops/bias.ts';
import * as conv2d from '../src/ops/conv2d.ts';
import * as dense from '../src/ops/dense.ts';
import * as maxPool from '../src/ops/max_pool.ts';
import {Relu, ReluGradient} from '../src/ops/relu.ts';
import * as softmax from '../src/ops/softmax_cross_entropy.ts';
import {backends, onBackend} from './backends.ts';

const names = [bias, conv2d, dense, maxPool, {Relu, ReluGradient}, softmax]
  .flatMap(op => Object.values<unknown>({...op}))
  .filter(value => typeof value === 'string');

/** The backends that have kernels of ours. */
const ours = backends.filter(backend => backend !== 'reference');

// A kernel that is missing would be replaced by the reference: the same results, many times slower.
for (const backend of ours) {
  test(`importing registers every kernel for ${backend}`, () => {
    assert.is(names.length, 15);
    for (const name of names) assert.ok(tf.getKernel(name, backend), name);
  });
}

test('the reference goes to a backend that has no kernel of its own, and only there', () => {
  const kernelOf = (backend: string) => tf.getKernel(Relu, backend)?.kernelFunc;
  const before = ours.map(kernelOf);
  for (const backend of [...ours, 'reference'] as const) {
    onBackend(backend, () => tf.dispose(tf.tidy(() => relu(tf.ones([2])))));
  }
  assert.equal(ours.map(kernelOf), before);
  const reference = kernelOf('reference');
  assert.ok(reference && !before.includes(reference));
});

test.run();
