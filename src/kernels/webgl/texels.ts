// Where a fragment program finds the elements of a tensor: TensorFlow.js's two layouts of textures, as GLSL. Both hold
// x [..., rows, columns] as a list of lines, one for every index of the axes before the last two. In [B, H, W, C] a line is an
// image row; a row of the line is a column of the image, and a column of the line is a channel.
//   Packed, a texel holds a pair of rows by a pair of columns:
//     r = x[line, row, column]       g = x[line, row, column + 1]
//     b = x[line, row + 1, column]   a = x[line, row + 1, column + 1]          row = 2 · rowPair, column = 2 · columnPair
//   and a line holds its pairs of rows by its pairs of columns, in row order. If the number of rows or columns is odd, the last
//   texels reach beyond the edge; there they may hold anything, also NaN.
//   Not packed, a texel holds one element.
// Texels follow each other from line to line, whatever the width of the texture.
import {type MathBackendWebGL, webgl_util} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';

/** Pairs along an axis of this size. The last is half a pair if the size is odd. */
export const pairs = (size: number): number => Math.ceil(size / 2);

/** The sizes of the last two axes. */
export const lastTwo = (shape: readonly number[]): [rows: number, columns: number] => [
  shape.at(-2) ?? 1,
  shape.at(-1) ?? 1,
];

/**
 * GLSL for a program with `packedInputs` that reads input `name`:
 *   ivec2 xLine(int line)                                    where a line begins
 *   vec4 xTexel(ivec2 line, int rowPair, int columnPair)     x[line, row:row+2, column:column+2]
 *   vec2 xPair(ivec2 line, int row, int columnPair)          x[line, row, column:column+2]
 * xLine divides, so call it outside the innermost loop. Indices outside the tensor give an arbitrary texel.
 */
export function packedReader(backend: MathBackendWebGL, name: string, x: TensorInfo): string {
  const [height, width] = packedSize(backend, x);
  const [rowPairs, columnPairs] = lastTwo(x.shape).map(pairs);
  const length = rowPairs * columnPairs;
  let line: string;
  let texel: string;
  if (width % length === 0) {
    // Whole lines side by side.
    line = width === length ? 'ivec2(0, line)' : wrapped(`line * ${length}`, width);
    texel = `line + ivec2(rowPair * ${columnPairs} + columnPair, 0)`;
  } else if (width === columnPairs) {
    // Each pair of rows is a row of the texture: TensorFlow.js prefers this unless the texture would be too high.
    line = `ivec2(0, line * ${rowPairs})`;
    texel = 'line + ivec2(columnPair, rowPair)';
  } else {
    // A row of the texture may end anywhere in a line.
    line = `ivec2(line * ${length}, 0)`;
    texel = wrapped(`(line.x + rowPair * ${columnPairs} + columnPair)`, width);
  }
  return `
    ivec2 ${name}Line(int line) {
      return ${line};
    }
    vec4 ${name}Texel(ivec2 line, int rowPair, int columnPair) {
      return ${fetched(name, texel, width, height)};
    }
    vec2 ${name}Pair(ivec2 line, int row, int columnPair) {
      vec4 texel = ${name}Texel(line, row >> 1, columnPair);
      return (row & 1) == 0 ? texel.xy : texel.zw;
    }`;
}

/** GLSL for a program whose inputs aren't packed: float xNumber(int line, int row, int column) is x[line, row, column]. */
export function unpackedReader(backend: MathBackendWebGL, name: string, x: TensorInfo): string {
  const [height, width, offset] = unpackedSize(backend, name, x);
  const [rows, columns] = lastTwo(x.shape);
  return `
    float ${name}Number(int line, int row, int column) {
      int xAt = (line * ${rows} + row) * ${columns} + column${offset}, texelR = ${integerQuotient('xAt', width, height * width)};
      return ${fetched(name, `ivec2(xAt - texelR * ${width}, texelR)`, width, height)}.x;
    }`;
}

/** The greatest even number below n. */
export const evenBelow = (n: number): number => 2 * Math.ceil(n / 2) - 2;

const wrapped = (index: string, width: number): string =>
  `ivec2(${index} % ${width}, ${index} / ${width})`;

/**
 * GLSL for a / b rounded down, where 0 ≤ a < most. A division of integers takes SwiftShader as long as a texel's fetch. A product
 * of floats is faster, and for a < 2^20 its error is below 0.5 / b, too small to change the result.
 */
export const integerQuotient = (a: string, b: number, most: number): string =>
  most < 2 ** 20 ? `int((float(${a}) + 0.5) * float(${1 / b}))` : `${a} / ${b}`;

// On SwiftShader, texture() takes 0.7 of the time of texelFetch(), whose bounds SwiftShader checks. The coordinate of a texel's middle
// is exact enough up to 2^22 texels a side, also as a product with 1 / width, which is faster than a division.
const fetched = (name: string, texel: string, width: number, height: number): string =>
  `texture(${name}, (vec2(${texel}) + 0.5) * vec2(${1 / width}, ${1 / height}))`;

/**
 * Height and width in texels of the texture in which a program with `packedInputs` finds the tensor. This function uploads values
 * that aren't on the GPU yet. runWebGLProgram will copy a tensor that is packed in another shape or isn't packed.
 */
function packedSize(backend: MathBackendWebGL, x: TensorInfo): number[] {
  const data = backend.texData.get(x.dataId);
  if (!data.texture) upload(backend, x);
  const {getShapeAs3D, getTextureShapeFromLogicalShape, isReshapeFree} = webgl_util;
  if (data.isPacked && isReshapeFree(data.shape, x.shape)) return data.texShape!.map(pairs);
  // runWebGLProgram reshapes a packed tensor to three axes, which can need another texture than x.shape.
  const copied = data.isPacked ? getShapeAs3D(x.shape) : x.shape;
  return getTextureShapeFromLogicalShape(copied, true).map(pairs);
}

/**
 * runWebGLProgram would upload the values as they are, then compile and run another program to pack them: in a network's first
 * step, one for each weight. It is faster to pack them here.
 */
function upload(backend: MathBackendWebGL, x: TensorInfo): void {
  const data = backend.texData.get(x.dataId);
  const packed = pack(data.values as Float32Array, x.shape);
  Object.assign(data, {values: null, isPacked: true, shape: x.shape});
  const texture = backend.getTexture(x.dataId); // makes it, of its texShape
  const [height, width] = data.texShape!.map(pairs);
  backend.gpgpu.uploadDenseMatrixToTexture(texture, width, height, packed);
}

function pack(values: Float32Array, shape: readonly number[]): Float32Array {
  const [rows, columns] = lastTwo(shape);
  const lines = values.length / (rows * columns);
  const texels = new Float32Array(lines * pairs(rows) * pairs(columns) * 4);
  let texelAt = 0;
  for (let line = 0; line < lines; line++) {
    for (let row = 0; row < rows; row += 2) {
      for (let column = 0; column < columns; column += 2) {
        const xAt = (line * rows + row) * columns + column;
        const hasSecondRow = row + 1 < rows;
        const hasSecondColumn = column + 1 < columns;
        texels[texelAt] = values[xAt];
        if (hasSecondColumn) texels[texelAt + 1] = values[xAt + 1];
        if (hasSecondRow) texels[texelAt + 2] = values[xAt + columns];
        if (hasSecondRow && hasSecondColumn) texels[texelAt + 3] = values[xAt + columns + 1];
        texelAt += 4;
      }
    }
  }
  return texels;
}

/** The same without `packedInputs`, and GLSL that adds the offset of a tensor that is a slice of another. */
function unpackedSize(
  backend: MathBackendWebGL,
  name: string,
  x: TensorInfo,
): [height: number, width: number, offset: string] {
  backend.uploadToGPU(x.dataId); // else a small tensor would become uniforms, which aren't read like textures
  const {isPacked, texShape, slice} = backend.texData.get(x.dataId);
  const [height, width] = isPacked
    ? webgl_util.getTextureShapeFromLogicalShape(x.shape, false) // of a copy
    : texShape!;
  return [height, width, slice ? ` + offset${name}` : ''];
}
