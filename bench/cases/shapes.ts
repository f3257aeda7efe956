// The sizes of a network's layers, and how many multiply-adds each pass takes: what GFLOP/s are derived from.
// Only products with a pixel inside the image count, whether a kernel skips those with padding or not; biases, relu,
// pooling and softmax don't count.
import {createNetwork, type Network, type Preset} from '../../src/network.ts';
import type {Conv2DGeometry} from '../../src/ops/conv2d.ts';
import type {DenseGeometry} from '../../src/ops/dense.ts';
import {placeWindows, type Windows} from '../../src/ops/windows.ts';
import {pads, poolSize} from './stock.ts';

export interface Shapes {
  conv1: Conv2DGeometry;
  pool1: Windows;
  conv2: Conv2DGeometry;
  pool2: Windows;
  dense: DenseGeometry;
}

/** The network's layers on a batch of B images, from its own variables and output shapes. */
export function shapesOf(preset: Preset, B: number): Shapes {
  const network = createNetwork(preset);
  const shapes = shapesOfNetwork(network, B);
  network.dispose();
  return shapes;
}

function shapesOfNetwork(network: Network, B: number): Shapes {
  const output = (name: string): [number, number, number, number] => {
    const layer = network.layers.find(layer => layer.name === name);
    if (!layer) throw new Error(`bench: expected ${network.preset} to have a layer ${name}`);
    return [B, ...layer.outputShape] as [number, number, number, number];
  };
  const [filter1, filter2] = network.variables.filter(({rank}) => rank === 4);
  const [weights] = network.variables.filter(({rank}) => rank === 2);
  const convolution = (x: string, [kH, kW, , K]: number[]): Conv2DGeometry => ({
    ...placeWindows('conv2d', output(x), [kH, kW], 1, pads[network.preset]),
    K,
  });
  const pool = (x: string) => placeWindows('maxPool', output(x), poolSize, poolSize, 'valid');
  const [I, O] = weights.shape;
  return {
    conv1: convolution('image', filter1.shape),
    pool1: pool('conv1'),
    conv2: convolution('relu1', filter2.shape),
    pool2: pool('conv2'),
    dense: {B, I, O},
  };
}

/** Floating-point operations of one pass, forward or either gradient: two for each multiply-add. */
export function convolutionFlops(g: Conv2DGeometry): number {
  const rows = tapsInside(g.H, g.kH, g.yH, g.sH, g.dilH, g.padT);
  const columns = tapsInside(g.W, g.kW, g.yW, g.sW, g.dilW, g.padL);
  return 2 * g.B * rows * columns * g.C * g.K;
}

/** Along one axis, how many pairs of an output and a tap meet a pixel. */
function tapsInside(
  H: number,
  kH: number,
  yH: number,
  sH: number,
  dilH: number,
  padT: number,
): number {
  let inside = 0;
  for (let yR = 0; yR < yH; yR++) {
    for (let wR = 0; wR < kH; wR++) {
      const xR = yR * sH + wR * dilH - padT;
      if (xR >= 0 && xR < H) inside++;
    }
  }
  return inside;
}

/** The same of dense. */
export const denseFlops = ({B, I, O}: DenseGeometry): number => 2 * B * I * O;

/** A whole training step: every layer forward, both its gradients, but none for the pixels. */
export const stepFlops = ({conv1, conv2, dense}: Shapes): number =>
  2 * convolutionFlops(conv1) + 3 * convolutionFlops(conv2) + 3 * denseFlops(dense);

/** Forward alone. */
export const inferenceFlops = ({conv1, conv2, dense}: Shapes): number =>
  convolutionFlops(conv1) + convolutionFlops(conv2) + denseFlops(dense);

/** Elements of all three tensors of a convolution, each of which every pass has to read or write. */
export const convolutionElements = ({B, H, W, C, kH, kW, K, yH, yW}: Conv2DGeometry): number =>
  B * H * W * C + kH * kW * C * K + B * yH * yW * K;

export const denseElements = ({B, I, O}: DenseGeometry): number => B * I + I * O + B * O;

/** Elements of x, y and the positions, or of their gradients. */
export const poolElements = ({B, H, W, C, yH, yW}: Windows): number =>
  B * H * W * C + 2 * B * yH * yW * C;
