// Products of matrices on `simd`: a number has the same bits in any cut into parts, and in a product that is large enough to copy its
// matrices as in one that reads them where they lie.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import {denseCase} from '../../bench/cases/dense.ts';
import {Random} from '../../src/random.ts';
import '../backends.ts';
import {expectSame, expectValues} from '../../bench/cases/compare.ts';
import type {SimdBackend} from '../../src/kernels/simd/backend/register.ts';
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

// More rows than a block has, whose last tile lacks rows, by more columns than a block has; the last two so in 2 and 3 parts too.
for (const [rows, n, columns] of [
  [130, 30, 600],
  [257, 300, 520],
  [250, 784, 1024],
  [401, 9, 520],
  [130, 9, 1600],
]) {
  test(`simd: [${rows}, ${n}] by [${n}, ${columns}] is exact on integers, in 1, 2 and 3 parts`, () => {
    tf.setBackend('simd');
    const backend = tf.backend() as SimdBackend;
    const [a, b] = [smallIntegers(rows * n, 1), smallIntegers(n * columns, 2)];
    const expected = productOf(a, b, rows, n, columns);
    const [aTensor, bTensor] = [tf.tensor2d(a, [rows, n]), tf.tensor2d(b, [n, columns])];
    const [aTransposed, bTransposed] = [tf.transpose(aTensor), tf.transpose(bTensor)];
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        for (const parts of [1, 2, 3]) {
          backend.cutInto = parts;
          try {
            const y = tf.matMul(
              transposeA ? aTransposed : aTensor,
              transposeB ? bTransposed : bTensor,
              transposeA,
              transposeB,
            );
            const what = `transposed ${transposeA} ${transposeB}, ${parts} parts`;
            expectValues(what, y, [rows, columns], expected);
            y.dispose();
          } finally {
            backend.cutInto = undefined;
          }
        }
      }
    }
    tf.dispose([aTensor, bTensor, aTransposed, bTransposed]);
  });
}

/** Numbers whose sums are not rounded. */
function smallIntegers(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({length}, () => random.below(7) - 3);
}

function productOf(
  a: Float32Array,
  b: Float32Array,
  rows: number,
  n: number,
  columns: number,
): Float32Array {
  const y = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < n; i++) {
      const factor = a[row * n + i];
      for (let column = 0; column < columns; column++)
        y[row * columns + column] += factor * b[i * columns + column];
    }
  }
  return y;
}

test('simd: large dense layers equal the definition, in any number of parts', () => {
  for (const opCase of [
    denseCase({B: 130, I: 259, O: 131}),
    denseCase({B: 33, I: 530, O: 9, bias: false}),
    denseCase({B: 130, I: 530, O: 523}), // more than a block of rows and columns in each pass
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
