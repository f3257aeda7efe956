// The kernels of `simd` fill their outputs and write to no other memory, for any geometry. These tests run on watched memory
// (watched.ts), and compare the results with the definitions or the stock kernels.
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {conv2d, maxPool} from '../../src/index.ts';
import type {SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import type {Untyped} from '../../src/ops/kernel.ts';
import {Random} from '../../src/random.ts';
import {expectAsOnCpu, integers} from '../as_on_cpu.ts';
import type {Backend} from '../backends.ts';
import '../backends.ts';
import {type Conv2DSpec, conv2dCase, conv2dCases, sides} from '../../bench/cases/conv2d.ts';
import {denseCase, denseCases} from '../../bench/cases/dense.ts';
import {maxPoolCase, maxPoolCases} from '../../bench/cases/max_pool.ts';
import {reluCases} from '../../bench/cases/relu.ts';
import {softmaxCases, softmaxCrossEntropyCases} from '../../bench/cases/softmax_cross_entropy.ts';
import {anyConv2D, anyMaxPool, upTo} from '../shapes.ts';
import {OWN_BACKEND, onWatched, watchedKernels} from '../watched.ts';
import {asDefinedOnIntegers, fewIntegers, fewSpoiltIntegers, spoiltIntegers} from '../witnesses.ts';

const watchedBackend = OWN_BACKEND as Backend;

const seen = new Set<string>();

/** Registers a test on watched memory of 8 MiB, which fails if bytes stay in use. */
function testWatched(title: string, work: () => void): void {
  test(title, () => {
    onWatched(8 * 2 ** 20, watched => {
      work();
      assert.is(tf.getBackend(), OWN_BACKEND);
      const {bytesInUse} = tf.memory() as unknown as {bytesInUse: number};
      assert.is(bytesInUse, 0, `${bytesInUse} bytes are left in use`);
      for (const name of watched.calls.keys()) seen.add(name);
    });
  });
}

testWatched('simd, the table of cases: no kernel reads or writes outside of its tensors', () => {
  const exact = [...conv2dCases, ...maxPoolCases, ...denseCases, ...reluCases];
  for (const opCase of [...exact, ...softmaxCases, ...softmaxCrossEntropyCases]) {
    asDefinedOnIntegers(opCase, watchedBackend);
    asDefinedOnIntegers(opCase, watchedBackend, fewIntegers);
  }
});

// Images with padding on one side only, or with last rows that no window reaches. The images of one channel are so wide that strips
// need more working space than the other kernels.
const framedOnOneSide: Conv2DSpec[] = (
  [
    {pad: [[0, 2], [0, 0]]},
    {pad: [[2, 0], [0, 0]]},
    {pad: [[0, 0], [0, 2]]},
    {pad: [[0, 0], [2, 0]]},
    {pad: [[0, 0], [1, 1]], strides: [3, 1]},
    {pad: [[1, 0], [0, 0]], strides: [4, 1]},
  ] as Conv2DSpec['options'][] // biome-ignore format: short
)
  .flatMap(options => [
    {x: [2, 7, 60, 1], filter: [3, 3, 1, 5], options},
    {x: [2, 7, 9, 4], filter: [3, 2, 4, 5], options},
  ]);

testWatched('simd: convolutions with padding on one side equal the definition', () => {
  for (const spec of framedOnOneSide) {
    asDefinedOnIntegers(conv2dCase(spec), watchedBackend);
    asDefinedOnIntegers(conv2dCase(spec), watchedBackend, fewIntegers);
    asDefinedOnIntegers(conv2dCase(spec), watchedBackend, spoiltIntegers);
  }
});

testWatched('simd: sparse gradients with infinite numbers equal the definition', () => {
  for (const spec of [
    {x: [2, 9, 8, 4], filter: [5, 5, 4, 5]}, // a window of whole tiles
    {x: [2, 9, 8, 3], filter: [5, 5, 3, 5]}, // a window whose last vector is cut
    {x: [2, 9, 8, 4], filter: [4, 4, 4, 5]}, // a window whose last tile lacks vectors
    {x: [2, 9, 8, 4], filter: [5, 5, 4, 5], options: {pad: 'same'}},
  ] as Conv2DSpec[]) {
    asDefinedOnIntegers(conv2dCase(spec), watchedBackend, fewSpoiltIntegers);
  }
});

const random = {numRuns: 150, seed: 14};

// Larger than a tile and than the positions listed at a time, with few and many taps in a window.
testWatched('simd: random convolutions equal the definition', () => {
  const any = anyConv2D({B: 4, H: 15, C: 9, window: 6, K: 11, stride: 4, dilation: 3, pad: 5});
  for (const upstream of [undefined, fewIntegers]) {
    const asDefined = fc.property(any, spec =>
      asDefinedOnIntegers(conv2dCase(spec), watchedBackend, upstream),
    );
    fc.assert(asDefined, random);
  }
});

// Images of few channels under many filters, whose dx is spread tap by tap, and rows longer than what is spread at once.
testWatched('simd: convolutions of few channels to many equal the definition', () => {
  const any = anyConv2D({B: 3, H: 9, C: 3, window: 5, K: 40, stride: 3, dilation: 2, pad: 3});
  fc.assert(
    fc.property(any, spec => asDefinedOnIntegers(conv2dCase(spec), watchedBackend)),
    {...random, numRuns: 60},
  );
  for (const strides of [1, [1, 2]] as [number, [number, number]]) {
    // The last outputs of a row fill their tiles, or leave a tile with one.
    for (const W of [600, 601]) {
      const long = {x: [2, 4, W, 1], filter: [3, 3, 1, 17], options: {strides, pad: 1}} as const;
      asDefinedOnIntegers(conv2dCase(long as unknown as Conv2DSpec), watchedBackend);
    }
  }
});

testWatched('simd: random max-pools equal the definition', () => {
  const any = anyMaxPool({B: 3, H: 12, C: 9, window: 5, stride: 5, pad: 5});
  const asDefined = fc.property(any, spec =>
    asDefinedOnIntegers(maxPoolCase(spec), watchedBackend),
  );
  fc.assert(asDefined, random);
});

// Most of dy is 0 then, and it isn't written where conv2d's gradients can do without.
testWatched('simd: the gradients of random convolutions under a max-pool are those of cpu', () => {
  const random = new Random(18, 'pooled convolutions');
  const upTo = (most: number) => 1 + random.below(most);
  for (let i = 0; i < 150; i++) {
    const [window, C, K] = [[upTo(5), upTo(5)], upTo(6), upTo(9)];
    const side = i % 15 === 0 ? 20 : 9; // the larger images are listed one by one
    const x = integers([upTo(4), side + upTo(6), side + upTo(6), C]) as tf.Tensor4D;
    const filter = integers([...window, C, K], 2) as tf.Tensor4D;
    const bias = integers([K], 3) as tf.Tensor1D;
    const options = {
      pad: random.below(2) ? ('valid' as const) : ('same' as const),
      strides: [upTo(2), upTo(2)] as [number, number],
      dilations: [upTo(2), random.below(4) ? 1 : 2] as [number, number],
    };
    const [, yH, yW] = tf.tidy(() => conv2d(x, filter, bias, options).shape);
    const pool = [Math.min(yH, upTo(3)), Math.min(yW, upTo(3))];
    const layer = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) =>
      maxPool(conv2d(x, filter, bias, options), pool as [number, number]);
    const numbers = [x, filter, bias].map(tensor => tensor.dataSync());
    if (random.below(4) === 0) numbers[random.below(2)][0] = Number.POSITIVE_INFINITY;
    const inputs = () => [x, filter, bias].map(({shape}, i) => tf.tensor(numbers[i], shape));
    const what = `x [${x.shape}], filter [${filter.shape}], pool ${pool}, ${JSON.stringify(options)}`;
    for (const which of [0, 1, 2]) {
      expectAsOnCpu(`${what}, gradient ${which}`, () => tf.grads(layer as never)(inputs())[which]);
    }
    tf.dispose([x, filter, bias]);
  }
});

testWatched('simd: random dense layers equal the definition', () => {
  const any = fc.record({B: upTo(40), I: upTo(40), O: upTo(40), bias: fc.boolean()});
  fc.assert(
    fc.property(any, spec => asDefinedOnIntegers(denseCase(spec), watchedBackend)),
    random,
  );
});

type Options = {strides: never; pad: never; dilations: never; rounding: never};

/** Options that the stock ops take: wide or negative padding, fractions as strides, empty outputs. */
function anyOptions(random: Random): Options {
  const among = <T>(values: T[]) => values[random.below(values.length)];
  const stride = () => among([1, 1, 1, 2, 2, 3, 7, 0.5, 1.5]);
  const dilation = () => among([1, 1, 1, 1, 2, 5]);
  const side = () => among([0, 0, 1, 2, 5, -1, -2]);
  const pad = among([
    'valid',
    'same',
    random.below(9) - 3,
    among([0.5, 1.5, -0.5]),
    [sides(0, 0), sides(side(), side()), sides(side(), side()), sides(0, 0)],
  ]);
  const rounding =
    typeof pad === 'string' ? undefined : among(['floor', 'ceil', 'round', undefined]);
  const options = {strides: among([stride(), [stride(), stride()]]), pad, dilations: 1, rounding};
  if (options.strides === 1) Object.assign(options, {dilations: [dilation(), dilation()]});
  return options as Options;
}

/** Inputs of a stock op: shapes of tensors of integers, with the largest where it isn't the default. */
type Shapes = [shape: number[], most?: number][];

/** Expects an op, and its gradient for each input, to give the result or the error of cpu. */
function expectAllAsOnCpu(
  what: string,
  shapes: Shapes,
  run: (...inputs: Untyped[]) => tf.Tensor,
  hasGradients = true,
): void {
  const inputs = () => shapes.map(each => integers(...each));
  expectAsOnCpu(what, () => run(...inputs()));
  for (const which of hasGradients ? shapes.keys() : []) {
    expectAsOnCpu(`${what}, gradient ${which}`, () => tf.grads(run)(inputs())[which]);
  }
}

/** y times integers, so that these come back as the upstream gradient of y. */
const weighted = (y: tf.Tensor) => tf.mul(y, integers(y.shape, 3));

const convolutions = {conv2d: tf.conv2d, depthwiseConv2d: tf.depthwiseConv2d};
for (const op of ['conv2d', 'depthwiseConv2d'] as const) {
  testWatched(
    `simd: stock ${op} of any geometry, and its gradients, give the result or the error of cpu`,
    () => {
      const random = new Random(14, op);
      for (let i = 0; i < 300; i++) {
        const size = (most: number) => 1 + random.below(most);
        const options = anyOptions(random);
        const {strides, pad, dilations, rounding} = options;
        const [C, K] = [random.below(2) ? 1 : size(9), random.below(2) ? 1 : size(6)];
        const xShape = [size(3), size(12), size(12), C];
        const filterShape = [size(random.below(4) ? 4 : 10), size(4), C, K];
        expectAllAsOnCpu(
          `${op} [${xShape}] by [${filterShape}], ${JSON.stringify(options)}`,
          [[xShape], [filterShape, 2]],
          (x, filter) =>
            weighted(convolutions[op](x, filter, strides, pad, 'NHWC', dilations, rounding)),
          String(dilations) === '1', // else stock refuses, and leaves its tape behind
        );
      }
    },
  );
}

const pools = {maxPool: tf.maxPool, avgPool: tf.avgPool};
for (const op of ['maxPool', 'avgPool'] as const) {
  testWatched(
    `simd: stock ${op} of any geometry, and its gradient, give the result or the error of cpu`,
    () => {
      const random = new Random(14, op);
      for (let i = 0; i < 300; i++) {
        const size = (most: number) => 1 + random.below(most);
        const options = anyOptions(random);
        const {strides, pad, rounding} = options;
        const shape = [size(3), size(12), size(12), size(9)];
        const window = [size(random.below(4) ? 4 : 14), size(4)] as [number, number];
        expectAllAsOnCpu(
          `${op} [${shape}] by [${window}], ${JSON.stringify(options)}`,
          [[shape]],
          x => weighted(pools[op](x, window, strides, pad, rounding)),
        );
      }
    },
  );
}

testWatched('simd: kernels that only stock ops use give the results of cpu', () => {
  tf.tidy(() => {
    for (const op of [tf.add, tf.sub, tf.mul, tf.div]) {
      // biome-ignore format: short
      for (const [a, b] of [[[7, 5], [7, 5]], [[7, 5], [5]], [[7, 5], [7, 1]], [[33], []]]) {
        expectAsOnCpu(op.name, () => op(integers(a), integers(b, 2)));
      }
    }
    // biome-ignore format: short
    for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true], [true, true]]) {
      // biome-ignore format: short
      for (const [rows, n, columns] of [[1, 1, 1], [5, 7, 9], [9, 5, 3], [4, 8, 16], [1, 30, 1], [1030, 2, 3], [1024, 5, 10], [10, 5, 1024], [67, 5, 523], [131, 259, 130]]) {
        const [a, b] = [transposeA ? [n, rows] : [rows, n], transposeB ? [columns, n] : [n, columns]];
        const what = `matMul [${a}] by [${b}], transposed ${transposeA} ${transposeB}`;
        expectAsOnCpu(what, () => tf.matMul(integers(a), integers(b, 2), transposeA, transposeB));
        expectAsOnCpu(`${what}, three of them`, () =>
          tf.matMul(integers([3, ...a]), integers([3, ...b], 2), transposeA, transposeB),
        );
      }
    }
    for (const axis of [0, 1]) {
      expectAsOnCpu('sum', () => tf.sum(integers([70, 5]), axis));
      expectAsOnCpu('sum of nothing', () => tf.sum(tf.zeros([3, 0]), axis));
    }
    expectAsOnCpu('tile', () => tf.tile(integers([3, 5]), [2, 3]));
    expectAsOnCpu('batchNorm', () =>
      tf.batchNorm2d(
        integers([7, 5]) as tf.Tensor2D,
        integers([5], 2) as tf.Tensor1D,
        tf.ones<tf.Rank.R1>([5]),
        undefined,
        undefined,
        0,
      ),
    );
    for (const length of [1, 4, 7]) {
      for (const op of [tf.square, tf.sqrt, tf.rsqrt, tf.floor]) {
        expectAsOnCpu(op.name, () => op(integers([length])));
      }
      expectAsOnCpu('relu', () => tf.relu(integers([length])));
      expectAsOnCpu('step', () => tf.step(integers([length]), 0.5));
    }
  });
});

testWatched(
  'simd: images from bytes are those of JavaScript, bit for bit, in any number and order',
  () => {
    const bytes = Uint8Array.from({length: 256 + 5}, (_, i) => i);
    for (const size of [1, 4, 7, 16, 87]) {
      for (const indices of [[0], [2, 0, 1], [1, 1]]) {
        const images = indices.map(index => bytes.subarray(index * size, (index + 1) * size));
        const expected = images.flatMap(image =>
          Array.from(image, byte => Math.fround(byte / 255)),
        );
        const x = (tf.backend() as SimdBackend).imagesFromBytes(bytes, indices, size);
        assert.equal(x.shape, [indices.length, size]);
        assert.equal([...(tf.backend().readSync(x.dataId) as Float32Array)], expected);
        tf.backend().disposeData(x.dataId);
      }
    }
  },
);

test('simd: these tests have watched every compiled kernel', () => {
  assert.equal(
    watchedKernels.filter(name => !seen.has(name)),
    [],
  );
});

test.run();
