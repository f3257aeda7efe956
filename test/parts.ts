// The backend `simd` cuts a kernel's work into parts, one for each thread. Here the parts run one after another on one thread.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from '../src/kernels/simd/backend/register.ts';

const bitsOf = (y: tf.Tensor): Uint32Array => new Uint32Array(y.dataSync().slice().buffer);

/**
 * Expects `compute` to give the same bits on the current backend, a `simd`, in 2, 3, 4 and 8 parts as in one.
 *
 * @throws Error naming what differs, in how many parts and where
 */
export function expectSameInParts(what: string, compute: () => tf.Tensor[]): void {
  const backend = tf.backend() as SimdBackend;
  const results = [1, 2, 3, 4, 8].map(parts => {
    backend.cutInto = parts;
    try {
      const tensors = compute();
      const ys = tensors.map(bitsOf);
      tf.dispose(tensors);
      return {parts, ys};
    } finally {
      backend.cutInto = undefined;
    }
  });
  const [{ys: expected}, ...others] = results;
  for (const {parts, ys} of others) {
    for (const [y, bits] of ys.entries()) {
      const i = bits.findIndex((found, i) => found !== expected[y][i]);
      if (i === -1) continue;
      const [one, cut] = [expected[y], bits].map(all => new Float32Array(all.buffer)[i]);
      throw new Error(
        `${what}: expected ${one} at ${i} of result ${y} as in one part, found ${cut} in ${parts}`,
      );
    }
  }
}
