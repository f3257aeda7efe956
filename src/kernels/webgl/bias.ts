// The bias's gradient in fragment programs (see ops/bias.ts).
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {BiasGradient} from '../../ops/bias.ts';
import type {Attrs} from '../../ops/kernel.ts';
import {type Backend, type Inputs, kernel} from './kernel.ts';
import {clearSecondColumn, clearSecondRow, run} from './program.ts';
import {lastTwo, pairs} from './texels.ts';

/** One pass adds up to this many pairs of rows. */
const MOST_PAIRS = 2048;
/** For more, a first pass makes partial sums of this many pairs each. */
const PAIRS_EACH = 128;

/** dy [..., K], packed -> dBias [K], packed */
function biasGradient(backend: Backend, {dy}: Inputs, {outputShape}: Attrs): TensorInfo {
  // Each channel has one long sum, which few fragments would compute. So the rows are split among many partial sums.
  if (pairsOfRows(dy) <= MOST_PAIRS) return rowSums(backend, dy, 1, outputShape);
  const count = Math.ceil(pairsOfRows(dy) / PAIRS_EACH);
  const partial = rowSums(backend, dy, count, [2 * count, ...outputShape]);
  const dBias = rowSums(backend, partial, 1, outputShape);
  backend.disposeIntermediateTensorInfo(partial);
  return dBias;
}

/** Pairs of rows that share texels. */
function pairsOfRows({shape}: TensorInfo): number {
  const [rows, K] = lastTwo(shape);
  return (util.sizeFromShape(shape) / (rows * K)) * pairs(rows);
}

/** dy [..., K] -> dBias [K], or partial [2 · sums, K]: sums over even rows and sums over odd rows, in turn */
function rowSums(
  backend: Backend,
  dy: TensorInfo,
  sums: number,
  outputShape: number[],
): TensorInfo {
  const [rows, K] = lastTwo(dy.shape);
  const all = pairsOfRows(dy);
  const each = Math.ceil(all / sums);
  // One fragment computes dBias[d2:d2+2] or partial[s:s+2, d2:d2+2].
  //   dBias[d2] = Σ dy[line?, row?, d2]
  const userCode = `
    void main() {
      int line, sPair, d2Pair;
      outputAt(line, sPair, d2Pair);
      vec4 sum = vec4(0);
      for (int i = sPair * ${each}; i < min(${all}, (sPair + 1) * ${each}); i++) {
        int line = i / ${pairs(rows)}, rowPair = i - line * ${pairs(rows)};
        vec4 dy = dyTexel(dyLine(line), rowPair, d2Pair);
        ${clearSecondRow('dy', 'rowPair', rows)}
        sum += dy;
      }
      ${sums === 1 ? 'sum = vec4(sum.xy + sum.zw, 0, 0);' : ''}
      ${clearSecondColumn('sum', 'd2Pair', K)}
      setOutput(sum);
    }`;
  return run(backend, {inputs: {dy}, outputShape, userCode});
}

export const biasKernels = {[BiasGradient]: kernel(biasGradient)};
