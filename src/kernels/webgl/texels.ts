// Where a fragment program finds the elements of a packed tensor: TensorFlow.js's layout of textures, as GLSL.
//   A texel holds 2×2 elements along the last two axes of x [..., P, Q]:
//     r = x[..., p, q]   g = x[..., p, q + 1]   b = x[..., p + 1, q]   a = x[..., p + 1, q + 1]      p and q even
//   The texels follow each other in row order, whatever the width of the texture. So x is a list of lines, one for every
//   index of the axes before the last two: ceil(P / 2) · ceil(Q / 2) texels each. An image row of [B, H, W, C] is a line.
// Components beyond the edge of the tensor, where P or Q is odd, may hold anything, a NaN too.
import {type MathBackendWebGL, webgl_util} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';

/** Texels along an axis, of two elements each. */
export const half = (size: number): number => Math.ceil(size / 2);

/**
 * GLSL for a program with `packedInputs` that reads input `name`:
 *   ivec2 xLine(int line)                      where a line begins
 *   vec4 xTexel(ivec2 line, int P, int Q)      x[line, p : p + 2, q : q + 2] for p = 2·P and q = 2·Q
 *   vec2 xPair(ivec2 line, int p, int Q)       x[line, p, q : q + 2]
 * The divisions are in xLine, so that it's best called outside of the innermost loop. Indices outside the tensor give any
 * texel.
 */
export function texels(backend: MathBackendWebGL, name: string, x: TensorInfo): string {
  const [height, width] = textureSize(backend, x);
  const [P, Q] = x.shape.length > 1 ? x.shape.slice(-2) : [1, x.shape[0] ?? 1];
  const length = half(P) * half(Q);
  let line: string;
  let at: string;
  if (width % length === 0) {
    // Whole lines side by side.
    line = width === length ? 'ivec2(0, line)' : wrapped(`line * ${length}`, width);
    at = `line + ivec2(P * ${half(Q)} + Q, 0)`;
  } else if (width === half(Q)) {
    // Two p in a row of the texture: what TensorFlow.js prefers, as long as the texture isn't too high.
    line = `ivec2(0, line * ${half(P)})`;
    at = 'line + ivec2(Q, P)';
  } else {
    // Lines break anywhere.
    line = `ivec2(line * ${length}, 0)`;
    at = wrapped(`(line.x + P * ${half(Q)} + Q)`, width);
  }
  // texture() takes 0.7 of the time of texelFetch() on SwiftShader, which checks the bounds of the latter; the middle of a
  // texel is exact enough up to 2^22 texels a side.
  return `
    ivec2 ${name}Line(int line) {
      return ${line};
    }
    vec4 ${name}Texel(ivec2 line, int P, int Q) {
      return texture(${name}, (vec2(${at}) + 0.5) / vec2(${width}, ${height}));
    }
    vec2 ${name}Pair(ivec2 line, int p, int Q) {
      vec4 texel = ${name}Texel(line, p >> 1, Q);
      return (p & 1) == 0 ? texel.xy : texel.zw;
    }`;
}

const wrapped = (index: string, width: number): string =>
  `ivec2(${index} % ${width}, ${index} / ${width})`;

/**
 * Height and width in texels of the texture in which a program with `packedInputs` finds the tensor. Values that aren't on
 * the GPU yet are sent there, packed, as running the program would do; a tensor packed in another shape, or not packed, is
 * going to be copied.
 */
function textureSize(backend: MathBackendWebGL, x: TensorInfo): number[] {
  const data = backend.texData.get(x.dataId);
  if (!data.texture) {
    data.isPacked = true;
    data.shape = x.shape;
    backend.uploadToGPU(x.dataId);
  }
  const {getShapeAs3D, getTextureShapeFromLogicalShape, isReshapeFree} = webgl_util;
  if (data.isPacked && isReshapeFree(data.shape, x.shape)) return data.texShape!.map(half);
  // A packed reshape has three axes whatever they were before, and that can give another texture.
  const copied = data.isPacked ? getShapeAs3D(x.shape) : x.shape;
  return getTextureShapeFromLogicalShape(copied, true).map(half);
}
