// The bias's gradient in fragment programs (see ops/bias.ts).
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {clearSecondColumn, clearSecondRow, lastTwo, output, run, sizeOf} from './program.ts';
import {half, texels} from './texels.ts';

/** So many rows are added up at once. */
const MOST_ROWS = 4096;
/** Of more, there are sums of so many first. */
const ROWS_EACH = 256;

/** dy [..., K], packed -> db [K], packed */
export function biasGradient(backend: MathBackendWebGL, dy: TensorInfo): TensorInfo {
  const [P, K] = lastTwo(dy.shape);
  const rows = sizeOf(dy.shape) / K;
  if (rows <= MOST_ROWS) return rowSum(backend, dy);
  // A channel is a sum over all rows: few and long sums. So the lines of dy, or the rows of a long one, are split among
  // many partial sums.
  const linesEach = Math.max(1, Math.floor(ROWS_EACH / P));
  const pairsEach = Math.min(half(P), ROWS_EACH / 2);
  const partial = partialSums(backend, dy, linesEach, pairsEach);
  const db = rowSum(backend, partial);
  backend.disposeIntermediateTensorInfo(partial);
  return db;
}

/** dy [..., K] -> db [K] */
function rowSum(backend: MathBackendWebGL, dy: TensorInfo): TensorInfo {
  const [P, K] = lastTwo(dy.shape);
  // One fragment computes db[d2:d2+2].
  //   db[d2] = Σ dy[line?, p?, d2]
  const userCode = `
    ${texels(backend, 'dy', dy)}
    ${output([K], true)}
    void main() {
      int line, P, D2;
      outputAt(line, P, D2);
      vec4 sum = vec4(0);
      for (int line = 0; line < ${sizeOf(dy.shape) / (P * K)}; line++) {
        ${addLine('sum', '0', half(P), P)}
      }
      vec4 db = vec4(sum.xy + sum.zw, 0, 0);
      ${clearSecondColumn('db', 'D2', K)}
      setOutput(db);
    }`;
  return run(backend, {
    inputs: {dy},
    packedInputs: true,
    outputShape: [K],
    packedOutput: true,
    userCode,
  });
}

/** dy [..., K] -> partial [s, K], where even s are of even rows and odd s of odd ones */
function partialSums(
  backend: MathBackendWebGL,
  dy: TensorInfo,
  linesEach: number,
  pairsEach: number,
): TensorInfo {
  const [P, K] = lastTwo(dy.shape);
  const lines = sizeOf(dy.shape) / (P * K);
  const [down, across] = [Math.ceil(lines / linesEach), Math.ceil(half(P) / pairsEach)];
  const outputShape = [2 * down * across, K];
  // One fragment computes partial[s:s+2, d2:d2+2].
  //   partial[s, d2] = Σ dy[line?, p?, d2] for the lines and rows of s
  const userCode = `
    ${texels(backend, 'dy', dy)}
    ${output(outputShape, true)}
    void main() {
      int line, s, D2;
      outputAt(line, s, D2);
      int down = quotient(s, ${across}), first = (s - down * ${across}) * ${pairsEach};
      vec4 sum = vec4(0);
      for (int line = down * ${linesEach}; line < min(${lines}, (down + 1) * ${linesEach}); line++) {
        ${addLine('sum', 'first', pairsEach, P)}
      }
      ${clearSecondColumn('sum', 'D2', K)}
      setOutput(sum);
    }`;
  return run(backend, {
    inputs: {dy},
    packedInputs: true,
    outputShape,
    packedOutput: true,
    userCode,
  });
}

/** GLSL that adds the rows p of a line, from pair `first` on. */
const addLine = (sum: string, first: string, pairs: number, P: number): string => `
        ivec2 start = dyLine(line);
        for (int P = ${first}; P < min(${half(P)}, ${first} + ${pairs}); P++) {
          vec4 dy = dyTexel(start, P, D2);
          ${clearSecondRow('dy', 'P', P)}
          ${sum} += dy;
        }`;
