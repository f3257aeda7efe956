// What the fragment programs share besides texels.ts: the fragment's place in the output, inputs of either layout, the run.
// Here as well, a shape [..., P, Q] is a list of lines, one for every index of the axes before the last two.
import {type MathBackendWebGL, webgl_util} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {half, texels} from './texels.ts';

export interface Program {
  /** In the order of the names. */
  inputs: Record<string, TensorInfo>;
  packedInputs: boolean;
  outputShape: number[];
  packedOutput: boolean;
  /** float32 if not given. */
  dtype?: 'float32' | 'int32';
  /** Numbers by name, for which there is no new program if they change. */
  uniforms?: Record<string, number>;
  /** GLSL, with a `main` that calls `setOutput`. */
  userCode: string;
}

export function run(
  backend: MathBackendWebGL,
  {inputs, uniforms = {}, dtype = 'float32', ...program}: Program,
): TensorInfo {
  const customUniforms = Object.keys(uniforms).map(name => ({name, type: 'float' as const}));
  return backend.runWebGLProgram(
    {variableNames: Object.keys(inputs), customUniforms, ...program},
    Object.values(inputs),
    dtype,
    Object.values(uniforms).map(value => [value]),
    true, // packed stays packed
  );
}

/**
 * GLSL that finds the fragment's place in the output:
 *   void outputAt(out int line, out int p, out int q)   it computes y[line, p, q]; if y is packed, y[line, p:p+2, q:q+2],
 *                                                       for the double of this p and q
 *   int quotient(int a, int b)                          a / b, for the numbers in it
 */
export function output(shape: number[], packed: boolean): string {
  const [P, Q] = lastTwo(shape).map(size => (packed ? half(size) : size));
  const [, columns] = webgl_util.getTextureShapeFromLogicalShape(shape, packed);
  const width = packed ? half(columns) : columns;
  return `
    ${quotient('quotient', sizeOf(shape))}
    void outputAt(out int line, out int p, out int q) {
      ${
        width === Q
          ? 'int row = int(gl_FragCoord.y); q = int(gl_FragCoord.x);'
          : `int at = int(gl_FragCoord.y) * ${width} + int(gl_FragCoord.x), row = quotient(at, ${Q});
      q = at - row * ${Q};`
      }
      line = ${shape.length > 2 ? `quotient(row, ${P})` : '0'};
      p = row - line * ${P};
    }`;
}

/**
 * GLSL that reads input `name`, whether the program's inputs are packed or not:
 *   vec2 xTwo(int line, int p, int Q)    x[line, p, q:q+2] for q = 2·Q
 *   vec4 xFour(int line, int P, int Q)   x[line, p:p+2, q:q+2] for p = 2·P and q = 2·Q
 * What lies beyond the edge may be anything.
 */
export function either(
  backend: MathBackendWebGL,
  name: string,
  x: TensorInfo,
  packed: boolean,
): string {
  const two = `vec2 ${name}Two(int line, int p, int Q)`;
  const four = `vec4 ${name}Four(int line, int P, int Q)`;
  if (packed) {
    return `
    ${texels(backend, name, x)}
    ${two} {
      return ${name}Pair(${name}Line(line), p, Q);
    }
    ${four} {
      return ${name}Texel(${name}Line(line), P, Q);
    }`;
  }
  return `
    ${numbers(backend, name, x)}
    ${two} {
      return vec2(${name}Number(line, p, 2 * Q), ${name}Number(line, p, 2 * Q + 1));
    }
    ${four} {
      return vec4(${name}Two(line, 2 * P, Q), ${name}Two(line, 2 * P + 1, Q));
    }`;
}

/** GLSL for a program whose inputs aren't packed: float xNumber(int line, int p, int q) is x[line, p, q]. */
export function numbers(backend: MathBackendWebGL, name: string, x: TensorInfo): string {
  backend.uploadToGPU(x.dataId); // the smallest would come as uniforms, which aren't read like textures
  const {isPacked, texShape, slice} = backend.texData.get(x.dataId);
  const [height, width] = isPacked
    ? webgl_util.getTextureShapeFromLogicalShape(x.shape, false)
    : texShape!;
  const [P, Q] = lastTwo(x.shape);
  return `
    ${quotient(`${name}Quotient`, height * width)}
    float ${name}Number(int line, int p, int q) {
      int at = (line * ${P} + p) * ${Q} + q${slice ? ` + offset${name}` : ''};
      int row = ${name}Quotient(at, ${width});
      return texture(${name}, (vec2(at - row * ${width}, row) + 0.5) / vec2(${width}, ${height})).x;
    }`;
}

/**
 * GLSL of int name(int a, int b): a / b for numbers 0 ≤ a < most. A division of integers takes SwiftShader as long as a
 * fetch does. That of floats, right to 2.5 units in the last place, isn't wrong by as much as 0.5 / b as long as a < 2^20.
 */
const quotient = (name: string, most: number): string => `
    int ${name}(int a, int b) {
      return ${most < 2 ** 20 ? 'int((float(a) + 0.5) / float(b))' : 'a / b'};
    }`;

/** GLSL that clears what lies beyond the edges in a texel of x[..., p, q], for p = 2·P and q = 2·Q. */
export const clearBeyond = (texel: string, P: string, p: number, Q: string, q: number): string =>
  `${clearSecondRow(texel, P, p)} ${clearSecondColumn(texel, Q, q)}`;

export const clearSecondRow = (texel: string, P: string, p: number): string =>
  p % 2 === 1 ? `if (${P} == ${half(p) - 1}) ${texel}.zw = vec2(0);` : '';

export const clearSecondColumn = (texel: string, Q: string, q: number): string =>
  q % 2 === 1 ? `if (${Q} == ${half(q) - 1}) ${texel}.yw = vec2(0);` : '';

/** GLSL for the component of a texel that is at p and q. */
export const oneOf = (texel: string, p: string, q: string): string =>
  `((${p} & 1) == 0 ? ((${q} & 1) == 0 ? ${texel}.x : ${texel}.y) : ((${q} & 1) == 0 ? ${texel}.z : ${texel}.w))`;

/**
 * Whether what lies between a pool and a relu is packed. Packed, four numbers cost little more than one does; but a tensor
 * that isn't packed is reshaped for nothing, where a packed one costs a draw forward and another backward. Up to about this
 * size, those two are worth more.
 */
export const isBulky = (shape: readonly number[]): boolean => sizeOf(shape) > 2 ** 16;

/**
 * GLSL that runs the statement for 0 ≤ i < n. A few times are written out: on SwiftShader, a round of a loop costs as much
 * as a fetch.
 */
export const repeat = (i: string, n: number, statement: (i: string) => string): string =>
  n <= 4
    ? Array.from({length: n}, (_, at) => statement(String(at))).join('\n')
    : `for (int ${i} = 0; ${i} < ${n}; ${i}++) {${statement(i)}}`;

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, n) => product * n, 1);

export const lastTwo = (shape: readonly number[]): [P: number, Q: number] => [
  shape.at(-2) ?? 1,
  shape.at(-1) ?? 1,
];
