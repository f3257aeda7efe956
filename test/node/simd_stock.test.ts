// Kernels of `simd` under stock names, for random shapes: the results and the errors of `cpu`. They run on watched memory (watched.ts).
// Numbers are integers, or divisors are powers of two, where cpu rounds at another place.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {Random} from '../../src/random.ts';
import {expectAsOnCpu, integers} from '../as_on_cpu.ts';
import '../backends.ts';
import {expectValues} from '../../bench/cases/compare.ts';
import {expectSameInParts} from '../parts.ts';
import {onWatched, type Watched} from '../watched.ts';

/** The last bit of a float32. */
const ULP = {atol: 0, rtol: 2 ** -23};

/** Registers a test on watched memory, which fails if bytes stay in use. */
function testWatched(title: string, work: (random: Random, watched: Watched) => void): void {
  test(title, () => {
    onWatched(2 ** 20, watched => {
      work(new Random(18, title), watched);
      const {bytesInUse} = tf.memory() as unknown as {bytesInUse: number};
      assert.is(bytesInUse, 0, `${bytesInUse} bytes are left in use`);
    });
  });
}

/** Fails if kernels of ours declined more often than expected. */
function expectCalls({calls}: Watched, name: string, least: number): void {
  const count = calls.get(name) ?? 0;
  assert.ok(count >= least, `expected at least ${least} calls of ${name}, found ${count}`);
}

const upTo = (random: Random, most: number) => 1 + random.below(most);

/** Sizes for this number of axes, many of them 1, and the last one often longer than a vector. */
const shapeOf = (random: Random, rank: number): number[] =>
  Array.from({length: rank}, (_, axis) =>
    random.below(4) === 0 ? 1 : upTo(random, axis === rank - 1 ? 11 : 4),
  );

testWatched('simd: broadcasts of any axes give the results of cpu', (random, watched) => {
  const ops = [tf.add, tf.sub, tf.mul, tf.div];
  for (let i = 0; i < 400; i++) {
    const shape = shapeOf(random, random.below(6));
    const operand = () =>
      shape
        .map(size => (random.below(3) === 0 ? 1 : size))
        .slice(random.below(3) === 0 ? random.below(shape.length + 1) : 0);
    const [a, b, op] = [operand(), operand(), ops[i % 4]];
    expectAsOnCpu(`${op.name} [${a}] and [${b}]`, () => op(integers(a), integers(b, 2)));
  }
  for (const name of ['add', 'subtract', 'multiply', 'divide']) expectCalls(watched, name, 80);
  for (const op of ops) {
    // biome-ignore format: short
    for (const [a, b] of [
      [[2, 1, 3, 1], [2, 4, 3, 5]], [[3, 0], [1]], [[0], [4, 1]], [[2, 3], [3, 2]], [[2, 3], [4]],
    ]) {
      expectAsOnCpu(`${op.name} [${a}] and [${b}]`, () => op(integers(a), integers(b, 2)));
    }
    expectAsOnCpu('int32', () =>
      op(integers([3, 2]).cast('int32'), integers([3, 1]).cast('int32')),
    );
    expectAsOnCpu('mixed', () => op(integers([3, 2]), integers([3, 1]).cast('int32')));
  }
});

testWatched('simd: sums and means over any axes give the results of cpu', (random, watched) => {
  for (let i = 0; i < 300; i++) {
    const rank = random.below(6);
    // cpu divides each number of a mean, ours divides the sum: the same for powers of two.
    const shape = shapeOf(random, rank).map(size => (i % 2 ? size : 2 ** (size % 4)));
    const axes = shape.map((_, axis) => axis).filter(() => random.below(2));
    const fromBehind = axes.map(axis => (random.below(2) ? axis : axis - rank));
    const op = i % 2 ? tf.sum : tf.mean;
    const keepDims = random.below(2) === 1;
    expectAsOnCpu(`${op.name} of [${shape}] over [${fromBehind}], ${keepDims}`, () =>
      op(integers(shape), fromBehind, keepDims),
    );
  }
  expectCalls(watched, 'sumRows', 80);
  expectCalls(watched, 'sumColumns', 60);
  for (const op of [tf.sum, tf.mean]) {
    expectAsOnCpu('long columns', () => op(integers([1024, 5]), 0));
    expectAsOnCpu('more columns than a block', () => op(integers([2, 4, 70]), [0, 1]));
    expectAsOnCpu('all', () => op(integers([2, 4, 2])));
    expectAsOnCpu('no axis', () => op(integers([2, 3]), []));
    expectAsOnCpu('an axis twice', () => op(integers([2, 4, 4]), [1, 1]));
    expectAsOnCpu('no such axis', () => op(integers([2, 3]), 2));
    expectAsOnCpu('nothing', () => op(tf.zeros([2, 0]), 1));
    for (const dtype of ['int32', 'bool'] as const) {
      expectAsOnCpu(dtype, () => op(integers([2, 4]).cast(dtype), 1));
    }
  }
});

// 40,000 numbers near 100: a float32 sum of them has lost the last three digits.
test('simd: a mean of many numbers is exact to the last bit', () => {
  tf.setBackend('simd');
  const [rows, columns] = [40_001, 5];
  const random = new Random(18);
  const values = Float32Array.from({length: rows * columns}, () => 100 + random.uniform());
  const sums = new Float64Array(columns);
  values.forEach((value, i) => {
    sums[i % columns] += value;
  });
  tf.tidy(() => {
    const x = tf.tensor2d(values, [rows, columns]);
    expectValues(
      'columns',
      tf.mean(x, 0),
      [columns],
      sums.map(sum => sum / rows),
      ULP,
    );
    const all = sums.reduce((sum, column) => sum + column) / (rows * columns);
    expectValues('all', tf.mean(x), [], [all], ULP);
  });
});

testWatched('simd: a mean of numbers whose sum float32 cannot hold is finite', () => {
  const large = Math.fround(2e38);
  const expectLarge = (what: string, mean: () => tf.Tensor, shape: number[], value = large) => {
    const values = new Float32Array(tf.util.sizeFromShape(shape)).fill(value);
    tf.tidy(() => expectValues(what, mean(), shape, values));
  };
  for (const rows of [2, 3, 4, 33, 100]) {
    const x = () => tf.fill([rows, 7], large);
    expectLarge(`${rows} rows`, () => tf.mean(x(), 0), [7]);
    expectLarge(`${rows} negative rows`, () => tf.mean(tf.neg(x()), 0), [7], -large);
    expectLarge(`${rows} numbers`, () => tf.mean(x()), []);
  }
  // each axis a power of two: the divisions are exact
  expectLarge('two runs', () => tf.mean(tf.fill([4, 3, 4], large), [0, 2]), [3]);
  expectLarge('two runs of columns', () => tf.mean(tf.fill([4, 3, 8, 5], large), [0, 2]), [3, 5]);
  // Only the columns that need it: the others keep their bits. So do those of an infinity and of a NaN.
  const random = new Random(18);
  const rows = Array.from({length: 50}, () => Array.from({length: 9}, () => random.uniform()));
  const mean = () => tf.tidy(() => Array.from(tf.mean(tf.tensor2d(rows), 0).dataSync()));
  const before = mean();
  for (const row of rows) row[5] = large;
  rows[40][2] = Number.NEGATIVE_INFINITY;
  rows[7][8] = Number.NaN;
  const expected = [...before];
  [expected[5], expected[2], expected[8]] = [large, Number.NEGATIVE_INFINITY, Number.NaN];
  assert.equal(mean(), expected);
  expectAsOnCpu('the sum of both signs', () =>
    tf.sum(tf.tensor2d([large, 1, large, 2, -large, 3], [3, 2]), 0),
  );
});

testWatched('simd: an activation that there is not is refused as on cpu', () => {
  for (const activation of ['toString', 'tanh'] as unknown as tf.fused.Activation[]) {
    expectAsOnCpu(activation, () =>
      tf.fused.matMul({a: integers([2, 3]), b: integers([3, 2]), activation}),
    );
  }
});

testWatched('simd: tiles give the results of cpu', (random, watched) => {
  for (let i = 0; i < 200; i++) {
    const shape = shapeOf(random, upTo(random, 4));
    const reps = shape.map(() => (random.below(2) ? 1 : upTo(random, 6)));
    expectAsOnCpu(`tile [${shape}], ${reps}`, () => tf.tile(integers(shape), reps));
  }
  expectCalls(watched, 'repeat', 120);
  expectAsOnCpu('no times', () => tf.tile(integers([2, 3]), [2, 0]));
  expectAsOnCpu('int32', () => tf.tile(integers([2, 3]).cast('int32'), [2, 2]));
  expectAsOnCpu('nothing', () => tf.tile(tf.zeros([0, 3]), [2, 2]));
  expectAsOnCpu('a shorter list', () => tf.tile(integers([2, 3]), [2]));
});

testWatched('simd: batch normalisation gives the results of cpu', (random, watched) => {
  const normed = (xShape: number[], own: number[], offset: boolean, scale: boolean) =>
    tf.batchNorm(
      integers(xShape) as tf.Tensor4D,
      integers(own, 2) as tf.Tensor1D,
      tf.square(tf.pow(2, integers(own, 3))) as tf.Tensor1D, // powers of 4, whose roots are exact
      offset ? (integers(own, 4) as tf.Tensor1D) : undefined,
      scale ? (integers(own, 5) as tf.Tensor1D) : undefined,
      0,
    );
  for (let i = 0; i < 200; i++) {
    const shape = shapeOf(random, 2 + random.below(3));
    if (i % 10 === 0) shape[0] = 70; // more rows than a block
    // One number for each channel, for each element, or for each place in an image.
    const own = [shape.slice(-1), shape, shape.map((size, axis) => (axis === 0 ? 1 : size))][i % 3];
    const [offset, scale] = [random.below(2) === 1, random.below(2) === 1];
    expectAsOnCpu(`batchNorm [${shape}] by [${own}], ${offset}, ${scale}`, () =>
      normed(shape, own, offset, scale),
    );
  }
  expectCalls(watched, 'batchNorm', 200);
  const run = (inputs: Record<string, tf.Tensor>, epsilon = 0) =>
    tf
      .engine()
      .runKernel(tf.FusedBatchNorm, inputs as never, {varianceEpsilon: epsilon}) as tf.Tensor;
  const x = () => integers([4, 6]);
  const [mean, variance] = [() => integers([6], 2), () => tf.fill([6], 4)];
  expectAsOnCpu('epsilon', () => run({x: x(), mean: mean(), variance: variance()}, 12));
  expectAsOnCpu('variance 0', () => run({x: x(), mean: mean(), variance: tf.zeros([6])}));
  expectAsOnCpu('a mean that begins anew within a row', () =>
    run({x: x(), mean: integers([5], 2), variance: tf.fill([5], 4)}),
  );
  expectAsOnCpu('one offset', () =>
    run({x: x(), mean: mean(), variance: variance(), offset: tf.ones([1])}),
  );
  expectAsOnCpu('other ranks', () => run({x: x(), mean: mean(), variance: tf.ones([1, 6])}));
  expectAsOnCpu('int32', () => run({x: x().cast('int32'), mean: mean(), variance: variance()}));
  expectAsOnCpu('int32 mean', () =>
    run({x: x(), mean: mean().cast('int32'), variance: variance()}),
  );
  expectAsOnCpu('nothing', () => run({x: tf.zeros([0, 6]), mean: mean(), variance: variance()}));
});

testWatched('simd: squares, roots and floors give the bits of cpu', (random, watched) => {
  const special = [NaN, Infinity, -Infinity, 0, -0, 1e-40, 3e38, -1e-30, 1e30];
  const values = [...special, ...Array.from({length: 500}, () => 20 * random.normal())];
  const ops = {square: tf.square, sqrt: tf.sqrt, rsqrt: tf.rsqrt, floor: tf.floor};
  for (const [name, op] of Object.entries(ops)) {
    for (const length of [1, 2, 3, 4, 7, values.length]) {
      expectAsOnCpu(`${name} of ${length}`, () => op(tf.tensor1d(values.slice(0, length))));
    }
    expectCalls(watched, name, 6);
    expectAsOnCpu(`${name} of int32`, () => op(integers([5]).cast('int32')));
    expectAsOnCpu(`${name} of nothing`, () => op(tf.zeros([0])));
  }
});

// Not on watched memory: tf.train.momentum leaves a scalar behind.
test('simd: updates of the optimizers and the mask of dropout give the bits of cpu', () => {
  tf.setBackend('simd');
  const random = new Random(18);
  const optimizers = {
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.1, 0.9),
    nesterov: () => tf.train.momentum(0.1, 0.9, true),
    rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
    'centered rmsprop': () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-7, true),
    adam: () => tf.train.adam(0.01),
  };
  const numbers = Array.from({length: 4}, () =>
    Float32Array.from({length: 35}, () => random.normal()),
  );
  for (const [name, create] of Object.entries(optimizers)) {
    expectAsOnCpu(name, () => {
      const [first, ...gradients] = numbers.map(values => tf.tensor(values, [7, 5]));
      const weights = tf.variable(first);
      const optimizer = create();
      for (const gradient of gradients)
        optimizer.applyGradients([{name: weights.name, tensor: gradient}]);
      const trained = weights.clone();
      optimizer.dispose();
      weights.dispose();
      return trained;
    });
  }
  expectAsOnCpu('dropout', () => tf.dropout(integers([9, 7]), 0.4, undefined, 18));
});

test('simd: stock kernels give the same bits in any number of parts', () => {
  tf.setBackend('simd');
  const numbers = (...shape: number[]) => {
    const random = new Random(shape.length);
    const values = Float32Array.from({length: tf.util.sizeFromShape(shape)}, () => random.normal());
    return tf.tensor(values, shape);
  };
  const x = numbers(5, 6, 7, 9);
  const row = numbers(9);
  const works: Record<string, () => tf.Tensor> = {
    add: () => tf.add(x, x),
    'a scalar': () => tf.sub(x, numbers()),
    'a row': () => tf.mul(row, x),
    'a column': () => tf.div(x, numbers(5, 6, 7, 1)),
    'without an axis in the middle': () => tf.mul(x, numbers(5, 1, 1, 9)),
    'a middle axis alone': () => tf.mul(numbers(1, 6, 7, 1), x),
    'one number': () => tf.add(numbers(1), numbers(1)),
    step: () => tf.step(x, 0.5),
    square: () => tf.square(x),
    sqrt: () => tf.sqrt(x),
    rsqrt: () => tf.rsqrt(x),
    floor: () => tf.floor(x),
    sum: () => tf.sum(x, [0, 1, 2]),
    'sum over the middle': () => tf.sum(x, [1, 2]),
    'sum over two runs': () => tf.sum(x, [0, 2]),
    'mean of rows': () => tf.mean(x, -1),
    mean: () => tf.mean(x),
    'mean of large numbers': () => tf.mean(tf.mul(x, 2e38), [0, 1, 2]),
    'dx of few channels': () =>
      tf.grad(x => tf.conv2d(x as tf.Tensor4D, numbers(3, 3, 2, 17) as tf.Tensor4D, 1, 'same'))(
        numbers(5, 6, 7, 2),
      ),
    tile: () => tf.tile(x, [1, 2, 1, 3]),
    'tile of one block': () => tf.tile(row, [7]),
    batchNorm: () =>
      tf.batchNorm(
        x as tf.Tensor4D,
        row as tf.Tensor1D,
        tf.square(row) as tf.Tensor1D,
        row as tf.Tensor1D,
      ),
  };
  for (const [what, work] of Object.entries(works)) {
    expectSameInParts(what, () => [tf.tidy(work)]);
  }
  tf.dispose([x, row]);
});

test.run();
