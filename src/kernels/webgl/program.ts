// Runs a fragment program, and gives it GLSL to read its inputs, to find its output element, and to clear what lies beyond the
// edges of the output.
import {type MathBackendWebGL, webgl_util} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {integerQuotient, lastTwo, packedReader, pairs, unpackedReader} from './texels.ts';

export interface Program {
  /** The program reads x with xTexel and xPair, or, if it isn't packed, with xNumber: see texels.ts. */
  inputs: Record<string, TensorInfo>;
  /** Whether the program reads its inputs packed (default true). An input in the other layout is converted first. */
  packedInputs?: boolean;
  outputShape: number[];
  /** Whether the output is packed (default true). */
  packedOutput?: boolean;
  /** Numbers by name. Another number needs no new program. */
  uniforms?: Record<string, number>;
  /**
   * GLSL with a `main` that calls setOutput with a vec4 if the output is packed, else with a float. `main` finds its element by
   *   outputAt(line, rowPair, columnPair)   packed: y[line, row:row+2, column:column+2], where row = 2 · rowPair, and column alike
   *   outputAt(line, row, column)           not packed: y[line, row, column]
   */
  userCode: string;
}

export function run(
  backend: MathBackendWebGL,
  {inputs, packedInputs = true, outputShape, packedOutput = true, uniforms = {}, userCode}: Program,
): TensorInfo {
  const reader = packedInputs ? packedReader : unpackedReader;
  const program = {
    variableNames: Object.keys(inputs),
    packedInputs,
    outputShape,
    packedOutput,
    customUniforms: Object.keys(uniforms).map(name => ({name, type: 'float' as const})),
    userCode: [
      ...Object.entries(inputs).map(([name, x]) => reader(backend, name, x)),
      outputAt(outputShape, packedOutput),
      userCode,
    ].join('\n'),
  };
  const values = Object.values(uniforms).map(value => [value]);
  // A packed output stays packed, however small.
  return backend.runWebGLProgram(program, Object.values(inputs), 'float32', values, true);
}

function outputAt(shape: number[], packed: boolean): string {
  const [rows, columns] = lastTwo(shape).map(size => (packed ? pairs(size) : size));
  const [height, texelsWide] = webgl_util.getTextureShapeFromLogicalShape(shape, packed);
  const width = packed ? pairs(texelsWide) : texelsWide;
  const most = height * texelsWide;
  return `
    void outputAt(out int line, out int row, out int column) {
      int yAt = int(gl_FragCoord.y) * ${width} + int(gl_FragCoord.x), rowAt = ${integerQuotient('yAt', columns, most)};
      line = ${integerQuotient('rowAt', rows, most)};
      row = rowAt - line * ${rows};
      column = yAt - rowAt * ${columns};
    }`;
}

/** GLSL that sets to 0 what lies beyond the edges in a texel of a tensor [..., rows, columns]. */
export const clearBeyond = (
  texel: string,
  rowPair: string,
  rows: number,
  columnPair: string,
  columns: number,
): string =>
  `${clearSecondRow(texel, rowPair, rows)} ${clearSecondColumn(texel, columnPair, columns)}`;

export const clearSecondRow = (texel: string, rowPair: string, rows: number): string =>
  rows % 2 === 1 ? `if (${rowPair} == ${pairs(rows) - 1}) ${texel}.zw = vec2(0);` : '';

export const clearSecondColumn = (texel: string, columnPair: string, columns: number): string =>
  columns % 2 === 1 ? `if (${columnPair} == ${pairs(columns) - 1}) ${texel}.yw = vec2(0);` : '';

/**
 * GLSL that runs the statement for 0 ≤ i < n. On SwiftShader a round of a loop takes as long as a texel's fetch. So up to 5
 * rounds are written out, and a loop of more does 4 at a time.
 */
export function unrolled(i: string, n: number, statement: (i: string) => string): string {
  const writtenOut = (first: number, times: number, base = '') =>
    Array.from({length: times}, (_, k) => `{${statement(`${base}${first + k}`)}}`).join('\n');
  if (n <= 5) return writtenOut(0, n);
  const rest = n % 4;
  return `
    for (int ${i} = 0; ${i} < ${n - rest}; ${i} += 4) {
      ${writtenOut(0, 4, `${i} + `)}
    }
    ${writtenOut(n - rest, rest)}`;
}

/** GLSL for `a && b`, without a condition that is 'true'. */
export const both = (a: string, b: string): string =>
  a === 'true' ? b : b === 'true' ? a : `${a} && ${b}`;

/** GLSL for the components of a vec4 where their conditions hold, and 0 elsewhere, even if the value is NaN there. */
export function where(conditions: string[], value: string): string {
  if (conditions.every(condition => condition === 'true')) return value;
  return `mix(vec4(0), ${value}, bvec4(${conditions}))`;
}
