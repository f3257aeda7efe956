// Products of matrices on `simd`: a number has the same bits in any cut into parts, and in a product that is large enough to copy its
// matrices as in one that reads them where they lie.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import {denseCase} from '../../bench/cases/dense.ts';
import {Random} from '../../src/random.ts';
import '../backends.ts';
import {expectSame} from '../../bench/cases/compare.ts';
import {expectSameInParts} from '../parts.ts';
import {asDefinedOnIntegers} from '../witnesses.ts';

/** Numbers whose sums are rounded. */
function numbers(shape: number[], seed: number): tf.Tensor {
  const random = new Random(seed);
  return tf.tensor(
    Float32Array.from({length: tf.util.sizeFromShape(shape)}, () => random.normal()),
    shape,
  );
}

// [rows, n, columns]: one more than whole blocks and tiles; many columns; many rows; steps of a whole page; little.
const sizes = [
  [129, 257, 130],
  [3, 300, 520],
  [700, 5, 3],
  [1024, 5, 10],
  [10, 5, 1024],
  [9, 13, 7],
];

// biome-ignore format: short
for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true], [true, true]]) {
  const transposed = `transposed ${transposeA} ${transposeB}`;

  test(`simd: a product of matrices has the same bits in any number of parts, ${transposed}`, () => {
    tf.setBackend('simd');
    for (const [rows, n, columns] of sizes) {
      const a = numbers(transposeA ? [n, rows] : [rows, n], 1);
      const b = numbers(transposeB ? [columns, n] : [n, columns], 2);
      const bias = numbers([columns], 3);
      const [twiceA, twiceB] = [tf.stack([a, tf.neg(a)]), tf.stack([b, tf.neg(b)])];
      expectSameInParts(`matMul [${a.shape}] by [${b.shape}]`, () => [
        tf.fused.matMul({a, b, bias, transposeA, transposeB}),
        tf.fused.matMul({a: twiceA, b: twiceB, bias, transposeA, transposeB}),
        tf.matMul(twiceA, b, transposeA, transposeB),
        tf.matMul(a, twiceB, transposeA, transposeB),
      ]);
      tf.dispose([a, b, bias, twiceA, twiceB]);
    }
  });

  test(`simd: a row and a column alone have the same bits as in a large product, ${transposed}`, () => {
    tf.setBackend('simd');
    const [[rows, n, columns]] = sizes;
    tf.tidy(() => {
      const a = numbers([rows, n], 1);
      const b = numbers([n, columns], 2);
      const product = (a: tf.Tensor, b: tf.Tensor) =>
        tf.matMul(
          transposeA ? tf.transpose(a) : a,
          transposeB ? tf.transpose(b) : b,
          transposeA,
          transposeB,
        );
      const whole = product(a, b);
      for (const i of [0, 2, 128]) {
        const [row, column] = [tf.slice(a, [i, 0], [1, n]), tf.slice(b, [0, i], [n, 1])];
        expectSame(`row ${i}`, product(row, b), tf.slice(whole, [i, 0], [1, columns]));
        expectSame(`column ${i}`, product(a, column), tf.slice(whole, [0, i], [rows, 1]));
      }
    });
  });
}

test('simd: large dense layers equal the definition, in any number of parts', () => {
  for (const opCase of [
    denseCase({B: 130, I: 259, O: 131}),
    denseCase({B: 33, I: 530, O: 9, bias: false}),
  ]) {
    asDefinedOnIntegers(opCase, 'simd');
    tf.setBackend('simd');
    const inputs = opCase.inputs.map(({shape}, i) => numbers(shape, i));
    const dy = numbers(opCase.outputShape, 4);
    const gradients = tf.grads((...inputs) => opCase.run(inputs));
    expectSameInParts(opCase.title, () => [opCase.run(inputs), ...gradients(inputs, dy)]);
    tf.dispose([inputs, dy]);
  }
});

test.run();
