// How a fragment program is run, and what all of them find: their inputs, their fragment's place, the edges of the output.
import {type MathBackendWebGL, webgl_util} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {half, lastTwo, numbers, quotient, texels} from './texels.ts';

export interface Program {
  /** The program reads x with xTexel and xPair, or, if it isn't packed, with xNumber: see texels.ts. */
  inputs: Record<string, TensorInfo>;
  /** Whether all inputs are packed; yes if not given. What isn't as it should be is copied first. */
  packedInputs?: boolean;
  outputShape: number[];
  /** Yes if not given. */
  packedOutput?: boolean;
  /** float32 if not given. */
  dtype?: 'float32' | 'int32';
  /** Numbers by name that may change without a new program. */
  uniforms?: Record<string, number>;
  /**
   * GLSL, with a `main` that gives setOutput a vec4, if the output is packed, or else a float. Its place is to be had from
   *   outputAt(line, P, Q)   y[line, p:p+2, q:q+2] for p = 2·P and q = 2·Q; if it isn't packed, y[line, p, q] for p = P, q = Q
   */
  userCode: string;
}

export function run(
  backend: MathBackendWebGL,
  {
    inputs,
    packedInputs = true,
    outputShape,
    packedOutput = true,
    dtype = 'float32',
    uniforms = {},
    userCode,
  }: Program,
): TensorInfo {
  const read = packedInputs ? texels : numbers;
  const program = {
    variableNames: Object.keys(inputs),
    packedInputs,
    outputShape,
    packedOutput,
    customUniforms: Object.keys(uniforms).map(name => ({name, type: 'float' as const})),
    userCode: [
      ...Object.entries(inputs).map(([name, x]) => read(backend, name, x)),
      outputAt(outputShape, packedOutput),
      userCode,
    ].join('\n'),
  };
  const values = Object.values(uniforms).map(value => [value]);
  // A packed output stays packed, however small.
  return backend.runWebGLProgram(program, Object.values(inputs), dtype, values, true);
}

function outputAt(shape: number[], packed: boolean): string {
  const [P, Q] = lastTwo(shape).map(size => (packed ? half(size) : size));
  const [rows, columns] = webgl_util.getTextureShapeFromLogicalShape(shape, packed);
  const width = packed ? half(columns) : columns;
  const most = rows * columns;
  return `
    void outputAt(out int line, out int P, out int Q) {
      int at = int(gl_FragCoord.y) * ${width} + int(gl_FragCoord.x), row = ${quotient('at', Q, most)};
      line = ${quotient('row', P, most)};
      P = row - line * ${P};
      Q = at - row * ${Q};
    }`;
}

/** GLSL that clears what lies beyond the edges in a texel of x[..., p, q], for p = 2·P and q = 2·Q. */
export const clearBeyond = (texel: string, P: string, p: number, Q: string, q: number): string =>
  `${clearSecondRow(texel, P, p)} ${clearSecondColumn(texel, Q, q)}`;

export const clearSecondRow = (texel: string, P: string, p: number): string =>
  p % 2 === 1 ? `if (${P} == ${half(p) - 1}) ${texel}.zw = vec2(0);` : '';

export const clearSecondColumn = (texel: string, Q: string, q: number): string =>
  q % 2 === 1 ? `if (${Q} == ${half(q) - 1}) ${texel}.yw = vec2(0);` : '';

/**
 * GLSL that runs the statement for 0 ≤ i < n. On SwiftShader a round of a loop takes as long as a fetch: a few times are written
 * out, and many by fours.
 */
export function repeat(i: string, n: number, statement: (i: string) => string): string {
  const writtenOut = (first: number, times: number, base = '') =>
    Array.from({length: times}, (_, at) => `{${statement(`${base}${first + at}`)}}`).join('\n');
  if (n <= 5) return writtenOut(0, n);
  const rest = n % 4;
  return `
    for (int ${i} = 0; ${i} < ${n - rest}; ${i} += 4) {
      ${writtenOut(0, 4, `${i} + `)}
    }
    ${writtenOut(n - rest, rest)}`;
}
