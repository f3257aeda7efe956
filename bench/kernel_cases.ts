// Each pass of each layer by itself, at the network's shapes: our kernels beside the stock kernel that does the same.
import * as tf from '@tensorflow/tfjs-core';
import type {Preset} from '../src/network.ts';
import {BiasGradient} from '../src/ops/bias.ts';
import {
  Conv2D,
  Conv2DFilterGradient,
  type Conv2DGeometry,
  Conv2DInputGradient,
} from '../src/ops/conv2d.ts';
import {
  Dense,
  type DenseGeometry,
  DenseInputGradient,
  DenseWeightsGradient,
} from '../src/ops/dense.ts';
import {runKernel} from '../src/ops/kernel.ts';
import {MaxPool, MaxPoolGradient} from '../src/ops/max_pool.ts';
import {Relu, ReluGradient} from '../src/ops/relu.ts';
import {softmax, softmaxCrossEntropy} from '../src/ops/softmax_cross_entropy.ts';
import type {Windows} from '../src/ops/windows.ts';
import {Random} from '../src/random.ts';
import {EXACT, sumTolerance, type Tolerance} from '../test/compare.ts';
import {type Case, type Contest, timeUpload} from './contest.ts';
import {isStock} from './results.ts';
import {
  convolutionElements,
  convolutionFlops,
  denseElements,
  denseFlops,
  poolElements,
  type Shapes,
  shapesOf,
} from './shapes.ts';
import {pads, poolSize, stockLoss} from './stock.ts';

interface Pass {
  flops?: number;
  /** Of all inputs and outputs. */
  elements: number;
  tolerance: Tolerance;
  /** What to time, on tensors of the current backend. */
  join(inputs: Inputs): {ours: () => tf.Tensor; stock: () => tf.Tensor};
}

/** Every pass that a step of this network takes, and softmax; those on logits of `tutorial` alone. */
export function kernelCases(network: Preset, batch: number): Case[] {
  const pad = pads[network];
  const passes: Record<string, (shapes: Shapes) => Pass> = {
    'conv1/forward': ({conv1}) => convolution(conv1, pad),
    'conv1/filter-gradient': ({conv1}) => filterGradient(conv1, pad),
    'pool1/forward': ({pool1}) => pooling(pool1),
    'pool1/gradient': ({pool1}) => poolingGradient(pool1),
    'relu1/forward': ({pool1}) => reluForward(pool1),
    'relu1/gradient': ({pool1}) => reluGradient(pool1),
    'conv2/forward': ({conv2}) => convolution(conv2, pad),
    'conv2/filter-gradient': ({conv2}) => filterGradient(conv2, pad),
    'conv2/input-gradient': ({conv2}) => inputGradient(conv2, pad),
    'pool2/forward': ({pool2}) => pooling(pool2),
    'pool2/gradient': ({pool2}) => poolingGradient(pool2),
    'relu2/forward': ({pool2}) => reluForward(pool2),
    'relu2/gradient': ({pool2}) => reluGradient(pool2),
    'dense/forward': ({dense}) => denseForward(dense),
    'dense/weights-gradient': ({dense}) => denseWeightsGradient(dense),
    'dense/input-gradient': ({dense}) => denseInputGradient(dense),
    // The convolutions of `mnist-core` have no bias, and its logits are of the same shape.
    ...(network === 'tutorial' && {
      'conv1/bias-gradient': ({conv1}: Shapes) => biasGradient(dyShape(conv1)),
      'conv2/bias-gradient': ({conv2}: Shapes) => biasGradient(dyShape(conv2)),
      'dense/bias-gradient': ({dense: {B, O}}: Shapes) => biasGradient([B, O]),
      'loss/forward': ({dense}: Shapes) => lossForward(dense),
      'loss/forward-and-gradient': ({dense}: Shapes) => lossAndGradient(dense),
      'softmax/forward': ({dense}: Shapes) => softmaxForward(dense),
    }),
  };
  return Object.entries(passes).map(([name, passOf]) => ({
    name: `${network}/${name}`,
    batch,
    names: ({ours, stock}) => [...ours, ...stock],
    prepare: () => contestOf(passOf(shapesOf(network, batch))),
  }));
}

function contestOf({flops, elements, tolerance, join}: Pass): Contest {
  const numbers: Float32Array[] = [];
  return {
    flops,
    bytes: 4 * elements,
    comparedRuns: 1,
    tolerance,
    join(name) {
      const inputs = new Inputs(numbers);
      const {ours, stock} = join(inputs);
      return {
        run: isStock(name) ? stock : ours,
        upload: () => inputs.uploadMs,
        dispose: () => inputs.dispose(),
      };
    },
  };
}

/** The first output of a kernel; what it returns besides is let go. */
const kernel =
  (
    kernelName: string,
    inputs: Record<string, tf.Tensor>,
    attrs: object,
    outputShape: number[] = [],
  ) =>
  (): tf.Tensor => {
    const result = runKernel<tf.Tensor | tf.Tensor[]>(kernelName, inputs, {...attrs, outputShape});
    const [output, ...others] = Array.isArray(result) ? result : [result];
    tf.dispose(others);
    return output;
  };

/** A contender's tensors, of numbers that are drawn once for all of them. */
class Inputs {
  /** What it took to make the tensors of numbers, and to send them to a GPU. */
  uploadMs = 0;
  private readonly random = new Random(1, 'bench');
  private readonly tensors: tf.Tensor[] = [];
  private count = 0;

  constructor(private readonly numbers: Float32Array[]) {}

  // Normally distributed, so that no two are alike: where a window has two maxima, kernels may choose differently.
  normals<R extends tf.Rank>(shape: tf.ShapeMap[R]): tf.Tensor<R> {
    const size = tf.util.sizeFromShape(shape as number[]);
    const at = this.count++;
    this.numbers[at] ??= Float32Array.from({length: size}, () => this.random.normal());
    const {tensors, ms} = timeUpload(() => [tf.tensor<R>(this.numbers[at], shape)]);
    this.uploadMs += ms;
    return this.keep(tensors[0]);
  }

  /** On WebGL as an op leaves it, with four numbers a texel. What comes from outside, or from a pool, has one. */
  packed<R extends tf.Rank>(shape: tf.ShapeMap[R] | number[]): tf.Tensor<R> {
    return this.asPacked(this.normals<R>(shape as tf.ShapeMap[R]));
  }

  /** The same numbers as they come from outside, and as an op leaves them. */
  bothWays(shape: number[]): [tf.Tensor, tf.Tensor] {
    const x = this.normals(shape as [number, number]);
    return [x, this.asPacked(x)];
  }

  /** Labels that are constants. */
  oneHot(B: number, O: number): tf.Tensor2D {
    const classes = tf.argMax(this.normals<tf.Rank.R2>([B, O]), 1);
    const labels = tf.tidy(() => tf.cast(tf.oneHot(classes, O), 'float32')) as tf.Tensor2D;
    classes.dispose();
    return this.keep(labels);
  }

  private asPacked<T extends tf.Tensor>(x: T): T {
    return tf.getBackend() === 'webgl' ? this.keep(tf.tidy(() => tf.mul(x, 1)) as T) : x;
  }

  keep<T extends tf.Tensor>(tensor: T): T {
    this.tensors.push(tensor);
    return tensor;
  }

  dispose(): void {
    tf.dispose(this.tensors);
  }
}

const stockConvolution = (g: Conv2DGeometry, pad: 'valid' | 'same') => ({
  strides: [g.sH, g.sW],
  pad,
  dataFormat: 'NHWC',
  dilations: [g.dilH, g.dilW],
});

const xShape = ({B, H, W, C}: Windows) => [B, H, W, C];
const filterShape = ({kH, kW, C, K}: Conv2DGeometry) => [kH, kW, C, K];
const dyShape = ({B, yH, yW, K}: Conv2DGeometry) => [B, yH, yW, K];
const pooledShape = ({B, yH, yW, C}: Windows) => [B, yH, yW, C];

// Without a bias, on both sides: the stock kernel has none.
const convolution = (g: Conv2DGeometry, pad: 'valid' | 'same'): Pass => ({
  flops: convolutionFlops(g),
  elements: convolutionElements(g),
  tolerance: sumTolerance(g.kH * g.kW * g.C),
  join(inputs) {
    const [x, xPacked] = inputs.bothWays(xShape(g));
    const filter = inputs.packed(filterShape(g));
    return {
      ours: kernel(Conv2D, {x: xPacked, filter}, g, dyShape(g)),
      stock: kernel(tf.Conv2D, {x, filter}, stockConvolution(g, pad)),
    };
  },
});

const filterGradient = (g: Conv2DGeometry, pad: 'valid' | 'same'): Pass => ({
  flops: convolutionFlops(g),
  elements: convolutionElements(g),
  tolerance: sumTolerance(g.B * g.yH * g.yW),
  join(inputs) {
    const [x, xPacked] = inputs.bothWays(xShape(g));
    const dy = inputs.packed(dyShape(g));
    const attributes = {...stockConvolution(g, pad), filterShape: filterShape(g)};
    return {
      ours: kernel(Conv2DFilterGradient, {x: xPacked, dy}, g, filterShape(g)),
      stock: kernel(tf.Conv2DBackpropFilter, {x, dy}, attributes),
    };
  },
});

const inputGradient = (g: Conv2DGeometry, pad: 'valid' | 'same'): Pass => ({
  flops: convolutionFlops(g),
  elements: convolutionElements(g),
  tolerance: sumTolerance(g.kH * g.kW * g.K),
  join(inputs) {
    const named = {dy: inputs.packed(dyShape(g)), filter: inputs.packed(filterShape(g))};
    const attributes = {...stockConvolution(g, pad), inputShape: xShape(g)};
    return {
      ours: kernel(Conv2DInputGradient, named, g, xShape(g)),
      stock: kernel(tf.Conv2DBackpropInput, named, attributes),
    };
  },
});

const stockPooling = {filterSize: poolSize, strides: poolSize, pad: 'valid'};

const pooling = (g: Windows): Pass => ({
  elements: poolElements(g),
  tolerance: EXACT,
  join(inputs) {
    const x = inputs.packed(xShape(g));
    return {
      ours: kernel(MaxPool, {x}, g, pooledShape(g)),
      stock: kernel(tf.MaxPool, {x}, stockPooling),
    };
  },
});

// Ours is given the positions that its forward pass found; stock is given x and finds them again.
const poolingGradient = (g: Windows): Pass => ({
  elements: poolElements(g),
  tolerance: EXACT,
  join(inputs) {
    const x = inputs.packed(xShape(g));
    const dy = inputs.normals(pooledShape(g) as [number, number, number, number]);
    const [output, position] = runKernel<tf.Tensor[]>(
      MaxPool,
      {x},
      {...g, outputShape: dy.shape},
    ).map(tensor => inputs.keep(tensor));
    const ones = inputs.keep(tf.onesLike(dy));
    const passedOn = inputs.keep(kernel(ReluGradient, {dy, y: ones}, {}, dy.shape)()); // dy as relu leaves it
    return {
      ours: kernel(MaxPoolGradient, {dy: passedOn, position}, g, xShape(g)),
      stock: kernel(tf.MaxPoolGrad, {dy, input: x, output}, stockPooling),
    };
  },
});

const sizeOf = ({B, yH, yW, C}: Windows) => B * yH * yW * C;

// Behind the pool.
const reluForward = (pool: Windows): Pass => ({
  elements: 2 * sizeOf(pool),
  tolerance: EXACT,
  join(inputs) {
    const x = inputs.packed([pool.B, pool.yH, pool.yW, pool.C]);
    return {ours: kernel(Relu, {x}, {}, x.shape), stock: () => tf.relu(x)};
  },
});

const reluGradient = (pool: Windows): Pass => ({
  elements: 3 * sizeOf(pool),
  tolerance: EXACT,
  join(inputs) {
    const shape: [number, number, number, number] = [pool.B, pool.yH, pool.yW, pool.C];
    const [y, dy] = [inputs.packed(shape), inputs.packed(shape)];
    return {
      ours: kernel(ReluGradient, {dy, y}, {}, shape),
      stock: () => tf.tidy(() => tf.mul(dy, tf.step(y))),
    };
  },
});

const biasGradient = (dyShape: number[]): Pass => {
  const size = dyShape.reduce((product, n) => product * n, 1);
  const K = dyShape[dyShape.length - 1];
  return {
    elements: size + K,
    tolerance: sumTolerance(size / K),
    join(inputs) {
      const dy = inputs.packed(dyShape as [number, number]);
      const rows = dyShape.map((_, axis) => axis).slice(0, -1);
      return {ours: kernel(BiasGradient, {dy}, {}, [K]), stock: () => tf.sum(dy, rows)};
    },
  };
};

const lossPass = (
  {B, O}: DenseGeometry,
  elements: number,
  of: (loss: typeof softmaxCrossEntropy, logits: tf.Tensor2D, labels: tf.Tensor2D) => tf.Tensor,
): Pass => ({
  elements,
  tolerance: sumTolerance(O),
  join(inputs) {
    const logits = inputs.packed<tf.Rank.R2>([B, O]);
    const labels = inputs.oneHot(B, O);
    return {
      ours: () => of(softmaxCrossEntropy, logits, labels),
      stock: () => of(stockLoss, logits, labels),
    };
  },
});

const lossForward = (g: DenseGeometry): Pass =>
  lossPass(g, 2 * g.B * g.O + 1, (loss, logits, labels) => loss(labels, logits));

// Stock TensorFlow.js has no kernel for the gradient alone.
const lossAndGradient = (g: DenseGeometry): Pass =>
  lossPass(g, 3 * g.B * g.O, (loss, logits, labels) =>
    tf.grad(logits => loss(labels, logits as tf.Tensor2D))(logits),
  );

const softmaxForward = ({B, O}: DenseGeometry): Pass => ({
  elements: 2 * B * O,
  tolerance: sumTolerance(O),
  join(inputs) {
    const logits = inputs.packed<tf.Rank.R2>([B, O]);
    return {ours: () => softmax(logits), stock: () => tf.softmax(logits)};
  },
});

const product = (
  kernelName: string,
  g: DenseGeometry,
  terms: number,
  shapes: Record<string, [number, number]>,
  outputShape: number[],
  transposed: {transposeA?: boolean; transposeB?: boolean} = {},
): Pass => ({
  flops: denseFlops(g),
  elements: denseElements(g),
  tolerance: sumTolerance(terms),
  join(inputs) {
    const named = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, inputs.packed<tf.Rank.R2>(shape)]),
    );
    const [a, b] = Object.values(named);
    const attributes = {transposeA: false, transposeB: false, ...transposed};
    return {
      ours: kernel(kernelName, named, g, outputShape),
      stock: kernel(tf.BatchMatMul, {a, b}, attributes),
    };
  },
});

const denseForward = (g: DenseGeometry) =>
  product(Dense, g, g.I, {x: [g.B, g.I], weights: [g.I, g.O]}, [g.B, g.O]);

const denseWeightsGradient = (g: DenseGeometry) =>
  product(DenseWeightsGradient, g, g.B, {x: [g.B, g.I], dy: [g.B, g.O]}, [g.I, g.O], {
    transposeA: true,
  });

const denseInputGradient = (g: DenseGeometry) =>
  product(DenseInputGradient, g, g.O, {dy: [g.B, g.O], weights: [g.I, g.O]}, [g.B, g.I], {
    transposeB: true,
  });
