// Random shapes of convolutions and max-pools, up to given sizes.
import fc from 'fast-check';
import {sizeOf} from '../bench/cases/case.ts';
import {type Conv2DSpec, conv2dCase} from '../bench/cases/conv2d.ts';
import {type MaxPoolSpec, maxPoolCase} from '../bench/cases/max_pool.ts';

export const upTo = (most: number) => fc.integer({min: 1, max: most});
const pairUpTo = (most: number) => fc.tuple(upTo(most), upTo(most));

function anyPad(most: number) {
  const sides = fc.tuple(fc.nat(most), fc.nat(most));
  const names = fc.constantFrom('valid' as const, 'same' as const);
  return fc.oneof(names, fc.nat(most), fc.tuple(sides, sides));
}

/** The largest sizes: images B, rows and columns H, channels C and K, window, strides, dilations and padding. */
type Most = Record<'B' | 'H' | 'C' | 'window' | 'stride' | 'pad', number>;

/** Any convolution whose window fits its padded input. One channel, and strides and dilations of 1, are frequent. */
export const anyConv2D = (most: Most & Record<'K' | 'dilation', number>) =>
  fc
    .record({
      sizes: fc.tuple(upTo(most.B), upTo(most.H), upTo(most.H)),
      C: fc.oneof(fc.constant(1), upTo(most.C)),
      window: pairUpTo(most.window),
      K: upTo(most.K),
      bias: fc.boolean(),
      strides: fc.oneof(fc.constant([1, 1]), pairUpTo(most.stride)),
      dilations: fc.oneof(fc.constant([1, 1]), pairUpTo(most.dilation)),
      pad: anyPad(most.pad),
    })
    .map(
      ({sizes, C, window, K, bias, ...options}) =>
        ({x: [...sizes, C], filter: [...window, C, K], bias, options}) as Conv2DSpec,
    )
    .filter(spec => conv2dCase(spec).outputShape.every(size => size > 0));

/** Any max-pool whose windows all hold an element of x. */
export const anyMaxPool = (most: Most) =>
  fc
    .record({
      x: fc.tuple(upTo(most.B), upTo(most.H), upTo(most.H), upTo(most.C)),
      filterSize: pairUpTo(most.window),
      strides: pairUpTo(most.stride),
      pad: anyPad(most.pad),
    })
    .map(({x, filterSize, ...options}): MaxPoolSpec => ({x, filterSize, options}))
    .filter(spec => {
      const {definition, inputs, outputShape} = maxPoolCase(spec);
      // By the definition, the maximum of a window of padding alone isn't a number.
      const zeros = () => new Float64Array(sizeOf(inputs[0].shape));
      return outputShape.every(size => size > 0) && definition([zeros()]).every(max => max === 0);
    });
