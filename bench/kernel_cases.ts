// Each pass of each layer by itself, at the network's shapes: our kernels beside the stock kernel that does the same.
import * as tf from '@tensorflow/tfjs-core';
import {createNetwork, type Preset} from '../src/network.ts';
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
import {MaxPool, MaxPoolGradient} from '../src/ops/max_pool.ts';
import {ReluGradient} from '../src/ops/relu.ts';
import {softmaxCrossEntropy} from '../src/ops/softmax_cross_entropy.ts';
import type {Windows} from '../src/ops/windows.ts';
import {Random} from '../src/random.ts';
import {EXACT, sumTolerance, type Tolerance, valuesOf} from '../test/compare.ts';
import {type Case, type Contender, makeContenders, type Place} from './contest.ts';
import {convolutionFlops, denseFlops, type Shapes, shapesOf} from './shapes.ts';
import {pads, poolSize, stockLoss} from './stock.ts';

interface Pass {
  ours: () => tf.Tensor;
  stock: () => tf.Tensor;
  tolerance: Tolerance;
  flops?: number;
}

export function kernelCases(preset: Preset, batchSize: number, place: Place): Case[] {
  const kernelCase = (name: string, makePass: (shapes: Shapes) => Pass): Case => ({
    name: `${preset}/${name}`,
    async prepare() {
      const network = createNetwork(preset);
      const shapes = shapesOf(network, batchSize);
      network.dispose();
      let flops: number | undefined;
      let tolerance = EXACT;
      const contenders = await makeContenders(place, [...place.ours, 'stock'], name => {
        random = new Random(1, 'bench'); // the same numbers for each
        inputs = [];
        const pass = makePass(shapes);
        ({flops, tolerance} = pass);
        return contender(name === 'stock' ? pass.stock : pass.ours, inputs);
      });
      return {flops, tolerance, contenders};
    },
  });
  const pad = pads[preset];
  return [
    kernelCase('conv1/forward', ({conv1}) => convolution(conv1, pad)),
    kernelCase('conv1/filter-gradient', ({conv1}) => filterGradient(conv1, pad)),
    kernelCase('conv1/bias-gradient', ({conv1}) => biasGradient(conv1)),
    kernelCase('pool1/forward', ({pool1}) => pooling(pool1)),
    kernelCase('pool1/gradient', ({pool1}) => poolingGradient(pool1)),
    kernelCase('relu1/gradient', ({pool1}) => reluGradient(pool1)),
    kernelCase('conv2/forward', ({conv2}) => convolution(conv2, pad)),
    kernelCase('conv2/filter-gradient', ({conv2}) => filterGradient(conv2, pad)),
    kernelCase('conv2/input-gradient', ({conv2}) => inputGradient(conv2, pad)),
    kernelCase('conv2/bias-gradient', ({conv2}) => biasGradient(conv2)),
    kernelCase('pool2/forward', ({pool2}) => pooling(pool2)),
    kernelCase('pool2/gradient', ({pool2}) => poolingGradient(pool2)),
    kernelCase('relu2/gradient', ({pool2}) => reluGradient(pool2)),
    kernelCase('dense/forward', ({dense}) => denseForward(dense)),
    kernelCase('dense/weights-gradient', ({dense}) => denseWeightsGradient(dense)),
    kernelCase('dense/input-gradient', ({dense}) => denseInputGradient(dense)),
    kernelCase('loss/forward-and-gradient', ({dense}) => lossAndGradient(dense)),
  ];
}

/** The first output of a kernel; what it returns besides is let go. */
const kernel =
  (kernelName: string, inputs: Record<string, tf.Tensor>, attrs: object) => (): tf.Tensor => {
    const result = tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap);
    const [output, ...others] = Array.isArray(result) ? result : [result];
    tf.dispose(others);
    return output;
  };

const contender = (
  compute: () => tf.Tensor,
  inputs: tf.Tensor[],
): Pick<Contender, 'run' | 'result' | 'dispose'> => ({
  run() {
    const output = compute();
    if (onWebGL()) output.dataSync(); // the others compute at once
    output.dispose();
  },
  result() {
    const output = compute();
    const values = valuesOf(output);
    output.dispose();
    return values;
  },
  dispose: () => tf.dispose(inputs),
});

let random: Random;
let inputs: tf.Tensor[];

const onWebGL = () => tf.getBackend() === 'webgl';

// Normally distributed, so that no two are alike: where a window has two maxima, kernels may choose differently.
function normals<R extends tf.Rank>(shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const size = tf.util.sizeFromShape(shape as number[]);
  const tensor = tf.tensor<R>(
    Float32Array.from({length: size}, () => random.normal()),
    shape,
  );
  inputs.push(tensor);
  return tensor;
}

/** On WebGL, as an op leaves it: with four numbers a texel. What comes from outside, or from a stock pool, has one. */
function packed<R extends tf.Rank>(x: tf.Tensor<R>): tf.Tensor<R> {
  if (!onWebGL()) return x;
  const y = tf.tidy(() => tf.mul(x, 1)) as tf.Tensor<R>;
  inputs.push(y);
  return y;
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

// Without a bias, on both sides: the stock kernel has none.
function convolution(g: Conv2DGeometry, pad: 'valid' | 'same'): Pass {
  const x = normals(xShape(g));
  const filter = packed(normals(filterShape(g)));
  return {
    ours: kernel(Conv2D, {x: packed(x), filter}, g),
    stock: kernel(tf.Conv2D, {x, filter}, stockConvolution(g, pad)),
    tolerance: sumTolerance(g.kH * g.kW * g.C),
    flops: convolutionFlops(g),
  };
}

function filterGradient(g: Conv2DGeometry, pad: 'valid' | 'same'): Pass {
  const x = normals(xShape(g));
  const dy = packed(normals(dyShape(g)));
  const stockAttributes = {...stockConvolution(g, pad), filterShape: filterShape(g)};
  return {
    ours: kernel(Conv2DFilterGradient, {x: packed(x), dy}, g),
    stock: kernel(tf.Conv2DBackpropFilter, {x, dy}, stockAttributes),
    tolerance: sumTolerance(g.B * g.yH * g.yW),
    flops: convolutionFlops(g),
  };
}

function inputGradient(g: Conv2DGeometry, pad: 'valid' | 'same'): Pass {
  const inputs = {dy: packed(normals(dyShape(g))), filter: packed(normals(filterShape(g)))};
  const stockAttributes = {...stockConvolution(g, pad), inputShape: xShape(g)};
  return {
    ours: kernel(Conv2DInputGradient, inputs, g),
    stock: kernel(tf.Conv2DBackpropInput, inputs, stockAttributes),
    tolerance: sumTolerance(g.kH * g.kW * g.K),
    flops: convolutionFlops(g),
  };
}

const stockPooling = {filterSize: poolSize, strides: poolSize, pad: 'valid'};

function pooling(g: Windows): Pass {
  const inputs = {x: packed(normals(xShape(g)))};
  return {
    ours: kernel(MaxPool, inputs, g),
    stock: kernel(tf.MaxPool, inputs, stockPooling),
    tolerance: EXACT,
  };
}

// Ours is given the positions that its forward pass found; stock is given x and finds them again.
function poolingGradient(g: Windows): Pass {
  const x = packed(normals(xShape(g)));
  const dy = normals([g.B, g.yH, g.yW, g.C]);
  const [output, position] = tf
    .engine()
    .runKernel(MaxPool, {x}, g as object as tf.NamedAttrMap) as tf.Tensor[];
  const ones = tf.onesLike(dy);
  const passedOn = kernel(ReluGradient, {dy, y: ones}, {})(); // dy as relu leaves it
  inputs.push(output, position, ones, passedOn);
  return {
    ours: kernel(MaxPoolGradient, {dy: passedOn, position}, g),
    stock: kernel(tf.MaxPoolGrad, {dy, input: x, output}, stockPooling),
    tolerance: EXACT,
  };
}

function reluGradient({B, yH, yW, C}: Windows): Pass {
  const [y, dy] = [packed(normals([B, yH, yW, C])), packed(normals([B, yH, yW, C]))];
  return {
    ours: kernel(ReluGradient, {dy, y}, {}),
    stock: () => tf.tidy(() => tf.mul(dy, tf.step(y))),
    tolerance: EXACT,
  };
}

function biasGradient(g: Conv2DGeometry): Pass {
  const dy = packed(normals(dyShape(g)));
  const rows = g.B * g.yH * g.yW;
  return {
    ours: kernel(BiasGradient, {dy}, {}),
    stock: () => tf.sum(dy, [0, 1, 2]),
    tolerance: sumTolerance(rows),
  };
}

function lossAndGradient({B, O}: DenseGeometry): Pass {
  const logits = packed(normals<tf.Rank.R2>([B, O]));
  const labels = tf.tidy(() =>
    tf.cast(tf.oneHot(tf.argMax(normals<tf.Rank.R2>([B, O]), 1), O), 'float32'),
  );
  inputs.push(labels);
  const gradientOf = (loss: (labels: tf.Tensor2D, logits: tf.Tensor2D) => tf.Scalar) => () =>
    tf.grad(logits => loss(labels as tf.Tensor2D, logits as tf.Tensor2D))(logits);
  return {
    ours: gradientOf(softmaxCrossEntropy),
    stock: gradientOf(stockLoss),
    tolerance: sumTolerance(O),
  };
}

function product(
  kernelName: string,
  named: Record<string, tf.Tensor>,
  transposed: {transposeA?: boolean; transposeB?: boolean},
  terms: number,
  g: DenseGeometry,
): Pass {
  const attributes = {transposeA: false, transposeB: false, ...transposed};
  const [a, b] = Object.values(named);
  return {
    ours: kernel(kernelName, named, g),
    stock: kernel(tf.BatchMatMul, {a, b}, attributes),
    tolerance: sumTolerance(terms),
    flops: denseFlops(g),
  };
}

const matrix = (rows: number, columns: number) => packed(normals<tf.Rank.R2>([rows, columns]));

function denseForward(g: DenseGeometry): Pass {
  return product(Dense, {x: matrix(g.B, g.I), weights: matrix(g.I, g.O)}, {}, g.I, g);
}

function denseWeightsGradient(g: DenseGeometry): Pass {
  const inputs = {x: matrix(g.B, g.I), dy: matrix(g.B, g.O)};
  return product(DenseWeightsGradient, inputs, {transposeA: true}, g.B, g);
}

function denseInputGradient(g: DenseGeometry): Pass {
  const inputs = {dy: matrix(g.B, g.O), weights: matrix(g.I, g.O)};
  return product(DenseInputGradient, inputs, {transposeB: true}, g.O, g);
}
