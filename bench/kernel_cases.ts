// Each pass of each layer by itself, at the network's shapes: our kernels beside the stock kernel that does the same.
import * as tf from '@tensorflow/tfjs-core';
import {createNetwork, type Preset} from '../src/network.ts';
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
import type {Windows} from '../src/ops/windows.ts';
import {Random} from '../src/random.ts';
import {EXACT, sumTolerance, type Tolerance, valuesOf} from '../test/compare.ts';
import {type Case, type Contender, makeContenders} from './contest.ts';
import {convolutionFlops, denseFlops, type Shapes, shapesOf} from './shapes.ts';
import {pads, poolSize} from './stock.ts';

/** A kernel's name, inputs and attributes. */
type Call = [kernelName: string, inputs: Record<string, tf.Tensor>, attrs: object];

interface Pass {
  ours: Call;
  stock: Call;
  tolerance: Tolerance;
  flops?: number;
}

export function kernelCases(preset: Preset, batchSize: number): Case[] {
  const kernelCase = (name: string, makePass: (shapes: Shapes) => Pass): Case => ({
    name: `${preset}/${name}`,
    async prepare() {
      const network = createNetwork(preset);
      const shapes = shapesOf(network, batchSize);
      network.dispose();
      let flops: number | undefined;
      let tolerance = EXACT;
      const contenders = await makeContenders(['simd', 'cpu', 'stock'], name => {
        random = new Random(1, 'bench'); // the same numbers for each
        const pass = makePass(shapes);
        ({flops, tolerance} = pass);
        return contender(pass, name === 'stock' ? pass.stock : pass.ours);
      });
      return {flops, tolerance, contenders};
    },
  });
  const pad = pads[preset];
  return [
    kernelCase('conv1/forward', ({conv1}) => convolution(conv1, pad)),
    kernelCase('conv1/filter-gradient', ({conv1}) => filterGradient(conv1, pad)),
    kernelCase('pool1/forward', ({pool1}) => pooling(pool1)),
    kernelCase('pool1/gradient', ({pool1}) => poolingGradient(pool1)),
    kernelCase('conv2/forward', ({conv2}) => convolution(conv2, pad)),
    kernelCase('conv2/filter-gradient', ({conv2}) => filterGradient(conv2, pad)),
    kernelCase('conv2/input-gradient', ({conv2}) => inputGradient(conv2, pad)),
    kernelCase('pool2/forward', ({pool2}) => pooling(pool2)),
    kernelCase('pool2/gradient', ({pool2}) => poolingGradient(pool2)),
    kernelCase('dense/forward', ({dense}) => denseForward(dense)),
    kernelCase('dense/weights-gradient', ({dense}) => denseWeightsGradient(dense)),
    kernelCase('dense/input-gradient', ({dense}) => denseInputGradient(dense)),
  ];
}

/** The first output of a kernel; what it returns besides is let go. */
function run([kernelName, inputs, attrs]: Call): tf.Tensor {
  const result = tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap);
  const [output, ...others] = Array.isArray(result) ? result : [result];
  tf.dispose(others);
  return output;
}

const contender = (
  {ours, stock}: Pass,
  call: Call,
): Pick<Contender, 'run' | 'result' | 'dispose'> => ({
  run: () => run(call).dispose(),
  result() {
    const output = run(call);
    const values = valuesOf(output);
    output.dispose();
    return values;
  },
  dispose: () => tf.dispose([ours[1], stock[1]]),
});

let random: Random;

// Normally distributed, so that no two are alike: where a window has two maxima, kernels may choose differently.
function normals<R extends tf.Rank>(shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const size = tf.util.sizeFromShape(shape as number[]);
  return tf.tensor(
    Float32Array.from({length: size}, () => random.normal()),
    shape,
  );
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
  const inputs = {x: normals(xShape(g)), filter: normals(filterShape(g))};
  return {
    ours: [Conv2D, inputs, g],
    stock: [tf.Conv2D, inputs, stockConvolution(g, pad)],
    tolerance: sumTolerance(g.kH * g.kW * g.C),
    flops: convolutionFlops(g),
  };
}

function filterGradient(g: Conv2DGeometry, pad: 'valid' | 'same'): Pass {
  const inputs = {x: normals(xShape(g)), dy: normals(dyShape(g))};
  const stockAttributes = {...stockConvolution(g, pad), filterShape: filterShape(g)};
  return {
    ours: [Conv2DFilterGradient, inputs, g],
    stock: [tf.Conv2DBackpropFilter, inputs, stockAttributes],
    tolerance: sumTolerance(g.B * g.yH * g.yW),
    flops: convolutionFlops(g),
  };
}

function inputGradient(g: Conv2DGeometry, pad: 'valid' | 'same'): Pass {
  const inputs = {dy: normals(dyShape(g)), filter: normals(filterShape(g))};
  const stockAttributes = {...stockConvolution(g, pad), inputShape: xShape(g)};
  return {
    ours: [Conv2DInputGradient, inputs, g],
    stock: [tf.Conv2DBackpropInput, inputs, stockAttributes],
    tolerance: sumTolerance(g.kH * g.kW * g.K),
    flops: convolutionFlops(g),
  };
}

const stockPooling = {filterSize: poolSize, strides: poolSize, pad: 'valid'};

function pooling(g: Windows): Pass {
  const inputs = {x: normals(xShape(g))};
  return {
    ours: [MaxPool, inputs, g],
    stock: [tf.MaxPool, inputs, stockPooling],
    tolerance: EXACT,
  };
}

// Ours is given the positions that its forward pass found; stock is given x and finds them again.
function poolingGradient(g: Windows): Pass {
  const x = normals(xShape(g));
  const dy = normals([g.B, g.yH, g.yW, g.C]);
  const [output, position] = tf
    .engine()
    .runKernel(MaxPool, {x}, g as object as tf.NamedAttrMap) as tf.Tensor[];
  return {
    ours: [MaxPoolGradient, {dy, position}, g],
    stock: [tf.MaxPoolGrad, {dy, input: x, output}, stockPooling],
    tolerance: EXACT,
  };
}

function product(
  ours: Call,
  [a, b]: tf.Tensor[],
  transposed: {transposeA?: boolean; transposeB?: boolean},
  terms: number,
  g: DenseGeometry,
): Pass {
  const attributes = {transposeA: false, transposeB: false, ...transposed};
  return {
    ours,
    stock: [tf.BatchMatMul, {a, b}, attributes],
    tolerance: sumTolerance(terms),
    flops: denseFlops(g),
  };
}

function denseForward(g: DenseGeometry): Pass {
  const [x, weights] = [normals([g.B, g.I]), normals([g.I, g.O])];
  return product([Dense, {x, weights}, g], [x, weights], {}, g.I, g);
}

function denseWeightsGradient(g: DenseGeometry): Pass {
  const [x, dy] = [normals([g.B, g.I]), normals([g.B, g.O])];
  return product([DenseWeightsGradient, {x, dy}, g], [x, dy], {transposeA: true}, g.B, g);
}

function denseInputGradient(g: DenseGeometry): Pass {
  const [dy, weights] = [normals([g.B, g.O]), normals([g.I, g.O])];
  return product([DenseInputGradient, {dy, weights}, g], [dy, weights], {transposeB: true}, g.O, g);
}
