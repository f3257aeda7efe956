// What the backend `simd` promises besides the table of cases: memory, reads, several backends, and tf.layers.
import {Worker} from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {
  conv2d,
  createNetwork,
  maxPool,
  relu,
  softmaxCrossEntropy,
  trainStep,
} from '../../src/index.ts';
import {Memory} from '../../src/kernels/simd/backend/memory.ts';
import {instantiate} from '../../src/kernels/simd/backend/module.ts';
import {registerSimdBackend, type SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import type {Untyped} from '../../src/ops/kernel.ts';
import {Random} from '../../src/random.ts';
import {expectAsOnCpu, integers} from '../as_on_cpu.ts';
import '../backends.ts';
import {expectClose, valuesOf} from '../../bench/cases/compare.ts';
import {layersModel} from '../../bench/cases/layers_contender.ts';
import {expectError} from '../errors.ts';
import {syntheticData} from '../synthetic.ts';
import {onOwnBackend} from '../watched.ts';

const MiB = 2 ** 20;

const simd = () => tf.backend() as SimdBackend;
const bytesInUse = () => simd().memory().bytesInUse;

test('simd: training and disposal leave no bytes and no tensors', () => {
  // On a backend of its own, because free blocks of other tests may be too small.
  onOwnBackend(64 * MiB, () => {
    const data = syntheticData();
    const before = {...tf.memory(), bytes: bytesInUse()};
    const network = createNetwork('tutorial');
    const optimizer = tf.train.sgd(0.1);
    const step = (batchSize: number) => {
      const batch = data.nextTrainBatch(batchSize);
      tf.dispose([trainStep(network, optimizer, batch), batch.xs, batch.labels]);
    };
    for (let i = 0; i < 3; i++) step(8);
    const [held, reserved] = [bytesInUse(), simd().memory().bytesReserved];
    assert.ok(held > before.bytes, 'the weights are in memory');
    for (const batchSize of [8, 3, 8, 5, 8]) step(batchSize);
    assert.is(bytesInUse(), held, 'a step leaves nothing');
    assert.is(simd().memory().bytesReserved, reserved, 'a step does not grow the memory');
    network.dispose();
    optimizer.dispose();
    assert.is(bytesInUse(), before.bytes);
    assert.is(tf.memory().numTensors, before.numTensors);
    assert.is(tf.memory().numBytes, before.numBytes);
  });
});

test('simd: a step of many images goes piece by piece, and is the step of all at once', () => {
  tf.setBackend('simd');
  const {xs, labels} = syntheticData({train: 600}).nextTrainBatch(600); // pieces of 256, 256 and 88
  const optimizer = tf.train.sgd(0.1);
  const [network, expected] = [1, 2].map(() => createNetwork('tutorial'));
  const [tensors, seen] = [tf.memory().numTensors, new Set<number>()];
  const conv = tf.getKernel('mnist.Conv2D', 'simd');
  const {kernelFunc} = conv;
  conv.kernelFunc = call => {
    seen.add(call.inputs.x!.shape[0]);
    return kernelFunc(call);
  };
  const loss = trainStep(network, optimizer, {xs, labels});
  conv.kernelFunc = kernelFunc;
  assert.equal([...seen], [256, 88]);
  const whole = () => softmaxCrossEntropy(labels, expected.forward(xs));
  const expectedLoss = optimizer.minimize(whole, true, expected.variables)!;
  expectClose('loss', valuesOf(loss), valuesOf(expectedLoss), {atol: 0, rtol: 1e-6});
  tf.dispose([loss, expectedLoss]);
  assert.is(tf.memory().numTensors, tensors);
  for (const [i, variable] of network.variables.entries()) {
    const [found, wanted] = [variable, expected.variables[i]].map(valuesOf);
    expectClose(variable.name, found, wanted, {atol: 1e-7, rtol: 1e-5}); // a step changes them by 1e-3
  }
  tf.dispose([xs, labels, network.variables, expected.variables]);
});

test('simd: the gradient of a max-pool is written when its numbers are asked for, and leaves nothing behind', () => {
  onOwnBackend(4 * MiB, () => {
    const x = tf.tensor4d([1, 9, 2, 3, 4, 5, 8, 7], [1, 2, 4, 1]);
    const gradient = () => tf.grad(x => maxPool(x as tf.Tensor4D, 2))(x);
    tf.dispose(gradient());
    const before = {...tf.memory(), bytes: bytesInUse()};
    const readers: [string, (dx: tf.Tensor) => Untyped][] = [
      ['nobody', () => undefined],
      ['a user', dx => dx.dataSync()],
      ['a kernel of ours', dx => relu(dx).dataSync()],
      ['a stock kernel', dx => tf.abs(dx).dataSync()],
    ];
    for (const [who, read] of readers) {
      tf.tidy(() => {
        const dx = gradient();
        const bytes = bytesInUse();
        const values = read(dx);
        if (values) assert.equal([...values], [0, 1, 0, 0, 0, 0, 1, 0], who);
        if (who === 'a user')
          assert.ok(bytesInUse() < bytes + 64, 'it takes the place of its inputs');
      });
      const after = {...tf.memory(), bytes: bytesInUse()};
      assert.equal(after, before, who);
    }
    x.dispose();
  });
});

test('simd: values read from a tensor stay after it is disposed of and the memory grows', async () => {
  await tf.setBackend('simd');
  const x = tf.tensor1d([-1, 2, -3]);
  const y = relu(x);
  const [sync, async] = [y.dataSync(), await y.data()];
  const buffer = tf.buffer([3], 'float32', y.bufferSync().values);
  y.dispose();
  x.dispose();
  tf.tidy(() => {
    for (let i = 0; i < 20; i++) relu(tf.fill([3], 7)); // takes the freed block
    relu(tf.fill([Math.ceil(simd().memory().bytesReserved / 4)], 7)); // makes the memory grow
  });
  for (const values of [sync, async, buffer.values]) assert.equal([...values], [0, 2, 0]);
});

test('simd: tensors keep their values when the memory grows, and stock kernels can read the values', () => {
  tf.setBackend('simd');
  tf.tidy(() => {
    const y = relu(tf.tensor2d([1, -2, 3, 4, -5, 6], [2, 3]));
    const part = tf.slice(y, [1, 0], [1, 3]); // the stock kernel returns part of its input
    const before = simd().memory().bytesReserved;
    tf.dispose(relu(tf.zeros([before / 4])));
    assert.ok(simd().memory().bytesReserved > before);
    assert.equal([...y.dataSync()], [1, 0, 3, 4, 0, 6]);
    assert.equal([...tf.exp(y).dataSync()].map(Math.round), [3, 1, 20, 55, 1, 403]);
    y.dispose();
    relu(tf.fill([2, 3], 9)); // where y was
    assert.equal([...part.dataSync()], [4, 0, 6]);
  });
});

test('simd: kernels read int32 and bool tensors as float32 after tf.cast', () => {
  tf.setBackend('simd');
  const before = bytesInUse();
  tf.tidy(() => {
    const large = 2 ** 24 + 1; // float32 has no such number
    const whole = tf.tensor1d([-large, 0, large], 'int32');
    const y = relu(tf.cast(whole, 'float32'));
    assert.equal([...y.dataSync()], [0, 0, 2 ** 24]);
    assert.equal([...whole.dataSync()], [-large, 0, large], 'the integers are still exact');
    assert.equal([...relu(tf.cast(tf.tensor1d([true, false]), 'float32')).dataSync()], [1, 0]);
  });
  assert.is(bytesInUse(), before);
});

test('simd: the error of a full memory names the shape, and other tensors keep their values', () => {
  onOwnBackend(2 * MiB, () => {
    const kept = tf.tidy(() => relu(tf.tensor1d([1, -2, 3])));
    const [bytes, tensors] = [bytesInUse(), tf.memory().numTensors];
    expectError(
      () => tf.tidy(() => relu(tf.zeros([5, 1000, 1000]))),
      `simd: expected room for a tensor of shape [5, 1000, 1000], found ${bytes} of ${2 * MiB} bytes in use and no block of 20000032`,
    );
    // The second of two outputs fails: the first is given back.
    const x = tf.zeros<tf.Rank.R4>([1, 230, 200, 4]);
    assert.throws(
      () => maxPool(x, 1),
      /^simd: expected room for a tensor of shape \[1, 230, 200, 4\]/,
    );
    x.dispose();
    assert.is(bytesInUse(), bytes);
    assert.is(tf.memory().numTensors, tensors);
    assert.equal([...kept.dataSync()], [1, 0, 3]);
    // The rest of the memory is still usable.
    tf.tidy(() => {
      const wide = relu(tf.fill([200_000], 2));
      assert.is(tf.sum(wide).dataSync()[0], 400_000);
      expectError(
        () => relu(wide),
        `simd: expected room for a tensor of shape [200000], found ${bytesInUse()} of ${2 * MiB} bytes in use and no block of 800032`,
      );
    });
    kept.dispose();
    assert.is(bytesInUse(), 0);
  });
});

test('simd: blocks of memory never overlap, and freed neighbours serve larger blocks', () => {
  const memory = new Memory(4 * MiB);
  const start = 1000;
  memory.startAt(start);
  const random = new Random(1);
  const live = new Map<number, number>(); // bytes by address
  for (let i = 0; i < 5000; i++) {
    if (live.size > 0 && random.below(5) < 2) {
      const [at, bytes] = [...live][random.below(live.size)];
      const marks = memory.float32(at, bytes / 4);
      const isWhole = marks.every(mark => mark === at);
      assert.ok(isWhole, `block ${at} was overwritten`);
      memory.release(at, bytes);
      live.delete(at);
      continue;
    }
    const bytes = 4 * (1 + random.below(random.below(10) === 0 ? 40_000 : 300));
    let at: number;
    try {
      at = memory.allocate(bytes);
    } catch {
      const [[oldest, size]] = live;
      memory.release(oldest, size);
      live.delete(oldest);
      continue;
    }
    assert.ok(at >= start && at % 16 === 0 && at + bytes + 32 <= memory.bytesReserved);
    memory.float32(at, bytes / 4).fill(at);
    live.set(at, bytes);
  }
  for (const [at, bytes] of live) memory.release(at, bytes);
  assert.is(memory.bytesInUse, 0);
  const all = 4 * MiB - 1024 - 64;
  memory.release(memory.allocate(all), all); // as one block again
});

test('simd: a large free block that is cut again and again leaves no list behind for each rest', () => {
  const memory = new Memory(2 ** 20);
  memory.startAt(16);
  const large = 2 ** 20 - 128;
  memory.release(memory.allocate(large), large);
  for (let i = 0; i < 1000; i++) memory.allocate(1);
  const {free} = memory as unknown as {free: Map<number, unknown>};
  assert.ok(free.size < 5, `${free.size} lists slow down every search`);
});

test('simd: the backend works after it is removed and registered again', () => {
  tf.setBackend('simd');
  const old = tf.backend();
  const left = relu(tf.tensor1d([1, -1]));
  tf.removeBackend('simd');
  left.dispose();
  assert.ok(registerSimdBackend());
  assert.not(registerSimdBackend(), 'the name is taken');
  tf.setBackend('simd');
  assert.is.not(tf.backend(), old);
  assert.is(bytesInUse(), 0);
  tf.tidy(() => assert.equal([...relu(tf.tensor1d([-1, 5])).dataSync()], [0, 5]));
});

test('simd: a backend has the build that its options name, and is refused where that build does not run', () => {
  const {build} = simd();
  for (const asked of ['simd', 'relaxed simd'] as const) {
    const runs = asked === 'simd' || build === 'relaxed simd';
    assert.is(registerSimdBackend('built', {build: asked}), runs, asked);
    if (!runs) continue;
    tf.setBackend('built');
    assert.is(simd().build, asked);
    assert.equal([...relu(tf.tensor1d([-1, 5])).dataSync()], [0, 5]);
    tf.removeBackend('built');
    tf.setBackend('simd');
  }
});

test('simd: there are two builds, and the relaxed one compiles only where relaxed SIMD runs', () => {
  const {build} = simd();
  const memory = () => new Memory(MiB).wasm;
  instantiate(memory(), 'simd');
  if (build === 'relaxed simd') instantiate(memory(), 'relaxed simd');
  else {
    assert.throws(() => instantiate(memory(), 'relaxed simd'), /a valid WebAssembly module/);
  }
});

test('simd: two backends have a memory each, and a tensor moves to the backend that uses it', () => {
  tf.setBackend('simd');
  const x = relu(tf.tensor1d([1, -2, 3]));
  const here = bytesInUse();
  onOwnBackend(MiB, () => {
    assert.is(bytesInUse(), 0);
    tf.tidy(() => {
      const y = relu(tf.tensor1d([-4, 5, 6]));
      assert.equal([...tf.add(x, y).dataSync()], [1, 5, 9]);
    });
    assert.ok(bytesInUse() > 0, 'x is here now');
    tf.setBackend('simd');
    assert.ok(bytesInUse() < here);
    assert.equal([...relu(x).dataSync()], [1, 0, 3]);
    tf.disposeVariables();
  });
  x.dispose();
});

test('simd: each worker has its own backend', async () => {
  tf.setBackend('simd');
  const before = bytesInUse();
  const source = `
    const {parentPort, workerData} = require('node:worker_threads');
    import(workerData).then(async ({train}) => parentPort.postMessage(await train()));`;
  const url = new URL('./simd_worker.js', import.meta.url).href;
  const run = () =>
    new Promise<number[]>((resolve, reject) => {
      const worker = new Worker(source, {eval: true, workerData: url});
      worker.once('message', resolve).once('error', reject);
    });
  const [first, second] = await Promise.all([run(), run()]);
  assert.equal(first, second);
  assert.ok(first.length === 3 && first.every(Number.isFinite), `${first}`);
  assert.is(bytesInUse(), before);
});

/** Layers of all kinds, with strides, padding and activations that our own networks don't have. */
const otherModel = () => {
  const model = layers.sequential();
  const {layers: l} = layers;
  const bare = {useBias: false, inputShape: [28, 28, 1]};
  model.add(l.conv2d({...bare, filters: 5, kernelSize: 3, strides: 2}));
  model.add(l.batchNormalization());
  model.add(l.activation({activation: 'relu'}));
  model.add(l.averagePooling2d({poolSize: 2, strides: 1, padding: 'same'}));
  model.add(l.depthwiseConv2d({kernelSize: 3, activation: 'elu'}));
  model.add(l.conv2d({filters: 6, kernelSize: 2, padding: 'same', activation: 'sigmoid'}));
  model.add(l.maxPooling2d({poolSize: 3, strides: 2, padding: 'same'}));
  model.add(l.flatten());
  model.add(l.dropout({rate: 0.25, seed: 3}));
  model.add(l.dense({units: 12, activation: 'relu'}));
  model.add(l.dense({units: 10, activation: 'softmax'}));
  const args = {loss: 'categoricalCrossentropy', metrics: ['accuracy']};
  model.compile({...args, optimizer: tf.train.adam(0.01)});
  return model;
};

/** Trains a model for one epoch by model.fit, from weights that don't depend on the backend. */
async function fit(backend: string, build: () => layers.Sequential) {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const model = build();
  const random = new Random(7, 'weights');
  const weights = model.getWeights().map(({shape}) => {
    const fanIn = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    const draw = () => random.normal() / Math.sqrt(fanIn);
    const values = Float32Array.from({length: tf.util.sizeFromShape(shape)}, draw);
    return tf.tensor(shape.length === 1 ? values.map(value => 1 + Math.abs(value)) : values, shape);
  });
  model.setWeights(weights);
  const {xs, labels} = syntheticData({train: 60}).nextTrainBatch(60);
  const images = tf.reshape(xs, [60, 28, 28, 1]);
  const losses: number[] = [];
  await model.fit(images, labels, {
    batchSize: 8, // the last batch is smaller
    epochs: 1,
    shuffle: false,
    callbacks: {onBatchEnd: async (_, logs) => void losses.push(logs!.loss)},
  });
  losses.push(await model.trainOnBatch(images, labels).then(loss => [loss].flat()[0] as number));
  const trained = model.getWeights().map(valuesOf);
  const predicted = valuesOf(model.predict(images) as tf.Tensor);
  tf.dispose([weights, xs, labels, images]);
  model.dispose();
  const values = {shape: [losses.length], values: losses};
  return {losses: values, trained, predicted, left: tf.memory().numTensors - before};
}

for (const [name, build] of Object.entries({
  tutorialModel: () => layersModel('tutorial'),
  otherModel,
})) {
  test(`simd: an unmodified tf.layers model trains as on cpu: ${name}`, async () => {
    const expected = await fit('cpu', build);
    const actual = await fit('simd', build);
    assert.equal(actual.losses.shape, [9]);
    expectClose('losses', actual.losses, expected.losses, {atol: 0, rtol: 1e-4});
    // Adam divides by the root of a gradient's square. A tiny square has few exact digits in float32.
    const tolerance = {atol: name === 'otherModel' ? 2e-3 : 1e-5, rtol: 1e-4};
    expected.trained.forEach((weights, i) => {
      expectClose(`weights ${i}`, actual.trained[i], weights, tolerance);
    });
    expectClose('predictions', actual.predicted, expected.predicted, {atol: 1e-3, rtol: 1e-3});
    assert.is(actual.left, expected.left, 'no tensor more than on cpu is left behind');
  });
}

test('simd: for ops that our kernels decline, stock kernels compute what cpu computes', () => {
  tf.setBackend('simd');
  const x = () => integers([2, 5, 6, 3]) as tf.Tensor4D;
  const filter = () => integers([2, 3, 3, 4], 2) as tf.Tensor4D;
  const int32 = (tensor: tf.Tensor) => tf.cast(tensor, 'int32');
  const nchw = () => integers([2, 3, 5, 3]) as tf.Tensor4D; // 3 columns and 3 channels: the sizes fit NHWC as well
  expectAsOnCpu('NCHW', () => tf.conv2d(nchw(), filter(), [2, 1], 'same', 'NCHW'));
  expectAsOnCpu('NCHW gradient', () =>
    tf.grad(x => tf.conv2d(x as tf.Tensor4D, filter(), 1, 'valid', 'NCHW'))(nchw()),
  );
  expectAsOnCpu('int32 maxPool', () => tf.maxPool(int32(x()) as tf.Tensor4D, 2, 1, 'valid'));
  expectAsOnCpu('1×1 maxPool', () => tf.maxPool(x(), 1, 1, 'valid'));
  expectAsOnCpu('int32 matMul', () => tf.matMul(int32(integers([3, 4])), int32(integers([4, 2]))));
  // Called by its name, a gradient kernel may get integers. float32 has none of 2^24 + 1.
  const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object) =>
    tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
  const window = {strides: 1, pad: 'valid'};
  const row = (values: number[], dtype: 'int32' | 'float32' = 'float32') =>
    tf.tensor4d(values, [1, 1, values.length, 1], dtype);
  expectAsOnCpu('int32 dy of conv2d', () =>
    run(
      tf.Conv2DBackpropInput,
      {dy: row([2 ** 24 + 1, 2 ** 24], 'int32'), filter: tf.tensor4d([-1, 1], [1, 2, 1, 1])},
      {...window, dataFormat: 'NHWC', inputShape: [1, 1, 3, 1]},
    ),
  );
  expectAsOnCpu('int32 dy of maxPool', () =>
    run(
      tf.MaxPoolGrad,
      {dy: row([2 ** 24 + 1, 1], 'int32'), input: row([0, 5, 0]), output: row([5, 5])},
      {...window, filterSize: [1, 2]},
    ),
  );
  expectAsOnCpu('matMul of a vector', () =>
    run(tf.BatchMatMul, {a: integers([4]), b: integers([4, 2])}, {transposeA: true}),
  );
  expectAsOnCpu('int32 add', () => tf.add(int32(integers([3, 4])), int32(integers([4]))));
  expectAsOnCpu('complex multiply', () =>
    tf.real(tf.mul(tf.complex(integers([3]), integers([3], 2)), tf.complex(1, 2))),
  );
  expectAsOnCpu('nothing', () => tf.add(tf.zeros([0, 3]), tf.ones([3])));
  expectAsOnCpu('inner broadcast', () => tf.mul(integers([2, 3, 4]), integers([2, 1, 4], 2)));
  expectAsOnCpu('outer broadcast', () => tf.mul(integers([2, 3, 4]), integers([1, 3, 1], 2)));
  expectAsOnCpu('bias as a column', () =>
    tf.fused.matMul({a: integers([4, 3]), b: integers([3, 4], 2), bias: integers([4, 1], 3)}),
  );
  expectAsOnCpu('mutual broadcast', () => tf.sub(integers([3, 1]), integers([1, 4], 2)));
  expectAsOnCpu('bool sum', () => tf.sum(tf.greater(integers([3, 4]), 0), 1));
  expectAsOnCpu('middle sum', () => tf.sum(integers([2, 3, 4]), 1));
  expectAsOnCpu('int32 gather', () => tf.gather(int32(integers([5, 2])), [4, 0, 4]));
  for (const work of [
    () => tf.gather(tf.ones([2, 2]), [2]),
    () => tf.gather(tf.ones([2, 2]), [-1]),
    () => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3])),
  ]) {
    assert.throws(work);
  }
});

test('simd: our kernels under stock names equal those of cpu on integers', () => {
  tf.setBackend('simd');
  const x = () => integers([2, 7, 6, 3]) as tf.Tensor4D;
  const filter = () => integers([3, 2, 3, 5], 2) as tf.Tensor4D;
  const bias = () => integers([5], 3);
  for (const [strides, pad, dilations] of [
    [1, 'valid', 1],
    [[2, 1], 'same', 1],
    [1, 'same', [1, 2]],
    [2, 1, 1],
  ] as const) {
    const conv = (x: Untyped, filter: Untyped) =>
      tf.conv2d(x, filter, strides as number, pad, 'NHWC', dilations as number);
    const what = `conv2d, strides ${strides}, pad ${pad}, dilations ${dilations}`;
    expectAsOnCpu(what, () => conv(x(), filter()));
    for (const activation of ['linear', 'relu', 'relu6', 'prelu', 'leakyrelu'] as const) {
      expectAsOnCpu(`fused ${what}, ${activation}`, () =>
        tf.fused.conv2d({
          x: x(),
          filter: filter(),
          strides: strides as number,
          pad,
          dilations: dilations as number,
          bias: bias(),
          activation,
          preluActivationWeights: activation === 'prelu' ? integers([5], 4) : undefined,
          leakyreluAlpha: 0.5,
        }),
      );
    }
    if (dilations !== 1) continue; // stock has no gradient
    for (const i of [0, 1]) {
      expectAsOnCpu(`gradient ${i} of ${what}`, () => tf.grads(conv)([x(), filter()])[i]);
    }
  }
  for (const [size, strides, pad] of [
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [[2, 3], 1, 'same'],
    [2, 3, 'valid'],
  ] as const) {
    const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, size as number, strides, pad);
    const what = `maxPool ${size}, strides ${strides}, pad ${pad}`;
    expectAsOnCpu(what, () => pool(x()));
    expectAsOnCpu(`${what}, gradient with ties`, () => tf.grad(pool)(x()));
    const withNaN = () => tf.where(tf.equal(x(), 1), tf.fill(x().shape, NaN), x()) as tf.Tensor4D;
    expectAsOnCpu(`${what}, NaN ignored`, () => pool(withNaN()));
    expectAsOnCpu(`${what}, gradient with NaN`, () => tf.grad(pool)(withNaN()));
  }
  // biome-ignore format: short
  for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true], [true, true]]) {
    // biome-ignore format: short
    for (const [aBatch, bBatch] of [[[], []], [[3], [3]], [[2, 3], [1, 1]], [[1], [4]], [[2, 1], [3]]]) {
      const a = () => integers([...aBatch, ...(transposeA ? [7, 5] : [5, 7])]);
      const b = () => integers([...bBatch, ...(transposeB ? [9, 7] : [7, 9])], 2);
      const what = `matMul ${a().shape} by ${b().shape}, transposed ${transposeA} ${transposeB}`;
      expectAsOnCpu(what, () => tf.matMul(a(), b(), transposeA, transposeB));
    }
    const [a, b] = [transposeA ? [7, 5] : [5, 7], transposeB ? [9, 7] : [7, 9]];
    const inputs = () => ({a: integers(a), b: integers(b, 2), transposeA, transposeB});
    for (const activation of ['linear', 'relu'] as const) {
      for (const bias of [[9], [1, 9], [1], [5, 9]]) {
        expectAsOnCpu(`fused matMul with bias ${bias}`, () =>
          tf.fused.matMul({...inputs(), bias: integers(bias, 3), activation}),
        );
      }
    }
  }
  // biome-ignore format: short
  for (const [a, b] of [
    [[3, 5], [3, 5]], [[3, 5], []], [[], [2, 3]], [[1], [2, 3]], [[2, 3, 5], [5]], [[3, 5], [2, 3, 5]],
    [[2, 3, 5], [1, 3, 5]], [[4, 6], [4, 1]], [[2, 3, 1, 1], [2, 3, 4, 5]], [[1, 6], [6]], [[33], [33]],
  ]) {
    for (const op of [tf.add, tf.sub, tf.mul, tf.div]) {
      expectAsOnCpu(`${op.name} ${a} and ${b}`, () => op(integers(a), integers(b, 2)));
    }
  }
  for (const axes of [undefined, 0, 1, -1, [0, 1], [1, 2], [0, 1, 2], [2, 0]]) {
    for (const keepDims of [false, true]) {
      expectAsOnCpu(`sum over ${axes}`, () => tf.sum(integers([3, 70, 5]), axes, keepDims));
    }
  }
  expectAsOnCpu('step', () => tf.step(tf.tensor1d([-2, -0, 0, 3, NaN, Infinity]), 0.5));
  expectAsOnCpu('relu', () => tf.relu(tf.tensor1d([-2, -0, 0, 3, NaN, -Infinity])));
  expectAsOnCpu('gather of nothing', () => tf.gather(integers([2, 4]), tf.tensor1d([], 'int32')));
  // biome-ignore format: short
  for (const [axis, batchDims] of [[0, 0], [1, 0], [2, 0], [1, 1]]) {
    const indices = () =>
      batchDims === 1 ? tf.tensor2d([[2, 0], [1, 1]], [2, 2], 'int32') : tf.tensor1d([1, 0, 1], 'int32'); // biome-ignore format: short
    expectAsOnCpu(`gather along ${axis}, ${batchDims} batch axes`, () =>
      tf.gather(integers([2, 4, 3]), indices(), axis, batchDims),
    );
  }
});

test('simd: in tf.profile a max-pool’s gradient is written by its own kernel, and so has its time', async () => {
  tf.setBackend('simd');
  const x = integers([1, 4, 4, 2]) as tf.Tensor4D;
  const gradient = () => tf.grad(x => maxPool(x as tf.Tensor4D, 2))(x);
  const {result} = await tf.profile(gradient);
  const dx = gradient();
  assert.equal(
    [result as tf.Tensor, dx].map(each => simd().isPostponed(each)),
    [false, true],
  );
  tf.dispose([x, result, dx]);
});

test('simd: tf.profile names the one kernel that ran', async () => {
  tf.setBackend('simd');
  const x = integers([1, 6, 6, 2]) as tf.Tensor4D;
  const filter = integers([3, 3, 2, 4]) as tf.Tensor4D;
  const {kernels, newTensors} = await tf.profile(() => conv2d(x, filter, null));
  assert.equal(
    kernels.map(({name, outputShapes}) => [name, outputShapes]),
    [['mnist.Conv2D', [[1, 4, 4, 4]]]],
  );
  assert.is(newTensors, 1);
  tf.disposeVariables();
  tf.dispose([x, filter]);
});

test('simd: a max-pool’s gradient that is asked for when memory has to grow for it', () => {
  const name = 'simd, small';
  registerSimdBackend(name);
  tf.setBackend(name);
  tf.tidy(() => {
    // An array of JavaScript's takes no WebAssembly memory until a kernel of ours needs it.
    const x = tf.ones<tf.Rank.R4>([64, 28, 28, 8]);
    const dx = tf.grad(x => maxPool(x as tf.Tensor4D, 2))(x);
    const total = tf.sum(tf.mul(dx, 1));
    assert.is(total.dataSync()[0], 64 * 14 * 14 * 8);
  });
  tf.setBackend('simd');
  tf.removeBackend(name);
});

test('simd: stock kernels of several inputs read a max-pool’s gradient that makes the memory grow', () => {
  const name = 'simd, small';
  const side = 128;
  for (const [title, combine, each] of [
    ['maximum', (a, b) => tf.maximum(a, b), (a, b) => Math.max(a, b)],
    ['addN', (a, b) => tf.addN([a, b]), (a, b) => a + b],
    ['squaredDifference', (a, b) => tf.squaredDifference(a, b), (a, b) => (a - b) ** 2],
  ] as [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, (a: number, b: number) => number][]) {
    registerSimdBackend(name);
    tf.setBackend(name);
    const backend = simd();
    tf.tidy(() => {
      const x = integers([1, side, side, 4]) as tf.Tensor4D;
      const a = relu(tf.fill([1, side, side, 4], 0.25)); // its numbers are in WebAssembly memory
      const dy = tf.ones([1, side / 2, side / 2, 4]);
      const dx = tf.grad(x => maxPool(x as tf.Tensor4D, 2))(x, dy);
      const {bytesReserved} = backend.memory();
      while (bytesReserved - backend.memory().bytesInUse > x.size * 4) relu(tf.ones([1000]));
      const found = combine(a, dx).dataSync();
      assert.ok(backend.memory().bytesReserved > bytesReserved, 'the memory grew');
      const wrong = dx.dataSync().filter((value, i) => found[i] !== each(0.25, value));
      assert.equal([found.length, wrong.length], [x.size, 0], title);
    });
    tf.setBackend('simd');
    tf.removeBackend(name);
  }
});

test('simd: a max-pool’s gradient gives its inputs back, also those that another backend has by then', () => {
  tf.setBackend('simd');
  const before = tf.memory();
  for (const other of ['simd', 'cpu']) {
    const [x, dy] = [tf.ones<tf.Rank.R4>([1, 4, 4, 4]), tf.ones([1, 2, 2, 4])];
    const dx = tf.grad(x => maxPool(x as tf.Tensor4D, 2))(x, dy);
    tf.setBackend(other);
    tf.neg(dy).dispose();
    tf.dispose([dx, dy, x]);
    tf.setBackend('simd');
    const {numTensors, numDataBuffers} = tf.memory();
    assert.equal([numTensors, numDataBuffers], [before.numTensors, before.numDataBuffers], other);
  }
});

test.run();
