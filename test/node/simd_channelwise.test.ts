// Depthwise convolution and average pooling of TensorFlow.js on `simd`, beside those of `cpu`. simd_memory.test.ts has random geometries.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {sizeOf} from '../../bench/cases/case.ts';
import {expectValues} from '../../bench/cases/compare.ts';
import type {SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import type {Untyped} from '../../src/ops/kernel.ts';
import {Random} from '../../src/random.ts';
import {expectAsOnCpu, integers} from '../as_on_cpu.ts';
import '../backends.ts';
import {expectSameInParts} from '../parts.ts';
import {onOwnBackend} from '../watched.ts';

const floats = (shape: number[], seed: number) => {
  const random = new Random(seed);
  return tf.tensor(
    Float32Array.from({length: sizeOf(shape)}, () => random.normal()),
    shape,
  );
};

/** x with `value` as its element `index`. */
const withOne = (x: tf.Tensor, index: number, value: number) => {
  const numbers = x.dataSync().slice();
  numbers[index] = value;
  return tf.tensor(numbers, x.shape);
};

interface Spec {
  x: number[];
  window: [number, number];
  /** Outputs for each channel. */
  outputs: number;
  strides: number;
  pad: 'same' | 'valid' | number;
}

// More outputs of a group than are listed at a time, more of a row than a tile runs over, more taps than a tile has, and fewer.
const specs: Spec[] = [
  {x: [3, 9, 45, 7], window: [3, 4], outputs: 1, strides: 1, pad: 'same'},
  {x: [2, 20, 21, 5], window: [3, 3], outputs: 3, strides: 1, pad: 'valid'},
  {x: [9, 6, 5, 16], window: [2, 2], outputs: 1, strides: 2, pad: 'same'},
  {x: [5, 11, 10, 2], window: [5, 2], outputs: 2, strides: 3, pad: 2},
];

const depthwise = ({strides, pad}: Spec) =>
  ((x: Untyped, filter: Untyped) => tf.depthwiseConv2d(x, filter, strides, pad)) as (
    ...inputs: tf.Tensor[]
  ) => tf.Tensor;
const mean =
  ({window, strides, pad}: Spec) =>
  (x: tf.Tensor) =>
    tf.avgPool(x as tf.Tensor4D, window, strides, pad);

/** The output and the gradients for an upstream gradient that `numbers` makes. */
function resultsOf(spec: Spec, numbers: (shape: number[], seed: number) => tf.Tensor): tf.Tensor[] {
  const filterShape = [...spec.window, spec.x[3], spec.outputs];
  const [x, filter] = [numbers(spec.x, 1), numbers(filterShape, 2)];
  return (
    [
      [depthwise(spec), [x, filter]],
      [mean(spec), [x]],
    ] as const
  ).flatMap(([op, inputs]) => {
    const y = op(...(inputs as [tf.Tensor]));
    return [y, ...tf.grads(op as Untyped)([...inputs], numbers(y.shape, 3))];
  });
}

test('simd: depthwise convolution, average pooling and their gradients equal those of cpu on integers', () => {
  tf.setBackend('simd');
  for (const spec of specs) {
    for (const i of [0, 1, 2, 3, 4]) {
      expectAsOnCpu(`result ${i} of ${JSON.stringify(spec)}`, () => resultsOf(spec, integers)[i]);
    }
  }
});

test('simd: depthwise convolution and average pooling have the same bits in any number of parts', () => {
  tf.setBackend('simd');
  for (const spec of specs) {
    expectSameInParts(JSON.stringify(spec), () => tf.tidy(() => resultsOf(spec, floats)));
  }
});

test('simd: the parts of a depthwise dFilter share its channels out', () => {
  onOwnBackend(2 ** 20, backend => {
    const counts: number[] = [];
    const {kernels} = backend;
    const depthwiseFilterGradient: typeof kernels.depthwiseFilterGradient = (...args) => {
      counts.push(args[3]);
      kernels.depthwiseFilterGradient(...args);
    };
    Object.assign(backend, {kernels: {...kernels, depthwiseFilterGradient}, cutInto: 2});
    tf.dispose(tf.tidy(() => resultsOf(specs[0], floats)));
    // 7 channels: a thread that took 8 would write to the next tap.
    assert.equal(counts.sort(), [3, 4]);
  });
});

test('simd: a fused depthwise convolution has bias and activation as on cpu', () => {
  tf.setBackend('simd');
  for (const activation of ['linear', 'relu', 'relu6', 'prelu'] as const) {
    for (const bias of [undefined, [6], [1, 6], [1], [5, 6]]) {
      expectAsOnCpu(`${activation}, bias [${bias}]`, () =>
        tf.fused.depthwiseConv2d({
          x: integers([2, 7, 5, 3]) as tf.Tensor4D,
          filter: integers([3, 2, 3, 2], 2) as tf.Tensor4D,
          strides: 1,
          pad: 'same',
          dilations: [1, 2],
          bias: bias && integers(bias, 3),
          activation,
          preluActivationWeights: activation === 'prelu' ? integers([6], 4) : undefined,
        }),
      );
    }
  }
});

test('simd: an infinity or NaN stays in its windows, and padding makes none of it', () => {
  tf.setBackend('simd');
  const [spec] = specs;
  for (const value of [Infinity, NaN]) {
    for (const seed of [1, 2, 3]) {
      const numbers = (shape: number[], which: number) =>
        which === seed ? withOne(integers(shape, which), 0, value) : integers(shape, which);
      for (const i of [0, 1, 2, 3, 4]) {
        const what = `result ${i}, ${value} in ${['x', 'filter', 'dy'][seed - 1]}`;
        expectAsOnCpu(what, () => resultsOf(spec, numbers)[i]);
      }
    }
  }
});

test('simd: the mean of a window of padding alone is NaN, as on cpu', () => {
  tf.setBackend('simd');
  expectAsOnCpu('avgPool', () => tf.avgPool(integers([1, 3, 4, 5]) as tf.Tensor4D, 2, 1, 3));
});

test('simd: the gradient of a long depthwise convolution does not stop at 2^24', () => {
  tf.setBackend('simd');
  tf.tidy(() => {
    const [rows, columns] = [4096, 4100];
    const x = tf.ones([1, rows, columns, 1]);
    const gradient = tf.grad((filter: Untyped) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter, 1, 'valid'),
    );
    expectValues('dFilter', gradient(tf.ones([1, 1, 1, 1])), [1, 1, 1, 1], [rows * columns]);
  });
});

test('simd: for windows that our kernels decline, stock kernels compute what cpu computes', () => {
  tf.setBackend('simd');
  // A sum in float32 would lose the ones.
  const x = () => withOne(tf.ones([1, 65, 65, 1]), 0, 2 ** 24) as tf.Tensor4D;
  expectAsOnCpu('a mean of 4,225 numbers', () => tf.avgPool(x(), 65, 1, 'valid'));
  expectAsOnCpu('a mean of integers', () =>
    tf.avgPool(tf.cast(integers([1, 5, 4, 3]), 'int32') as tf.Tensor4D, 2, 1, 'valid'),
  );
  const inputs = () => ({x: integers([1, 6, 7, 3]), filter: integers([2, 3, 3, 2], 2)});
  const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object) =>
    tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
  expectAsOnCpu('channels first', () =>
    run(tf.DepthwiseConv2dNative, inputs(), {strides: 1, pad: 'valid', dataFormat: 'NCHW'}),
  );
  expectAsOnCpu('strides and dilations', () =>
    run(tf.DepthwiseConv2dNative, inputs(), {strides: 2, pad: 'valid', dilations: 2}),
  );
  expectAsOnCpu('no dilations', () =>
    run(tf.DepthwiseConv2dNative, inputs(), {strides: 2, pad: 'same', dilations: null}),
  );
  // Called by its name, a gradient takes dilations, though it knows none, and integers. float32 has none of 2^24 + 1.
  const gradients = (x: tf.Tensor, filter: tf.Tensor, dy: tf.Tensor, attrs: object) =>
    tf.concat([
      tf.reshape(
        run(tf.DepthwiseConv2dNativeBackpropInput, {dy, filter}, {...attrs, inputShape: x.shape}),
        [-1],
      ),
      tf.reshape(
        run(tf.DepthwiseConv2dNativeBackpropFilter, {x, dy}, {...attrs, filterShape: filter.shape}),
        [-1],
      ),
    ]);
  expectAsOnCpu('gradients with a dilation', () =>
    gradients(inputs().x, inputs().filter, integers([1, 6, 7, 6], 3), {
      strides: 1,
      pad: 'same',
      dilations: [2, 1],
    }),
  );
  const row = (values: number[], dtype: 'int32' | 'float32' = 'float32') =>
    tf.tensor4d(values, [1, 1, values.length, 1], dtype);
  const large = () => row([2 ** 24 + 1, 2 ** 24], 'int32');
  const filter = () => tf.tensor4d([1, -1], [1, 2, 1, 1]);
  const window = {strides: 1, pad: 'valid', dilations: 1};
  expectAsOnCpu('int32 x', () =>
    run(tf.DepthwiseConv2dNative, {x: large(), filter: filter()}, window),
  );
  expectAsOnCpu('int32 filter', () =>
    run(
      tf.DepthwiseConv2dNative,
      {x: row([1, -1]), filter: tf.reshape(large(), [1, 2, 1, 1])},
      window,
    ),
  );
  expectAsOnCpu('int32 dy', () => gradients(row([1, -1, 0]), filter(), large(), window));
  expectAsOnCpu('gradients with an int32 x and filter', () =>
    gradients(large(), tf.reshape(large(), [1, 2, 1, 1]), row([1]), window),
  );
  expectAsOnCpu('int32 dy of a mean', () =>
    run(tf.AvgPoolGrad, {dy: large(), input: row([1, 2, 3])}, {...window, filterSize: [1, 2]}),
  );
});

test('simd: without room for a depthwise convolution the stock kernel computes it, and nothing is left', () => {
  onOwnBackend(2 ** 21, backend => {
    tf.tidy(() => {
      // With each channel four times, x and y have 1.2 MiB each.
      const shapes = {x: [1, 98, 99, 8], filter: [2, 2, 8, 4]};
      const conv = (x: Untyped, filter: Untyped) => tf.depthwiseConv2d(x, filter, 1, 'same');
      for (const i of [0, 1]) {
        expectAsOnCpu(
          `gradient ${i}`,
          () => tf.grads(conv)([integers(shapes.x), integers(shapes.filter, 2)])[i],
        );
      }
    });
    assert.is((backend as SimdBackend).memory().bytesInUse, 0);
  });
});

test.run();
