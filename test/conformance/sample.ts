// One test of somebody else's suite as a call of an op of ours, and what makes that call of theirs: they lay images out as [batch,
// channel, row, column] and filters as [output channel, input channel, row, column].
import type {Conv2DOptions} from '../../src/index.ts';

export interface Tensor {
  shape: number[];
  values: number[];
  dtype: string;
  /** ∂loss/∂(this tensor), in the same layout; of the output it is what backpropagation begins with. */
  gradient?: number[];
}

export interface Sample {
  op: 'conv2d' | 'maxPool' | 'relu' | 'dense' | 'softmax' | 'softmaxCrossEntropy';
  /** In the order of the op's arguments; those with a gradient are checked backward too. */
  inputs: Tensor[];
  /** Of the loss. */
  labels?: Tensor;
  /** Of maxPool. */
  filterSize?: [number, number];
  options?: Conv2DOptions;
  y: Tensor;
}

export interface Test {
  name: string;
  /** @throws Refusal if our ops don't offer what it asks for */
  sample(): Sample;
}

/** A test that asks for what our ops don't offer. */
export class Refusal extends Error {}

export function refuse(reason: string): never {
  throw new Refusal(reason);
}

const sizeOf = (shape: number[]): number => shape.reduce((product, n) => product * n, 1);

export const reshape = (tensor: Tensor, ...shape: number[]): Tensor => ({...tensor, shape});

/** The tensor whose axis i is axis `axes[i]` of this one. */
export function transpose(tensor: Tensor, ...axes: number[]): Tensor {
  const strides = axes.map(axis => sizeOf(tensor.shape.slice(axis + 1)));
  const shape = axes.map(axis => tensor.shape[axis]);
  const from = Array.from({length: sizeOf(shape)}, (_, at) => {
    let index = 0;
    for (let i = axes.length - 1; i >= 0; i--) {
      index += (at % shape[i]) * strides[i];
      at = Math.floor(at / shape[i]);
    }
    return index;
  });
  const moved = (values: number[]) => from.map(index => values[index]);
  const {values, gradient} = tensor;
  return {...tensor, shape, values: moved(values), gradient: gradient && moved(gradient)};
}

/** An image alone is a batch of one. */
const batchOf = (image: Tensor): Tensor =>
  image.shape.length === 3 ? reshape(image, 1, ...image.shape) : image;

const channelsLast = (images: Tensor): Tensor => transpose(batchOf(images), 0, 2, 3, 1);

/** Rows [everything else, `axis`], as softmax takes them. */
function rowsAlong(tensor: Tensor, axis: number): Tensor {
  if (tensor.shape.length === 0) return reshape(tensor, 1, 1);
  const from = axis < 0 ? axis + tensor.shape.length : axis;
  const others = tensor.shape.map((_, i) => i).filter(i => i !== from);
  return reshape(
    transpose(tensor, ...others, from),
    sizeOf(tensor.shape) / tensor.shape[from],
    tensor.shape[from],
  );
}

function checkTypes(...tensors: (Tensor | undefined)[]): void {
  for (const tensor of tensors) {
    if (tensor && tensor.dtype !== 'float32') refuse(`${tensor.dtype}: the ops take float32`);
    if (tensor?.shape.includes(0)) refuse('an empty batch');
  }
}

/** How others place windows, in ONNX's words; each array is [rows, columns]. */
export interface Placement {
  strides?: number[];
  dilations?: number[];
  /** [top, left, bottom, right] */
  pads?: number[];
  /** 'SAME_LOWER' puts the odd row or column of padding before the image. Other words than these two leave it to `pads`. */
  auto_pad?: string;
  /** 1: one more window where the last one would reach out of the image. */
  ceil_mode?: number;
  /** Of channels, each with filters of its own. */
  group?: number;
}

/** Strides, dilations and pad of ours for windows of this size on these images, [batch, channel, row, column]. */
function optionsOf({shape}: Tensor, window: number[], placement: Placement): Conv2DOptions {
  const {strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0]} = placement;
  const sides = [0, 1].map((axis): [number, number] => {
    const [size, stride] = [shape[2 + axis], strides[axis]];
    const span = (window[axis] - 1) * dilations[axis] + 1;
    if (placement.auto_pad === 'SAME_LOWER') {
      const total = Math.max((Math.ceil(size / stride) - 1) * stride + span - size, 0);
      return [Math.ceil(total / 2), Math.floor(total / 2)];
    }
    const [before, after] = [pads[axis], pads[axis + 2]];
    if (!placement.ceil_mode) return [before, after];
    let last = Math.ceil((before + size + after - span) / stride) * stride;
    if (last >= before + size) last -= stride; // it would lie in the padding alone
    return [before, Math.max(after, last + span - before - size)];
  });
  return {
    strides: strides as [number, number],
    dilations: dilations as [number, number],
    pad: placement.auto_pad === 'SAME_UPPER' ? 'same' : [sides[0], sides[1]],
  };
}

export function conv2dSample(
  x: Tensor,
  filter: Tensor,
  bias: Tensor | undefined,
  placement: Placement,
  y: Tensor,
): Sample {
  checkTypes(x, filter, bias);
  const window = filter.shape.slice(2);
  if (window.length !== 2) refuse(`conv2d: ${window.length}-D images`);
  if ((placement.group ?? 1) !== 1) refuse('conv2d: groups of channels');
  return {
    op: 'conv2d',
    inputs: [channelsLast(x), transpose(filter, 2, 3, 1, 0), ...(bias ? [bias] : [])],
    options: optionsOf(batchOf(x), window, placement),
    y: channelsLast(y),
  };
}

/** @param positions whether the maxima's positions are asked for too */
export function maxPoolSample(
  x: Tensor,
  window: number[],
  placement: Placement,
  positions: boolean,
  y: Tensor,
): Sample {
  checkTypes(x);
  if (window.length !== 2) refuse(`maxPool: ${window.length}-D images`);
  if (placement.dilations?.some(n => n !== 1)) refuse('maxPool: dilations');
  if (positions) refuse('maxPool: positions as a second output');
  const {strides, pad} = optionsOf(batchOf(x), window, placement);
  return {
    op: 'maxPool',
    inputs: [channelsLast(x)],
    filterSize: window as [number, number],
    options: {strides, pad},
    y: channelsLast(y),
  };
}

export function reluSample(x: Tensor, y: Tensor): Sample {
  checkTypes(x);
  return {op: 'relu', inputs: [x], y};
}

/** x [..., I], weights [I, O] */
export function denseSample(
  x: Tensor,
  weights: Tensor,
  bias: Tensor | undefined,
  y: Tensor,
): Sample {
  checkTypes(x, weights, bias);
  if (weights.shape.length !== 2) refuse('dense: other weights for each example');
  const [I, O] = weights.shape;
  if (bias && bias.shape.length > 1 && bias.shape[0] > 1)
    refuse('dense: another bias for each example');
  // One number for all outputs is spread out; ONNX, which alone has that, gives no gradients.
  const spread = bias && {
    ...bias,
    shape: [O],
    values: Array.from({length: O}, (_, o) => bias.values[o % bias.values.length]),
  };
  const B = sizeOf(x.shape) / I;
  return {
    op: 'dense',
    inputs: [reshape(x, B, I), weights, ...(spread ? [spread] : [])],
    y: reshape(y, B, O),
  };
}

export function softmaxSample(logits: Tensor, axis: number, y: Tensor): Sample {
  checkTypes(logits);
  return {op: 'softmax', inputs: [rowsAlong(logits, axis)], y: rowsAlong(y, axis)};
}

export interface LossOptions {
  reduction?: string;
  /** Of each class. */
  weight?: Tensor;
  /** The class whose examples don't count. */
  ignore_index?: number;
}

/**
 * logits [B, N, ...] or [N], and targets that are classes [B, ...] or probabilities of the logits' shape. Weights, examples that
 * don't count and a sum instead of a mean are factors of the label's row.
 */
export function lossSample(
  logits: Tensor,
  targets: Tensor,
  {reduction = 'mean', weight, ignore_index}: LossOptions,
  y: Tensor,
): Sample {
  checkTypes(logits, weight);
  if (reduction === 'none') refuse('softmaxCrossEntropy: a loss for each example');
  const classAxis = logits.shape.length === 1 ? 0 : 1;
  const rows = rowsAlong(logits, classAxis);
  const [B, N] = rows.shape;
  const weights = weight?.values ?? new Array<number>(N).fill(1);
  let labels: number[];
  let counted = B;
  if (targets.dtype.startsWith('float')) {
    labels = rowsAlong(targets, classAxis).values.map((p, at) => p * weights[at % N]);
  } else {
    const counts = targets.values.map(label => (label === ignore_index ? 0 : weights[label]));
    labels = targets.values.flatMap((label, b) =>
      Array.from({length: N}, (_, j) => (j === label ? counts[b] : 0)),
    );
    counted = counts.reduce((sum, n) => sum + n, 0);
  }
  const factor = reduction === 'sum' ? B : B / counted;
  return {
    op: 'softmaxCrossEntropy',
    inputs: [rows],
    labels: {...rows, values: labels.map(p => p * factor), gradient: undefined},
    y: reshape(y),
  };
}
