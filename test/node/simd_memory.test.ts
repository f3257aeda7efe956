// The kernels of `simd` fill their outputs and write to no other memory, for any geometry. All of this runs on watched memory
// (watched.ts), and the results are held against the definitions or the stock kernels.
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {Random} from '../../src/random.ts';
import {integers, valuesOn} from '../as_on_cpu.ts';
import type {Backend} from '../backends.ts';
import '../backends.ts';
import {type OpCase, sizeOf} from '../../bench/cases/case.ts';
import {compare, EXACT, expectClose, sumTolerance, type Values} from '../../bench/cases/compare.ts';
import {type Conv2DSpec, conv2dCase, conv2dCases} from '../../bench/cases/conv2d.ts';
import {denseCase, denseCases} from '../../bench/cases/dense.ts';
import {type MaxPoolSpec, maxPoolCase, maxPoolCases} from '../../bench/cases/max_pool.ts';
import {reluCases} from '../../bench/cases/relu.ts';
import {softmaxCases, softmaxCrossEntropyCases} from '../../bench/cases/softmax_cross_entropy.ts';
import {onWatched, type Watched, watchedKernels} from '../watched.ts';
import {evaluate, exactOnIntegers, fewIntegers} from '../witnesses.ts';

const MiB = 2 ** 20;
const NAME = 'watched simd';
const watchedBackend = NAME as Backend;

const seen = new Set<string>();

/** A test on watched memory that must leave no bytes in use. */
function testWatched(title: string, maximumBytes: number, work: (watched: Watched) => void): void {
  test(title, () => {
    onWatched(NAME, maximumBytes, watched => {
      work(watched);
      tf.setBackend(NAME);
      const {bytesInUse} = tf.memory() as unknown as {bytesInUse: number};
      assert.is(bytesInUse, 0, `${bytesInUse} bytes are left in use`);
      for (const name of watched.calls.keys()) seen.add(name);
    });
  });
}

testWatched(
  'simd, the table of cases: no kernel reads or writes outside of its tensors',
  8 * MiB,
  () => {
    const exact = [...conv2dCases, ...maxPoolCases, ...denseCases, ...reluCases];
    for (const opCase of exact) {
      exactOnIntegers(opCase, watchedBackend);
      exactOnIntegers(opCase, watchedBackend, fewIntegers);
    }
    for (const opCase of [...softmaxCases, ...softmaxCrossEntropyCases]) nearlyAsDefined(opCase);
  },
);

const drawIntegers = ({shape}: {shape: number[]}, random: Random) =>
  Float64Array.from({length: sizeOf(shape)}, () => random.below(7) - 3);

/** For ops that aren't exact on integers. */
function nearlyAsDefined(opCase: OpCase): void {
  const random = new Random(1, opCase.title);
  const inputs = [...opCase.inputs, ...(opCase.constants ?? [])].map(tensor =>
    drawIntegers(tensor, random),
  );
  const dy = drawIntegers({shape: opCase.outputShape}, random);
  const {y, gradients} = evaluate(opCase, watchedBackend, inputs, dy);
  const expected = [opCase.definition(inputs), ...opCase.definitionGradients(inputs, dy)];
  [y, ...gradients].forEach((values, i) => {
    const shape = [values.length];
    const tolerance = sumTolerance(4 * Math.max(...opCase.terms));
    expectClose(opCase.title, {shape, values}, {shape, values: expected[i]}, tolerance);
  });
}

// Images with padding on one side only, or with last rows that no window reaches. Those of one channel are so wide that
// strips need more working space than the other kernels.
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

testWatched('simd: convolutions with padding on one side equal the definition', 8 * MiB, () => {
  for (const spec of framedOnOneSide) {
    exactOnIntegers(conv2dCase(spec), watchedBackend);
    exactOnIntegers(conv2dCase(spec), watchedBackend, fewIntegers);
  }
});

const upTo = (most: number) => fc.integer({min: 1, max: most});
const pairUpTo = (most: number) => fc.tuple(upTo(most), upTo(most));
const sides = fc.tuple(fc.nat(5), fc.nat(5));
const anyPad = fc.oneof(
  fc.constantFrom('valid' as const, 'same' as const),
  fc.nat(4),
  fc.tuple(sides, sides),
);
/** Larger than a tile and than the positions listed at a time, with few and many taps a window. */
const anyConv2D: fc.Arbitrary<Conv2DSpec> = fc
  .record({
    sizes: fc.tuple(upTo(4), upTo(15), upTo(15), fc.oneof(fc.constant(1), upTo(9))),
    window: pairUpTo(6),
    K: upTo(11),
    bias: fc.boolean(),
    strides: fc.oneof(fc.constant([1, 1]), pairUpTo(4)),
    dilations: fc.oneof(fc.constant([1, 1]), pairUpTo(3)),
    pad: anyPad,
  })
  .map(
    ({sizes, window, K, bias, ...options}) =>
      ({x: sizes, filter: [...window, sizes[3], K], bias, options}) as Conv2DSpec,
  )
  .filter(spec => conv2dCase(spec).outputShape.every(size => size > 0));

testWatched('simd: random convolutions equal the definition', 8 * MiB, () => {
  for (const upstream of [drawIntegers, fewIntegers]) {
    fc.assert(
      fc.property(anyConv2D, spec => exactOnIntegers(conv2dCase(spec), watchedBackend, upstream)),
      {numRuns: 150, seed: 14},
    );
  }
});

const anyMaxPool: fc.Arbitrary<MaxPoolSpec> = fc
  .record({
    x: fc.tuple(upTo(3), upTo(12), upTo(12), upTo(9)),
    filterSize: pairUpTo(5),
    strides: pairUpTo(5),
    pad: anyPad,
  })
  .map(({x, filterSize, strides, pad}) => ({x, filterSize, options: {strides, pad}}) as MaxPoolSpec)
  .filter(spec => {
    const {definition, inputs, outputShape} = maxPoolCase(spec);
    if (outputShape.some(size => size <= 0)) return false;
    // A window of padding alone has no maximum.
    return definition([new Float64Array(sizeOf(inputs[0].shape))]).every(value => value === 0);
  });

testWatched('simd: random max-pools equal the definition', 8 * MiB, () => {
  fc.assert(
    fc.property(anyMaxPool, spec => {
      try {
        exactOnIntegers(maxPoolCase(spec), watchedBackend);
      } catch (error) {
        // Padding as wide as the window is refused even where every window holds something.
        if (!/^maxPool: expected every window to hold/.test((error as Error).message)) throw error;
      }
    }),
    {numRuns: 200, seed: 14},
  );
});

testWatched('simd: random dense layers equal the definition', 8 * MiB, () => {
  const anyDense = fc.record({B: upTo(40), I: upTo(40), O: upTo(40), bias: fc.boolean()});
  fc.assert(
    fc.property(anyDense, spec => exactOnIntegers(denseCase(spec), watchedBackend)),
    {numRuns: 60, seed: 14},
  );
});

/** What it returns or how it fails, on one backend. */
function outcome(backend: string, compute: () => tf.Tensor): Values | string {
  try {
    return valuesOn(backend, compute);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The same as on stock `cpu`: the result, or the error. */
function expectAsOnCpu(what: string, compute: () => tf.Tensor): void {
  const [expected, actual] = ['cpu', NAME].map(backend => outcome(backend, compute));
  if (typeof expected === 'string' || typeof actual === 'string') {
    assert.is(actual, expected, what);
  } else {
    const problem = compare(actual, expected, EXACT);
    if (problem) throw new Error(`${what}: ${problem}`);
  }
}

type Options = {strides: never; pad: never; dilations: never; rounding: never};

/** Geometries that the stock ops take: wide padding, strides of fractions, negative padding, empty outputs. */
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
    [
      [0, 0],
      [side(), side()],
      [side(), side()],
      [0, 0],
    ],
  ]);
  const rounding =
    typeof pad === 'string' ? undefined : among(['floor', 'ceil', 'round', undefined]);
  const options = {strides: among([stride(), [stride(), stride()]]), pad, dilations: 1, rounding};
  if (options.strides === 1) Object.assign(options, {dilations: [dilation(), dilation()]});
  return options as Options;
}

testWatched(
  'simd: stock convolutions of any geometry end as on cpu, gradients included',
  8 * MiB,
  () => {
    const random = new Random(14, 'convolutions');
    for (let i = 0; i < 400; i++) {
      const size = (most: number) => 1 + random.below(most);
      const [C, K] = [random.below(2) ? 1 : size(5), size(6)];
      const xShape = [size(2), size(9), size(9), C];
      const filterShape = [size(random.below(4) ? 4 : 10), size(4), C, K];
      const {strides, pad, dilations, rounding} = anyOptions(random);
      const conv = (x: tf.Tensor, filter: tf.Tensor) =>
        tf.conv2d(
          x as tf.Tensor4D,
          filter as tf.Tensor4D,
          strides,
          pad,
          'NHWC',
          dilations,
          rounding,
        );
      const what = `conv2d [${xShape}] by [${filterShape}], ${JSON.stringify({strides, pad, dilations, rounding})}`;
      const numbers = () => [integers(xShape), integers(filterShape, 2)] as const;
      expectAsOnCpu(what, () => conv(...numbers()));
      if (String(dilations) !== '1') continue; // stock refuses, and leaves its tape behind
      for (const which of [0, 1]) {
        expectAsOnCpu(`${what}, gradient ${which}`, () => tf.grads(conv)([...numbers()])[which]);
      }
    }
  },
);

testWatched(
  'simd: stock max-pools of any geometry end as on cpu, gradients included',
  8 * MiB,
  () => {
    const random = new Random(14, 'pools');
    for (let i = 0; i < 400; i++) {
      const size = (most: number) => 1 + random.below(most);
      const shape = [size(2), size(9), size(9), size(5)];
      const window = [size(random.below(4) ? 4 : 12), size(4)] as [number, number];
      const {strides, pad, rounding} = anyOptions(random);
      const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, window, strides, pad, rounding);
      const what = `maxPool [${shape}] by [${window}], ${JSON.stringify({strides, pad, rounding})}`;
      expectAsOnCpu(what, () => pool(integers(shape)));
      expectAsOnCpu(`${what}, gradient`, () => tf.grad(pool)(integers(shape)));
    }
  },
);

testWatched('simd: kernels that only stock ops use end as on cpu', 8 * MiB, () => {
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
      for (const [rows, n, columns] of [[1, 1, 1], [5, 7, 9], [9, 5, 3], [4, 8, 16], [1, 30, 1], [1030, 2, 3]]) {
        const [a, b] = [transposeA ? [n, rows] : [rows, n], transposeB ? [columns, n] : [n, columns]];
        const what = `matMul [${a}] by [${b}], transposed ${transposeA} ${transposeB}`;
        expectAsOnCpu(what, () => tf.matMul(integers(a), integers(b, 2), transposeA, transposeB));
        expectAsOnCpu(`${what}, three of them`, () =>
          tf.matMul(integers([3, ...a]), integers([3, ...b], 2), transposeA, transposeB),
        );
      }
    }
    for (const axis of [0, 1]) expectAsOnCpu('sum', () => tf.sum(integers([70, 5]), axis));
    for (const length of [1, 4, 7]) {
      expectAsOnCpu('relu', () => tf.relu(integers([length])));
      expectAsOnCpu('step', () => tf.step(integers([length]), 0.5));
    }
  });
});

test('simd: these tests have watched every compiled kernel', () => {
  assert.equal(
    watchedKernels.filter(name => !seen.has(name)),
    [],
  );
});

test.run();
