// In which order the numbers of a filter lie. H W: its rows and columns, C: input channels, K: output channels.
//   mnist-ops, TensorFlow, Keras   filters [H, W, C, K]   dense [H W C, K]
//   PyTorch, ONNX                  filters [K, C, H, W]   dense [K, C H W]
// A dense layer is a filter as large as the map that it flattens, so one function moves both.
import {type Preset, weightShapes} from '../presets.ts';
import {sizeOf} from './numbers.ts';
import type {NamedTensor} from './safetensors.ts';

type Axis = 'H' | 'W' | 'C' | 'K';
export type Sizes = Record<Axis, number>;
/** The axes, the slowest first. */
export type Order = `${Axis}${Axis}${Axis}${Axis}`;

/** The numbers of a filter in another order. */
export function reorder(values: Float32Array, sizes: Sizes, from: Order, to: Order): Float32Array {
  const sizesFrom = (axes: string) => [...axes].map(axis => sizes[axis as Axis]);
  const stride = (axis: string) => sizeOf(sizesFrom(from.slice(from.indexOf(axis) + 1)));
  const strides = [...to].map(stride);
  const [n0, n1, n2, n3] = sizesFrom(to);
  const moved = new Float32Array(values.length);
  let at = 0;
  for (let i0 = 0; i0 < n0; i0++) {
    for (let i1 = 0; i1 < n1; i1++) {
      for (let i2 = 0; i2 < n2; i2++) {
        for (let i3 = 0; i3 < n3; i3++) {
          moved[at++] =
            values[i0 * strides[0] + i1 * strides[1] + i2 * strides[2] + i3 * strides[3]];
        }
      }
    }
  }
  return moved;
}

/** The sizes of a filter, or of the dense layer as one; undefined for a bias. */
export function filterSizes(preset: Preset, name: string): Sizes | undefined {
  const shapes = weightShapes[preset];
  const [H, W, C, K] = shapes[name];
  if (name === 'dense.weights') {
    const [inputs, outputs] = shapes[name];
    const channels = shapes['conv2.filter'][3];
    const side = Math.sqrt(inputs / channels);
    return {H: side, W: side, C: channels, K: outputs};
  }
  return K === undefined ? undefined : {H, W, C, K};
}

/** The tensors of the same network in PyTorch, by the names that it gives to layers conv1, conv2 and dense. */
export function torchTensors(
  preset: Preset,
  weights: readonly Float32Array[],
): Record<string, NamedTensor> {
  const tensors = Object.entries(weightShapes[preset]).map(([name, shape], i) => {
    const sizes = filterSizes(preset, name);
    if (!sizes) return [name, {shape, values: weights[i]}];
    const {H, W, C, K} = sizes;
    const values = reorder(weights[i], sizes, 'HWCK', 'KCHW');
    const torchShape = name === 'dense.weights' ? [K, C * H * W] : [K, C, H, W];
    return [name.replace(/filter|weights/, 'weight'), {shape: torchShape, values}];
  });
  return Object.fromEntries(tensors);
}
