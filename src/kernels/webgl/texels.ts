// Where a fragment program finds the elements of a tensor: TensorFlow.js's two layouts of textures, as GLSL. Both hold
// x [..., P, Q] as a list of lines, one for every index of the axes before the last two: an image row of [B, H, W, C] is a line.
//   Packed, a texel holds 2×2 elements:
//     r = x[..., p, q]   g = x[..., p, q + 1]   b = x[..., p + 1, q]   a = x[..., p + 1, q + 1]      p and q even
//   and a line is ceil(P / 2) · ceil(Q / 2) of them, in row order. Beyond the edge, where P or Q is odd, a texel may hold
//   anything, a NaN too. Not packed, a texel holds one element.
// Texels follow each other from line to line, whatever the width of the texture.
import {type MathBackendWebGL, webgl_util} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';

/** Pairs along an axis, of which the last may be half a pair. */
export const half = (size: number): number => Math.ceil(size / 2);

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, n) => product * n, 1);

/** The axes in the texels. */
export const lastTwo = (shape: readonly number[]): [P: number, Q: number] => [
  shape.at(-2) ?? 1,
  shape.at(-1) ?? 1,
];

/**
 * GLSL for a program with `packedInputs` that reads input `name`:
 *   ivec2 xLine(int line)                      where a line begins
 *   vec4 xTexel(ivec2 line, int P, int Q)      x[line, p:p+2, q:q+2] for p = 2·P and q = 2·Q
 *   vec2 xPair(ivec2 line, int p, int Q)       x[line, p, q:q+2]
 * The divisions are in xLine, so that it's best called outside of the innermost loop. Indices outside the tensor give any
 * texel.
 */
export function texels(backend: MathBackendWebGL, name: string, x: TensorInfo): string {
  const [height, width] = packedSize(backend, x);
  const [P, Q] = lastTwo(x.shape);
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
  return `
    ivec2 ${name}Line(int line) {
      return ${line};
    }
    vec4 ${name}Texel(ivec2 line, int P, int Q) {
      return ${fetch(name, at, width, height)};
    }
    vec2 ${name}Pair(ivec2 line, int p, int Q) {
      vec4 texel = ${name}Texel(line, p >> 1, Q);
      return (p & 1) == 0 ? texel.xy : texel.zw;
    }`;
}

/** GLSL for a program whose inputs aren't packed: float xNumber(int line, int p, int q) is x[line, p, q]. */
export function numbers(backend: MathBackendWebGL, name: string, x: TensorInfo): string {
  const [height, width, offset] = unpackedSize(backend, name, x);
  const [P, Q] = lastTwo(x.shape);
  return `
    float ${name}Number(int line, int p, int q) {
      int at = (line * ${P} + p) * ${Q} + q${offset}, row = ${quotient('at', width, height * width)};
      return ${fetch(name, `ivec2(at - row * ${width}, row)`, width, height)}.x;
    }`;
}

const wrapped = (index: string, width: number): string =>
  `ivec2(${index} % ${width}, ${index} / ${width})`;

/**
 * GLSL for a / b, where 0 ≤ a < most. A division of integers takes SwiftShader as long as a fetch does. That of floats isn't
 * wrong by as much as 0.5 / b as long as a < 2^20.
 */
export const quotient = (a: string, b: number, most: number): string =>
  most < 2 ** 20 ? `int((float(${a}) + 0.5) * float(${1 / b}))` : `${a} / ${b}`;

// texture() takes 0.7 of the time of texelFetch() on SwiftShader, which checks the bounds of the latter. The middle of a texel
// is exact enough up to 2^22 texels a side, and times 1 / width as well as divided by it, which takes longer.
const fetch = (name: string, at: string, width: number, height: number): string =>
  `texture(${name}, (vec2(${at}) + 0.5) * vec2(${1 / width}, ${1 / height}))`;

/**
 * Height and width in texels of the texture in which a program with `packedInputs` finds the tensor. Values that aren't on
 * the GPU yet are sent there; a tensor packed in another shape, or not packed, is going to be copied.
 */
function packedSize(backend: MathBackendWebGL, x: TensorInfo): number[] {
  const data = backend.texData.get(x.dataId);
  if (!data.texture) upload(backend, x);
  const {getShapeAs3D, getTextureShapeFromLogicalShape, isReshapeFree} = webgl_util;
  if (data.isPacked && isReshapeFree(data.shape, x.shape)) return data.texShape!.map(half);
  // A packed reshape has three axes whatever they were before, and that can give another texture.
  const copied = data.isPacked ? getShapeAs3D(x.shape) : x.shape;
  return getTextureShapeFromLogicalShape(copied, true).map(half);
}

/**
 * Running a program would send the values as they are, and compile and draw another program that packs them: for a network's
 * first step, a program for each of its weights. They are sooner packed here.
 */
function upload(backend: MathBackendWebGL, x: TensorInfo): void {
  const data = backend.texData.get(x.dataId);
  const packed = pack(data.values as Float32Array, x.shape);
  Object.assign(data, {values: null, isPacked: true, shape: x.shape});
  const texture = backend.getTexture(x.dataId); // makes it, of its texShape
  const [height, width] = data.texShape!.map(half);
  backend.gpgpu.uploadDenseMatrixToTexture(texture, width, height, packed);
}

function pack(values: Float32Array, shape: readonly number[]): Float32Array {
  const [P, Q] = lastTwo(shape);
  const lines = values.length / (P * Q);
  const texels = new Float32Array(lines * half(P) * half(Q) * 4);
  let at = 0;
  for (let line = 0; line < lines; line++) {
    for (let p = 0; p < P; p += 2) {
      for (let q = 0; q < Q; q += 2) {
        const first = (line * P + p) * Q + q;
        const hasSecondRow = p + 1 < P;
        const hasSecondColumn = q + 1 < Q;
        texels[at] = values[first];
        if (hasSecondColumn) texels[at + 1] = values[first + 1];
        if (hasSecondRow) texels[at + 2] = values[first + Q];
        if (hasSecondRow && hasSecondColumn) texels[at + 3] = values[first + Q + 1];
        at += 4;
      }
    }
  }
  return texels;
}

/** The same without `packedInputs`, and GLSL that adds where the tensor begins, if it is a slice of another. */
function unpackedSize(
  backend: MathBackendWebGL,
  name: string,
  x: TensorInfo,
): [height: number, width: number, offset: string] {
  backend.uploadToGPU(x.dataId); // the smallest would come as uniforms, which aren't read like textures
  const {isPacked, texShape, slice} = backend.texData.get(x.dataId);
  const [height, width] = isPacked
    ? webgl_util.getTextureShapeFromLogicalShape(x.shape, false) // of a copy
    : texShape!;
  return [height, width, slice ? ` + offset${name}` : ''];
}
