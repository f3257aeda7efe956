// The bias's gradient in fragment programs (see ops/bias.ts).
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Attrs} from '../../ops/kernel.ts';
import {clearSecondColumn, clearSecondRow, run} from './program.ts';
import {half, lastTwo, sizeOf} from './texels.ts';

/** So many pairs of rows are added up at once. */
const MOST_PAIRS = 2048;
/** Of more, there are sums of so many first. */
const PAIRS_EACH = 128;

/** dy [..., K], packed -> db [K], packed */
export function biasGradient(
  backend: MathBackendWebGL,
  dy: TensorInfo,
  {outputShape}: Attrs,
): TensorInfo {
  // A channel is a sum over all rows: few and long sums. So the rows are split among many partial sums.
  if (pairsOf(dy) <= MOST_PAIRS) return rowSums(backend, dy, 1, outputShape);
  const count = Math.ceil(pairsOf(dy) / PAIRS_EACH);
  const partial = rowSums(backend, dy, count, [2 * count, ...outputShape]);
  const db = rowSums(backend, partial, 1, outputShape);
  backend.disposeIntermediateTensorInfo(partial);
  return db;
}

/** Pairs of rows that are in one texel. */
function pairsOf({shape}: TensorInfo): number {
  const [P, K] = lastTwo(shape);
  return (sizeOf(shape) / (P * K)) * half(P);
}

/** dy [..., K] -> db [K], or partial [s, K]: `sums` of even rows and as many of odd ones, in turn */
function rowSums(
  backend: MathBackendWebGL,
  dy: TensorInfo,
  sums: number,
  outputShape: number[],
): TensorInfo {
  const [P, K] = lastTwo(dy.shape);
  const pairs = pairsOf(dy);
  const each = Math.ceil(pairs / sums);
  // One fragment computes db[d2:d2+2] or partial[s:s+2, d2:d2+2].
  //   db[d2] = Σ dy[line?, p?, d2]
  const userCode = `
    void main() {
      int line, S, D2;
      outputAt(line, S, D2);
      vec4 sum = vec4(0);
      for (int i = S * ${each}; i < min(${pairs}, (S + 1) * ${each}); i++) {
        int line = i / ${half(P)}, P = i - line * ${half(P)};
        vec4 dy = dyTexel(dyLine(line), P, D2);
        ${clearSecondRow('dy', 'P', P)}
        sum += dy;
      }
      ${sums === 1 ? 'sum = vec4(sum.xy + sum.zw, 0, 0);' : ''}
      ${clearSecondColumn('sum', 'D2', K)}
      setOutput(sum);
    }`;
  return run(backend, {inputs: {dy}, outputShape, userCode});
}
