// Each pass of each layer by itself, at the network's shapes: our kernel beside the stock kernel that does the same.
import * as tf from '@tensorflow/tfjs-core';
import {createNetwork, type Preset} from '../../src/network.ts';
import {biasGradient} from '../../src/ops/bias.ts';
import {Conv2D} from '../../src/ops/conv2d.ts';
import {runKernel} from '../../src/ops/kernel.ts';
import {MaxPool} from '../../src/ops/max_pool.ts';
import {softmaxCrossEntropy} from '../../src/ops/softmax_cross_entropy.ts';
import {Random} from '../../src/random.ts';
import {type Case, type Contest, timeUpload} from '../clock/contest.ts';
import {isLayers, isStock} from '../report/results.ts';
import {type Input, type OpCase, type RegisteredOp, sizeOf} from './case.ts';
import {EXACT, sumTolerance, type Tolerance} from './compare.ts';
import {conv2dCase} from './conv2d.ts';
import {denseCase} from './dense.ts';
import {maxPoolCase} from './max_pool.ts';
import {reluCase} from './relu.ts';
import {softmaxCase} from './softmax_cross_entropy.ts';
import {pads, poolSize, stockLoss} from './stock.ts';

/** A network's layers on a batch of B images, by name. Without biases: the stock kernels have none. */
export function layerCases(preset: Preset, B: number): Record<string, OpCase> {
  const {layers, variables, dispose} = createNetwork(preset);
  const weights = variables.filter(({rank}) => rank > 1).map(({shape}) => shape as number[]);
  dispose();
  const cases: Record<string, OpCase> = {};
  let x: number[] = [];
  const image = () => x as [number, number, number, number];
  const makers: Record<string, () => OpCase> = {
    conv: () =>
      conv2dCase({
        x: image(),
        filter: weights.shift() as [number, number, number, number],
        options: {pad: pads[preset]},
        bias: false,
      }),
    pool: () => maxPoolCase({x: image(), filterSize: poolSize}),
    relu: () => reluCase(x),
    dense: () => denseCase({B, I: x[1], O: weights.shift()![1], bias: false}),
  };
  for (const {name, outputShape} of layers) {
    const make = makers[name.replace(/\d$/, '')];
    if (make) cases[name] = make();
    x = [B, ...outputShape];
  }
  return cases;
}

/**
 * Floating-point operations of forward alone, and of a step: every layer forward and both its gradients, but none for the
 * pixels. Biases, relu, pooling and softmax don't count.
 */
export function networkFlops(preset: Preset, B: number): {inference: number; step: number} {
  const {conv1, conv2, dense} = layerCases(preset, B);
  const [first, ...others] = [conv1, conv2, dense].map(({flops}) => flops!);
  const rest = others.reduce((sum, flops) => sum + flops);
  return {inference: first + rest, step: 2 * first + 3 * rest};
}

/** One thing to time, of tensors that all contenders draw alike. */
interface Pass {
  /** Ours, where it is one kernel. */
  kernel?: string;
  inputs: Input[];
  /** Elements of all inputs and outputs. */
  elements: number;
  flops?: number;
  tolerance: Tolerance;
  /** What to time, on tensors of the current backend. `keep` takes what is made besides. */
  make(stock: boolean, tensors: tf.Tensor[], keep: <T extends tf.Tensor[]>(made: T) => T): Run;
}
type Run = () => tf.Tensor;

/** Every pass that a step of this network takes, and softmax; those on logits of `tutorial` alone. */
export function kernelCases(preset: Preset, batch: number): Case[] {
  const layers = layerCases(preset, batch);
  const passes = Object.entries(layers).flatMap(([layer, opCase]) =>
    passesOf(opCase)
      .filter(([pass]) => `${layer}/${pass}` !== 'conv1/input-gradient') // the pixels'
      .map(([pass, made]): [string, Pass] => [`${layer}/${pass}`, made]),
  );
  // The convolutions of `mnist-core` have no bias, and its logits are of the same shape.
  if (preset === 'tutorial') {
    for (const layer of ['conv1', 'conv2', 'dense']) {
      passes.push([`${layer}/bias-gradient`, biasPass(layers[layer].outputShape)]);
    }
    const [B, N] = layers.dense.outputShape;
    passes.push(
      ['loss/forward', lossPass(B, N, false)],
      ['loss/forward-and-gradient', lossPass(B, N, true)],
      ['softmax/forward', {...forward(softmaxCase(B, N)), tolerance: sumTolerance(N)}],
    );
  }
  return passes.map(([name, pass]) => ({
    name: `${preset}/${name}`,
    batch,
    takesPart: name => !isLayers(name),
    prepare: () => contestOf(pass),
  }));
}

/** Forward, then the gradients: the last input's first. */
const passesOf = (opCase: OpCase): [string, Pass][] => [
  ['forward', forward(opCase)],
  ...opCase.inputs
    .map(({name}, i): [string, Pass] => [
      opCase.inputs.length === 1 ? 'gradient' : `${name === 'x' ? 'input' : name}-gradient`,
      gradient(opCase, i),
    ])
    .reverse(),
];

const total = (inputs: readonly Input[]) => inputs.reduce((sum, {shape}) => sum + sizeOf(shape), 0);

/** Without products, what is chosen or copied is exact. */
const toleranceOf = ({flops, terms}: OpCase, result: number) =>
  flops ? sumTolerance(terms[result]) : EXACT;

const opOf = ({ours, stock}: OpCase, isStock: boolean): RegisteredOp => (isStock ? stock : ours)!();

const byName = ({inputs}: OpCase, op: RegisteredOp, tensors: tf.Tensor[]) =>
  Object.fromEntries(inputs.map(({name}, i) => [op.inputs?.[i] ?? name, tensors[i]]));

function forward(opCase: OpCase): Pass {
  const {inputs, outputShape, flops} = opCase;
  const {kernel} = opCase.ours!();
  const outputs = tf.getGradient(kernel).outputsToSave?.length ?? 1;
  return {
    kernel,
    inputs,
    elements: total(inputs) + outputs * sizeOf(outputShape),
    flops,
    tolerance: toleranceOf(opCase, 0),
    make(stock, tensors) {
      const op = opOf(opCase, stock);
      const named = byName(opCase, op, tensors);
      return () => {
        const result = runKernel<tf.Tensor | tf.Tensor[]>(op.kernel, named, op.attrs);
        if (!Array.isArray(result)) return result;
        tf.dispose(result.slice(1));
        return result[0];
      };
    },
  };
}

/** As the tape takes it: the function that TensorFlow.js has registered, on what it saves of the forward pass. */
function gradient(opCase: OpCase, i: number): Pass {
  const {inputs, outputShape, flops} = opCase;
  const {kernel} = opCase.ours!();
  const saved = tf.getGradient(kernel).outputsToSave?.filter(Boolean).length ?? 0;
  return {
    kernel,
    inputs: [...inputs, {name: 'dy', shape: outputShape}],
    elements: total(inputs) + (1 + saved) * sizeOf(outputShape),
    flops,
    tolerance: toleranceOf(opCase, 1 + i),
    make(stock, tensors, keep) {
      const op = opOf(opCase, stock);
      const named = byName(opCase, op, tensors);
      const {inputsToSave = [], outputsToSave = [], gradFunc} = tf.getGradient(op.kernel);
      const outputs = outputsToSave.some(Boolean)
        ? keep([runKernel<tf.Tensor | tf.Tensor[]>(op.kernel, named, op.attrs)].flat())
        : [];
      const kept = outputs.filter((_, output) => outputsToSave[output]);
      const dy = tensors[inputs.length];
      const gradients = gradFunc(
        outputs.length > 1 ? [dy] : dy,
        [...inputsToSave.map(name => named[name]), ...kept],
        op.attrs as tf.NamedAttrMap,
      );
      const run = gradients[Object.keys(named)[i]] as Run;
      return stock ? () => tf.tidy(run) : run;
    },
  };
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

/** With the gradient of the logits: stock TensorFlow.js has no kernel for it alone. */
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

/** Numbers are drawn once for all: normally distributed, as kernels may choose differently between two equal maxima. */
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
        // On WebGL an op leaves four numbers a texel; outside, a stock pool and a relu behind a pool leave one.
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
