import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {backendsWith} from '../../src/backends.ts';
import {relu} from '../../src/index.ts';
import {Relu} from '../../src/ops/relu.ts';
import {backends, onBackend} from '../backends.ts';

const kernelsOf = (backend: string): string[] =>
  tf
    .getKernelsForBackend(backend)
    .map(({kernelName}) => kernelName)
    .filter(name => name.startsWith('mnist.'));

/** The backends of Node, or of the page, that have kernels of ours. */
const ours = backends.filter(backend => backend !== 'reference');

// A backend without a kernel would run the reference kernel: the same results, many times slower.
test('importing the library registers every kernel for every backend that has kernels of ours', () => {
  const all = [...new Set(backendsWith({ownKernels: true}).flatMap(kernelsOf))];
  assert.ok(all.length >= 15, `found ${all.length} kernels`);
  for (const backend of ours) assert.equal(kernelsOf(backend).sort(), all.sort(), backend);
});

test('a backend without a kernel of its own gets the reference kernel, and the others keep theirs', () => {
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
