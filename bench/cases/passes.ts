// Each pass of each layer by itself, at the network's shapes: our kernel beside the stock kernel that does the same.
import * as tf from '@tensorflow/tfjs-core';
import {SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import {createNetwork, type Preset} from '../../src/network.ts';
import {biasGradient} from '../../src/ops/bias.ts';
import {Conv2D} from '../../src/ops/conv2d.ts';
import {runKernel} from '../../src/ops/kernel.ts';
import {MaxPool} from '../../src/ops/max_pool.ts';
import {softmaxCrossEntropy} from '../../src/ops/softmax_cross_entropy.ts';
import {Random} from '../../src/random.ts';
import {type Case, type Contest, timeUpload} from '../clock/contest.ts';
import {isLayers, isStock} from '../report/results.ts';
import {type Input, type OpCase, sizeOf} from './case.ts';
import {EXACT, sumTolerance, type Tolerance} from './compare.ts';
import {conv2dCase} from './conv2d.ts';
import {denseCase} from './dense.ts';
import {maxPoolCase} from './max_pool.ts';
import {reluCase} from './relu.ts';
import {softmaxCase} from './softmax_cross_entropy.ts';
import {pads, poolSize, stockLoss} from './stock.ts';

type Shape4D = [number, number, number, number];

/** A network's layers on a batch of B images, by name; without biases, which the stock kernels lack. */
export function layerCases(preset: Preset, B: number): Record<string, OpCase> {
  const {layers, variables, dispose} = createNetwork(preset);
  const weights = variables.filter(({rank}) => rank > 1).map(({shape}) => shape as Shape4D);
  dispose();
  const options = {pad: pads[preset]};
  const makers: Record<string, (x: Shape4D) => OpCase> = {
    conv: x => conv2dCase({x, filter: weights.shift()!, options, bias: false}),
    pool: x => maxPoolCase({x, filterSize: poolSize}),
    relu: reluCase,
    dense: ([B, I]) => denseCase({B, I, O: weights.shift()![1], bias: false}),
  };
  const cases: Record<string, OpCase> = {};
  let x: number[] = [];
  for (const {name, outputShape} of layers) {
    const make = makers[name.replace(/\d$/, '')];
    if (make) cases[name] = make(x as Shape4D);
    x = [B, ...outputShape];
  }
  return cases;
}

/**
 * Floating-point operations of forward alone, and of a step: each layer's forward pass and both gradients, except that of the
 * pixels. Biases, relu, pooling and softmax don't count.
 */
export function networkFlops(preset: Preset, B: number): {inference: number; step: number} {
  const {conv1, conv2, dense} = layerCases(preset, B);
  const [first, ...others] = [conv1, conv2, dense].map(({flops}) => flops!);
  const rest = others.reduce((sum, flops) => sum + flops);
  return {inference: first + rest, step: 2 * first + 3 * rest};
}

/** One thing to time, on inputs that are the same for all contenders. */
interface Pass {
  /** The name of our kernel, if the pass is a single kernel. */
  kernel?: string;
  inputs: Input[];
  /** Elements of all inputs and outputs. */
  elements: number;
  flops?: number;
  tolerance: Tolerance;
  /** Returns the function to time, on tensors of the current backend. `keep` disposes later of other tensors that it makes. */
  make(stock: boolean, tensors: tf.Tensor[], keep: <T extends tf.Tensor[]>(made: T) => T): Run;
}
type Run = () => tf.Tensor;

/** The passes of a step of this network, and softmax; biases, loss and softmax for `tutorial` only. */
export function kernelCases(preset: Preset, batch: number): Case[] {
  const layers = layerCases(preset, batch);
  const passes = Object.entries(layers).flatMap(([layer, opCase]) =>
    passesOf(opCase)
      .filter(([pass]) => `${layer}/${pass}` !== 'conv1/input-gradient') // a step has no gradient of the pixels
      .map(([pass, made]): [string, Pass] => [`${layer}/${pass}`, made]),
  );
  // The convolutions of `mnist-core` have no bias, and its logits have the same shape.
  if (preset === 'tutorial') {
    for (const layer of ['conv1', 'conv2', 'dense']) {
      passes.push([`${layer}/bias-gradient`, biasPass(layers[layer].outputShape)]);
    }
    const [B, N] = layers.dense.outputShape;
    passes.push(
      ['loss/forward', lossPass(B, N, false)],
      ['loss/forward-and-gradient', lossPass(B, N, true)],
      ['softmax/forward', {...passOf(softmaxCase(B, N)), tolerance: sumTolerance(N)}],
    );
  }
  return passes.map(([name, pass]) => ({
    name: `${preset}/${name}`,
    batch,
    takesPart: name => !isLayers(name),
    prepare: () => contestOf(pass),
  }));
}

/** The forward pass, then the gradients from the last input to the first. */
const passesOf = (opCase: OpCase): [string, Pass][] => [
  ['forward', passOf(opCase)],
  ...opCase.inputs
    .map(({name}, i): [string, Pass] => [
      opCase.inputs.length === 1 ? 'gradient' : `${name === 'x' ? 'input' : name}-gradient`,
      passOf(opCase, i),
    ])
    .reverse(),
];

/**
 * The forward pass, or the gradient of input number `of`: like the tape, it calls the gradient function that TensorFlow.js has
 * registered, on the tensors saved by the forward pass.
 */
function passOf(opCase: OpCase, of?: number): Pass {
  const {inputs, outputShape, flops, terms} = opCase;
  const {kernel} = opCase.ours!();
  const {outputsToSave = []} = tf.getGradient(kernel);
  const isForward = of === undefined;
  const outputs = isForward ? outputsToSave.length || 1 : 1 + outputsToSave.filter(Boolean).length; // dy and the saved ones
  return {
    kernel,
    inputs: isForward ? inputs : [...inputs, {name: 'dy', shape: outputShape}],
    elements:
      inputs.reduce((sum, {shape}) => sum + sizeOf(shape), 0) + outputs * sizeOf(outputShape),
    flops,
    tolerance: flops ? sumTolerance(terms[isForward ? 0 : 1 + of]) : EXACT,
    make(isStock, tensors, keep) {
      const {kernel, inputs: names, ...op} = (isStock ? opCase.stock : opCase.ours)!();
      const attrs = {...op.attrs, outputShape}; // stock kernels ignore it
      const named = Object.fromEntries(inputs.map(({name}, i) => [names?.[i] ?? name, tensors[i]]));
      const forward = () => runKernel<tf.Tensor | tf.Tensor[]>(kernel, named, attrs);
      if (isForward) {
        return () => {
          const result = forward();
          if (!Array.isArray(result)) return result;
          tf.dispose(result.slice(1));
          return result[0];
        };
      }
      const {inputsToSave = [], outputsToSave = [], gradFunc} = tf.getGradient(kernel);
      const made = outputsToSave.some(Boolean) ? keep([forward()].flat()) : [];
      const saved = [
        ...inputsToSave.map(name => named[name]),
        ...made.filter((_, output) => outputsToSave[output]),
      ];
      const dy = tensors[inputs.length];
      const namedAttrs = attrs as object as tf.NamedAttrMap;
      const gradients = gradFunc(made.length > 1 ? [dy] : dy, saved, namedAttrs);
      const run = gradients[Object.keys(named)[of]] as Run;
      return isStock ? () => tf.tidy(run) : () => written(run());
    },
  };
}

/** On `simd` the gradient of a max-pool is written when its numbers are first asked for. */
function written(dx: tf.Tensor): tf.Tensor {
  const backend = tf.backend();
  if (backend instanceof SimdBackend) backend.pointer(dx);
  return dx;
}

function biasPass(shape: number[]): Pass {
  const rows = shape.map((_, axis) => axis).slice(0, -1);
  const K = shape[shape.length - 1];
  return {
    inputs: [{name: 'dy', shape}],
    elements: sizeOf(shape) + K,
    tolerance: sumTolerance(sizeOf(shape) / K),
    make: (stock, [dy]) => (stock ? () => tf.sum(dy, rows) : () => biasGradient(dy)),
  };
}

/** The loss, alone or with the gradient of the logits: stock TensorFlow.js has no kernel for the gradient alone. */
const lossPass = (B: number, N: number, withGradient: boolean): Pass => ({
  inputs: ['logits', 'classes'].map(name => ({name, shape: [B, N]})),
  elements: withGradient ? 3 * B * N : 2 * B * N + 1,
  tolerance: sumTolerance(N),
  make(stock, [logits, classes], keep) {
    const [labels] = keep([
      tf.tidy(() => tf.cast(tf.oneHot(tf.argMax(classes, 1), N), 'float32')) as tf.Tensor2D,
    ]);
    const loss = stock ? stockLoss : softmaxCrossEntropy;
    const run = (logits: tf.Tensor) => loss(labels, logits as tf.Tensor2D);
    const gradient = tf.grad(run);
    return () => (withGradient ? gradient(logits) : run(logits));
  },
});

/** All contenders get the same normally distributed numbers: these have no equal maxima, between which kernels may choose differently. */
function contestOf({kernel, inputs, elements, flops, tolerance, make}: Pass): Contest {
  const random = new Random(1, 'bench');
  const numbers = inputs.map(({shape}) =>
    Float32Array.from({length: sizeOf(shape)}, () => random.normal()),
  );
  return {
    flops,
    bytes: 4 * elements,
    comparedRuns: 1,
    tolerance,
    join(name) {
      const stock = isStock(name);
      const kept: tf.Tensor[] = [];
      const keep = <T extends tf.Tensor[]>(made: T): T => {
        kept.push(...made);
        return made;
      };
      let uploadMs = 0;
      const tensors = inputs.map(({name, shape}, i) => {
        const {tensors, ms} = timeUpload(() => [tf.tensor(numbers[i], shape)]);
        const [x] = keep(tensors);
        uploadMs += ms;
        // On WebGL an op's output is packed, four numbers a texel; only stock pools and a relu behind one leave it unpacked.
        const unpacked =
          (name === 'x' && kernel === Conv2D && stock) || (name === 'dy' && kernel === MaxPool);
        return !unpacked && tf.getBackend() === 'webgl'
          ? keep([tf.tidy(() => tf.mul(x, 1))])[0]
          : x;
      });
      return {
        run: make(stock, tensors, keep),
        upload: () => uploadMs,
        dispose: () => tf.dispose(kept),
      };
    },
  };
}
