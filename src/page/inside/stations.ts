// The stations of a network, from the image to the loss: what each holds, its shape, and what it is made from.
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import {type Preset, weightShapes} from '../../presets.ts';

export type Op = 'image' | 'conv2d' | 'maxPool' | 'relu' | 'dense' | 'softmax' | 'loss';

/** A place in the network, and the values that stand there for one image. */
export interface Station {
  name: string;
  op: Op;
  /** Without the batch axis: [row, column, channel], [class], or [] for the loss. */
  shape: number[];
  /** The name of the station whose values the op takes. The image has none. */
  input?: string;
  /** The names of the op's weights, as in weightShapes. */
  weights: string[];
  /** Of conv2d and maxPool, for one image. maxPool's K is C. */
  geometry?: Conv2DGeometry;
}

/** Rows and columns of padding around the image of a convolution. */
const PADDING: Record<Preset, number> = {tutorial: 0, 'mnist-core': 2};
const POOL = 2;

/** The name of the logits' station. */
export const LOGITS = 'dense';

export function stationsOf(preset: Preset): Station[] {
  const stations: Station[] = [{name: 'image', op: 'image', shape: [28, 28, 1], weights: []}];
  const shapes = weightShapes[preset];
  const add = (name: string, op: Op, shape: number[], geometry?: Conv2DGeometry) => {
    const weights = Object.keys(shapes).filter(weight => weight.startsWith(`${name}.`));
    stations.push({name, op, shape, input: stations.at(-1)!.name, weights, geometry});
  };
  const addWindows = (
    name: string,
    op: Op,
    size: number,
    stride: number,
    pad: number,
    K: number,
  ) => {
    const [H, W, C] = stations.at(-1)!.shape;
    const [yH, yW] = [H, W].map(length => (length + 2 * pad - size) / stride + 1);
    const window = {kH: size, kW: size, sH: stride, sW: stride, dilH: 1, dilW: 1};
    const padding = {padT: pad, padB: pad, padL: pad, padR: pad};
    add(name, op, [yH, yW, K], {B: 1, H, W, C, K, yH, yW, ...window, ...padding});
  };
  for (const n of [1, 2]) {
    const [kH, , , K] = shapes[`conv${n}.filter`];
    addWindows(`conv${n}`, 'conv2d', kH, 1, PADDING[preset], K);
    addWindows(`pool${n}`, 'maxPool', POOL, POOL, 0, K);
    add(`relu${n}`, 'relu', stations.at(-1)!.shape);
  }
  const classes = shapes[`${LOGITS}.bias`];
  add(LOGITS, 'dense', classes);
  add('softmax', 'softmax', classes);
  add('loss', 'loss', []);
  return stations;
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** The number of a network's weights, of all stations or of one. */
export const parameters = (preset: Preset, station?: string): number =>
  Object.entries(weightShapes[preset])
    .filter(([name]) => station === undefined || name.startsWith(`${station}.`))
    .reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
