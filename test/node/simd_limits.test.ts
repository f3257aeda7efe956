// The limits of `simd`: long and hostile geometries, working space, long sums, infinities, and refusals. The calls run on watched
// memory (watched.ts), beside a live tensor that must keep its numbers.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import * as ops from '../../src/index.ts';
import {Memory} from '../../src/kernels/simd/backend/memory.ts';
import {registerSimdBackend, type SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import type {Windows} from '../../src/ops/windows.ts';
import '../backends.ts';
import {expectValues} from '../../bench/cases/compare.ts';
import {sides} from '../../bench/cases/conv2d.ts';
import type {Untyped} from '../../src/ops/kernel.ts';
import {expectError} from '../errors.ts';
import {onWatched, type Watched} from '../watched.ts';

const MiB = 2 ** 20;
const PAGE = 65536;

/** The ops for tensors of any rank, as tf.grads passes them. */
const {
  conv2d,
  dense,
  maxPool,
  relu,
  softmax,
  softmaxCrossEntropy,
}: Record<string, (...args: Untyped[]) => tf.Tensor> = ops as Untyped;

/** Runs `work` on a watched backend. One tensor made before it and one made after it must keep their numbers. */
function besideOthers(maximumBytes: number, work: (watched: Watched) => void): void {
  onWatched(maximumBytes, watched => {
    const kept = tf.tidy(() => relu(tf.fill([100], 3)));
    tf.tidy(() => work(watched));
    const after = tf.tidy(() => relu(tf.fill([100], 7)));
    assert.ok(kept.dataSync().every(value => value === 3));
    assert.ok(after.dataSync().every(value => value === 7));
    tf.dispose([kept, after]);
    assert.is((tf.backend() as SimdBackend).memory().bytesInUse, 0);
  });
}

/** Expects this value in every element. */
const expectAll = (tensor: tf.Tensor, value: number, shape: number[]) =>
  expectValues('y', tensor, shape, new Float32Array(tf.util.sizeFromShape(shape)).fill(value));

/** A tensor of the numbers first, first + 1, … in row order. */
const counting = (shape: number[], first = 0) =>
  tf.reshape(tf.range(first, first + tf.util.sizeFromShape(shape)), shape);

test('simd: a long convolution is right, and takes at most twice the memory of its tensors', () => {
  for (const [length, taps] of [
    [1_000_000, 600], // all its strips have 2.4 GB: a negative number in 32 bits
    [1_049_599, 1024], // all its strips have exactly 4 GiB: 0 in 32 bits
    [441_000, 401],
  ]) {
    besideOthers(64 * MiB, watched => {
      const out = length - taps + 1;
      const x = tf.ones<tf.Rank.R3>([1, length, 1]);
      const y = tf.conv1d(x, tf.ones<tf.Rank.R3>([taps, 1, 1]), 1, 'valid');
      expectAll(y, taps, [1, out, 1]);
      const tensors = 4 * (length + taps + out);
      assert.ok(watched.most < 2 * tensors, `${watched.most} bytes for ${tensors} of tensors`);
    });
  }
});

test('simd: the second of two long images is convolved with its own numbers', () => {
  besideOthers(8 * MiB, () => {
    const x = tf.ones<tf.Rank.R4>([2, 1, 30_001, 1]);
    expectAll(conv2d(x, tf.ones([1, 8, 1, 3]), null), 8, [2, 1, 29_994, 3]);
  });
});

test('simd: the gradients of a long convolution are right, and take at most four times the memory of its tensors', () => {
  besideOthers(64 * MiB, watched => {
    const [length, taps, K] = [100_000, 50, 4];
    const out = length - taps + 1;
    const pad = sides([0, 0], [0, 1]);
    const gradients = tf.grads((x, filter) => conv2d(x, filter, null, {pad}));
    for (const sparse of [false, true]) {
      const dy = new Float32Array((out + 1) * K).fill(sparse ? 0 : 1);
      if (sparse) for (let i = 0; i < dy.length; i += 8 * K) dy.fill(1, i, i + K);
      const count = sparse ? Math.ceil((out + 1) / 8) : out + 1;
      const inputs = [tf.ones([1, 1, length, 1]), tf.ones([1, taps, 1, K])];
      const [dx, dFilter] = gradients(inputs, tf.tensor(dy, [1, 1, out + 1, K]));
      assert.is(dFilter.dataSync()[0], count, 'the first tap meets no padding');
      const last = count - Number(dy[out * K] === 1);
      assert.is(dFilter.dataSync()[taps * K - 1], last, 'the last tap meets padding once');
      assert.is(dx.dataSync()[0], K, 'the first pixel lies in one window');
      if (!sparse) assert.is(dx.dataSync()[length / 2], taps * K);
    }
    const tensors = 4 * (2 * length + 2 * taps * K + 2 * out * K);
    assert.ok(watched.most < 4 * tensors, `${watched.most} bytes for ${tensors} of tensors`);
  });
});

test('simd: the size of working space depends on the pass and its images, and does not wrap at 2^32', () => {
  tf.setBackend('simd');
  const backend = tf.backend() as SimdBackend;
  const {kernels} = backend;
  const one = {B: 1, C: 1, sH: 1, sW: 1, dilH: 1, dilW: 1, padT: 0, padB: 0, padL: 0, padR: 0};
  const bytes = (
    pass: 'conv2d' | 'conv2dInputGradient' | 'conv2dFilterGradient' | 'maxPool',
    [H, W]: readonly number[],
    [kH, kW, K]: readonly number[],
    [yH, yW]: readonly number[],
    others: Partial<Windows> = {},
  ) =>
    kernels[`${pass}Scratch`](backend.writeGeometry({...one, H, W, kH, kW, K, yH, yW, ...others}));

  const windowAnImage = (B: number) => bytes('conv2dInputGradient', [5, 5], [5, 5, 8], [1, 1], {B});
  const [single, many] = [windowAnImage(1), windowAnImage(512)];
  assert.ok(many > 511 * 4 * 5 * 5 + single, `${single} and ${many} bytes`);
  assert.ok(single < 8192, `${single} bytes`);
  assert.is(windowAnImage(100_000), many);
  // 7100 × 7100 colour images: a frame is 605 MB, a list of dy's numbers 1.6 GB.
  const large = [[7100, 7100], [3, 3, 8], [7100, 7100], {C: 3, padT: 1, padL: 1}] as const; // biome-ignore format: short
  assert.ok(bytes('conv2d', ...large) < 8192);
  for (const pass of ['conv2dInputGradient', 'conv2dFilterGradient'] as const) {
    const space = bytes(pass, ...large);
    const least = 12 * 7102 ** 2 + 32 * 7100 ** 2;
    assert.ok(space > least && space < 2 ** 32, `${pass}: ${space} bytes`);
  }
  const million = 2 ** 20;
  const square = [million, million] as const;
  assert.ok(bytes('conv2d', square, [5, 5, 1], square, {padT: 2, padL: 2}) > 2 ** 42);
  const tall = bytes('conv2d', [million, 4], [1, 4096, 1], [million, 4], {padL: 2047});
  assert.ok(tall > 2 ** 36, 'one strip has 2^36 bytes');
  const far = {padT: 2 ** 15, padL: 2 ** 15};
  const many32 = bytes('conv2dInputGradient', [1, 1], [5, 5, 4], [2 ** 16, 2 ** 16], far);
  assert.ok(many32 > 2 ** 34, '2^32 positions of y do not wrap to 0');
  const [high, wide] = [2 ** 15, 2 ** 14 - 1];
  assert.is(bytes('maxPool', [high, wide], [high, wide, 1], [1, 1]), 8 * high * wide);
  assert.ok(8 * high * wide > 2 ** 31);
  assert.ok(kernels.matMulScratch(2 ** 30, 2 ** 30, 2 ** 30) < 2 ** 20);
  for (const [columns, whole] of [
    [1, 4],
    [4, 4],
    [5, 8],
    [2 ** 28, 2 ** 28],
    [2 ** 29 + 1, 2 ** 29 + 4],
    [2 ** 31 - 1, 2 ** 31],
  ]) {
    assert.is(kernels.sumColumnsScratch(columns), 8 * whole);
    assert.is(kernels.batchNormScratch(columns), 4 * whole);
  }
});

test('simd: a tensor can take the working space of a finished call', () => {
  onWatched(4 * MiB, watched => {
    const x = tf.ones<tf.Rank.R2>([1, 930]);
    const weights = tf.ones<tf.Rank.R2>([930, 930]); // 3.46 MB, and 0.53 MB for copies of its blocks
    const dx = tf.tidy(() => tf.grad(x => dense(x, weights, null))(x));
    expectAll(dx, 930, [1, 930]);
    assert.ok(watched.most > weights.size * 4 + 0.53e6, 'it was counted');
    const inItsPlace = tf.tidy(() => relu(tf.ones([60_000]))); // 0.24 MB, and as much for the ones
    expectAll(inItsPlace, 1, [60_000]);
    tf.dispose([x, weights, dx, inItsPlace]);
  });
});

test('simd: stock ops whose windows have no output change no other tensor', () => {
  besideOthers(2 * MiB, () => {
    const x = tf.relu(tf.ones<tf.Rank.R4>([1, 2, 28, 1]));
    assert.throws(() => tf.maxPool(x, [4, 1], 1, 'valid'));
    tf.relu(tf.fill([100], 7));
    expectAll(x, 1, [1, 2, 28, 1]);
    // −2 by −1 outputs of 5 channels: their product is ten numbers
    tf.tidy(() => tf.relu(tf.fill([10], 12345)));
    const [image, filter] = [tf.ones<tf.Rank.R4>([1, 3, 3, 1]), tf.ones<tf.Rank.R4>([2, 2, 1, 5])];
    const y = tf.conv2d(image, filter, 1, 'valid', 'NHWC', [5, 4]);
    assert.equal([...y.dataSync()], new Array(10).fill(0));
  });
});

test('simd: stock convolutions with wide or negative padding are right', () => {
  besideOthers(2 * MiB, () => {
    // If pad is a number, stock ops work out the output's width from the filter's height.
    const [small, tall] = [tf.ones<tf.Rank.R4>([1, 3, 2, 1]), tf.ones<tf.Rank.R4>([9, 1, 1, 4])];
    expectAll(tf.conv2d(small, tall, 1, 5), 0, [1, 5, 4, 4]);
    const x = counting([1, 7, 8, 1]) as tf.Tensor4D;
    const filter = tf.ones<tf.Rank.R4>([3, 3, 1, 1]);
    // the sum over rows 1 to 3 and columns 1 to 3 is 9 · 18
    const y = tf.conv2d(x, filter, 1, -1);
    assert.equal([...y.dataSync()].slice(0, 3), [162, 171, 180]);
    const dx = tf.grad(x => tf.conv2d(x as tf.Tensor4D, filter, 1, -1))(x);
    assert.is(dx.dataSync()[0], 0, 'what was cut off has no gradient');
    assert.is(dx.dataSync()[9], 1);
  });
});

test('simd: the stock gradient of a max-pool that rounds up equals that of cpu', () => {
  besideOthers(2 * MiB, () => {
    const pool = (x: Untyped) => tf.maxPool(x, 2, 2, 0, 'ceil');
    const dx = tf.grad(pool)(counting([1, 5, 5, 1]), counting([1, 3, 3, 1], 1));
    // the maxima at [1, 1], [1, 3], [3, 1] and [3, 3]; the others are forgotten
    assert.equal([...dx.dataSync()].filter(Boolean), [1, 2, 4, 5]);
  });
});

test('simd: the stock gradients of a convolution that rounds up equal those of cpu', () => {
  const conv = (x: Untyped, filter: Untyped) => tf.conv2d(x, filter, 2, 0, 'NHWC', 1, 'ceil');
  const gradients = () => {
    const inputs = [counting([1, 5, 5, 1]), counting([2, 2, 1, 1], 1)];
    const found = tf.grads(conv)(inputs, counting([1, 3, 3, 1], 1));
    return found.map(gradient => [...gradient.dataSync()]);
  };
  tf.setBackend('cpu');
  const expected = tf.tidy(gradients);
  besideOthers(2 * MiB, () => assert.equal(gradients(), expected));
});

test('simd: stock ops run on the stock kernels if the memory has no room', () => {
  besideOthers(MiB, () => {
    const x = tf.ones<tf.Rank.R4>([1, 300, 300, 4]);
    const filter = tf.ones<tf.Rank.R4>([2, 2, 4, 1]);
    expectAll(tf.conv2d(x, filter, 1, 'valid'), 16, [1, 299, 299, 1]);
    expectAll(tf.maxPool(x, 2, 2, 'valid'), 1, [1, 150, 150, 4]);
    expectAll(tf.add(x, x), 2, x.shape);
    assert.throws(
      () => conv2d(x, filter, null),
      /^simd: expected room for a tensor of shape \[1, 300, 300, 4\], found [0-9]+ of 1048576 bytes in use/,
    );
  });
});

test('simd: our ops refuse rows and columns that 32 bits cannot count', () => {
  besideOthers(2 * MiB, () => {
    const far = 2 ** 31;
    const x = tf.ones<tf.Rank.R4>([1, 3, 3, 1]);
    for (const work of [
      () => conv2d(x, tf.ones([1, 1, 1, 1]), null, {pad: far, strides: far}),
      () => conv2d(x, tf.ones([1, 1, 1, 1]), null, {strides: 2 ** 32}),
      () => conv2d(x, tf.ones([1, 1, 1, 1]), null, {strides: [far, 1]}),
      () => conv2d(x, tf.ones([1, 1, 1, 1]), null, {strides: [1, far]}),
      () => maxPool(x, 1, {strides: 2 ** 32 + 1}),
      () => maxPool(x, [2 ** 16, 2 ** 15], {strides: 1, pad: 'same'}),
    ]) {
      assert.throws(
        work,
        /^simd: expected windows whose rows and columns, with padding and strides/,
      );
    }
  });
});

test('simd: the memory refuses an impossible number of bytes, and a maximum below one page', () => {
  const memory = new Memory(MiB);
  memory.startAt(0);
  for (const bytes of [-4, 0.5, Number.NaN, Infinity, -1884402360]) {
    const sentence = `simd: expected a whole number of bytes, found ${bytes}`;
    expectError(() => memory.allocate(bytes), sentence);
    expectError(() => memory.release(0, bytes), sentence);
  }
  assert.is(memory.bytesInUse, 0);
  for (const maximumBytes of [1000, 0, -1, Number.NaN, PAGE - 1]) {
    expectError(
      () => registerSimdBackend('a small one', {maximumBytes}),
      `simd: expected maximumBytes of at least ${PAGE}, found ${maximumBytes}`,
    );
  }
  assert.is(tf.findBackendFactory('a small one'), null);
  besideOthers(MiB, () => {
    const backend = tf.backend() as SimdBackend;
    // Not as a lack of memory, on which a stock kernel would take over.
    const sentence = 'simd: expected a whole number of bytes, found 0.5';
    expectError(() => backend.withScratch(0.5, [2], () => {}), sentence);
  });
  besideOthers(PAGE, () => expectAll(relu(tf.ones([5])), 1, [5]));
});

test('simd: at its maximum the memory hands out two free neighbours as one block, also if they just fit', () => {
  const memory = new Memory(MiB);
  memory.startAt(0);
  const spare = 32; // a block's bytes beyond those that are asked for
  const quarters = Array.from({length: 4}, () => memory.allocate(MiB / 4 - spare));
  for (const quarter of quarters.slice(1, 3)) memory.release(quarter, MiB / 4 - spare);
  assert.is(memory.allocate(MiB / 2 - spare), quarters[1]);
  assert.is(memory.bytesReserved, MiB);
});

test('simd: the memory grows by no more than it needs if the machine refuses to give more', () => {
  const memory = new Memory(64 * MiB);
  memory.startAt(0);
  const {wasm} = memory;
  const grow = wasm.grow.bind(wasm);
  const asked: number[] = [];
  wasm.grow = pages => {
    asked.push(pages);
    if (pages > 4) throw new RangeError('no more than that');
    return grow(pages);
  };
  const first = memory.allocate(MiB - 32); // the whole memory
  const second = memory.allocate(4 * PAGE - 32);
  assert.equal(asked, [8, 4], 'half as much again, then what is needed');
  assert.is(memory.bytesReserved, MiB + 4 * PAGE);
  assert.equal([first, second], [0, MiB]);
  assert.throws(() => memory.allocate(5 * PAGE), /no block of/);
  assert.is(memory.bytesInUse, MiB + 4 * PAGE);
});

test('simd: long sums do not stop at 2^24', () => {
  onWatched(512 * MiB, () => {
    const n = 20_971_520;
    tf.tidy(() => {
      const ones = tf.ones<tf.Rank.R1>([n]);
      assert.is(tf.dot(ones, ones).dataSync()[0], n);
    });
    tf.tidy(() => {
      const ones = tf.ones<tf.Rank.R2>([n, 1]);
      const dWeights = tf.grad(weights => dense(ones, weights, null))(tf.ones([1, 1]), ones);
      assert.is(dWeights.dataSync()[0], n);
    });
    tf.tidy(() => {
      const x = tf.ones<tf.Rank.R4>([1, 4096, 5120, 1]);
      const dFilter = tf.grad(filter => conv2d(x, filter, null))(tf.ones([1, 1, 1, 1]), x);
      assert.is(dFilter.dataSync()[0], n);
    });
    tf.tidy(() => {
      const x = tf.ones<tf.Rank.R4>([1, 4100, 4103, 1]);
      expectAll(conv2d(x, tf.ones([4100, 4100, 1, 1]), null), 4100 ** 2, [1, 1, 4, 1]);
    });
  });
  // Windows with more taps than one sum has steps, and a rest: in each row, and in several rows together.
  besideOthers(8 * MiB, () => {
    for (const [kH, kW] of [
      [1, 9001],
      [3, 4099],
      [61, 101],
    ]) {
      const x = tf.ones<tf.Rank.R4>([2, kH + 1, kW + 4, 1]);
      const y = conv2d(x, tf.ones([kH, kW, 1, 3]), tf.ones([3]));
      expectAll(y, kH * kW + 1, [2, 2, 5, 3]);
    }
  });
});

for (const backend of ['cpu', 'simd'] as const) {
  test(`conv2d: an infinite number is not multiplied by padding, ${backend}`, () => {
    tf.setBackend(backend);
    for (const [C, stock] of [
      [1, false],
      [2, false],
      [1, true],
      [2, true],
    ] as const) {
      tf.tidy(() => {
        const x = tf.ones<tf.Rank.R4>([2, 4, 5, C]);
        const numbers = new Float32Array(3 * 3 * C * 2).fill(1);
        for (let i = 0; i < 2 * C; i++) numbers[i] = Infinity; // tap (0, 0)
        const filter = tf.tensor<tf.Rank.R4>(numbers, [3, 3, C, 2]);
        const conv = (x: Untyped, filter: Untyped): tf.Tensor =>
          stock ? tf.conv2d(x, filter, 1, 'same') : conv2d(x, filter, null, {pad: 'same'});
        // That tap lies in the padding for the first row and column.
        const y = conv(x, filter).dataSync();
        const inside = (at: number) => {
          const [row, column] = [Math.floor(at / 10) % 4, Math.floor(at / 2) % 5];
          return row > 0 && column > 0;
        };
        y.forEach((value, at) => {
          assert.is(value === Infinity, inside(at), `${C} channels, y[${at}] = ${value}`);
          if (!inside(at)) assert.ok(value >= 4 * C && value <= 6 * C);
        });
        // For an infinity in the corner of dy, the last four taps lie over the image and the others in the padding.
        for (const others of [1, 0]) {
          const dyNumbers = new Float32Array(2 * 4 * 5 * 2).fill(others);
          dyNumbers[0] = Infinity;
          const dy = tf.tensor(dyNumbers, [2, 4, 5, 2]);
          const dFilter = tf
            .grad(filter => conv(x, filter))(filter, dy)
            .dataSync();
          dFilter.forEach((value, at) => {
            const [wR, wC, d2] = [Math.floor(at / (6 * C)), Math.floor(at / (2 * C)) % 3, at % 2];
            const expected = wR > 0 && wC > 0 && d2 === 0;
            assert.is(value === Infinity, expected, `${C} channels, dFilter[${at}] = ${value}`);
            assert.not(Number.isNaN(value));
          });
        }
      });
    }
  });
}

test('conv2d: an infinite number in a sparse dy is not multiplied by padding, simd', () => {
  tf.setBackend('simd');
  tf.tidy(() => {
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 6, 7, 3]), tf.ones<tf.Rank.R4>([3, 3, 3, 4])];
    const numbers = new Float32Array(6 * 7 * 4);
    numbers[0] = Infinity;
    const conv = (filter: tf.Tensor) => conv2d(x, filter, null, {pad: 'same'});
    const dFilter = [
      ...tf
        .grad(conv)(filter, tf.tensor(numbers, [1, 6, 7, 4]))
        .dataSync(),
    ];
    const count = (wanted: number) => dFilter.filter(value => value === wanted).length;
    assert.equal([count(Infinity), count(0)], [4 * 3, 96]);
  });
});

test('simd: a kernel reads the numbers that a user writes to the array of an int32 tensor after tf.cast', () => {
  for (const backend of ['cpu', 'simd']) {
    tf.setBackend(backend);
    tf.tidy(() => {
      const array = Int32Array.of(1, 2, 3);
      const x = tf.cast(tf.tensor1d(array, 'int32'), 'float32');
      assert.equal([...tf.relu(x).dataSync()], [1, 2, 3]);
      array[1] = 7;
      assert.equal([...tf.relu(x).dataSync()], [1, 7, 3], backend);
    });
  }
});

test('simd: the gradient of a max-pool that ran on cpu takes its positions from there', () => {
  besideOthers(MiB, () => {
    const here = tf.getBackend();
    tf.setBackend('cpu');
    const pool = (x: tf.Tensor) => {
      const y = maxPool(x, 2);
      tf.setBackend(here);
      return y;
    };
    const x = tf.tensor4d([1, 5, 2, 3, 4, 2, 6, 1], [1, 2, 4, 1]);
    const dx = tf.grad(pool)(x, tf.tensor4d([1, 2], [1, 1, 2, 1]));
    expectValues('dx', dx, [1, 2, 4, 1], [0, 1, 0, 0, 0, 0, 2, 0]);
  });
});

test('simd: an int32 tensor that tf.cast calls float32 has a copy of its own, as long as the tensor', () => {
  besideOthers(MiB, () => {
    const numbers = Int32Array.from({length: 100}, (_, i) => i - 50);
    const x = tf.cast(tf.tensor1d(numbers, 'int32'), 'float32');
    const y = tf.relu(x);
    const again = tf.relu(x);
    for (const each of [y, again]) {
      expectValues(
        'y',
        each,
        [100],
        Float32Array.from(numbers, value => Math.max(value, 0)),
      );
    }
  });
});

test('simd and cpu: a second derivative is refused in one sentence', () => {
  const [x, filter, bias] = [tf.ones([1, 4, 4, 1]), tf.ones([2, 2, 1, 1]), tf.ones([2])];
  const [flat, weights, labels] = [tf.ones([2, 3]), tf.ones([3, 2]), tf.ones([2, 3])];
  const twice = (op: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) => () =>
    tf.grad(x => tf.sum(tf.square(tf.grad(x => tf.square(op(x)))(x))))(x);
  for (const backend of ['cpu', 'simd']) {
    tf.setBackend(backend);
    for (const [op, work] of [
      ['conv2d', twice(x => conv2d(x, filter, null), x)],
      ['conv2d', twice(filter => conv2d(x, filter, null), filter)],
      ['bias', twice(bias => dense(flat, weights, bias), bias)],
      ['dense', twice(x => dense(x, weights, null), flat)],
      ['dense', twice(weights => dense(flat, weights, null), weights)],
      ['maxPool', twice(x => maxPool(x, 2), x)],
      ['relu', twice(relu, flat)],
      ['softmax', twice(softmax, flat)],
      ['softmaxCrossEntropy', twice(x => softmaxCrossEntropy(labels, x), flat)],
    ] as const) {
      expectError(work, `${op}: expected a first derivative, got a request for the second`);
    }
  }
});

test.run();
