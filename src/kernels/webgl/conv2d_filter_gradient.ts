// The gradient of conv2d's filter in fragment programs (see ops/conv2d.ts). Each element of dFilter is one long sum over all windows,
// and there are few elements. So a first program splits the rows of dy among many partial sums, and a second one adds those up.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import type {Attrs} from '../../ops/kernel.ts';
import type {Backend, Inputs} from './kernel.ts';
import {both, clearBeyond, run, where} from './program.ts';
import {evenBelow, pairs} from './texels.ts';

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K] */
export function conv2dFilterGradient(backend: Backend, {x, dy}: Inputs, g: Attrs<Conv2DGeometry>) {
  const {B, C, K, kW, yH} = g;
  const grid = tapGrid(g);
  const rows = B * yH;
  const wanted = Math.ceil(FRAGMENTS / (pairs(grid.size) * pairs(K)));
  const rowsEach = Math.ceil(rows / Math.min(wanted, MOST_PARTIALS, rows));
  const partials = Math.ceil(rows / rowsEach);
  const partial = partialSums(backend, x, dy, g, partials, rowsEach);

  // One fragment computes dFilter[wR, wC, d1:d1+2, d2:d2+2].
  //   dFilter[wR, wC, d1, d2] = Σ partial[s?, (wR, wC, d1), d2]
  const userCode = `
    void main() {
      int line, d1Pair, d2Pair;
      outputAt(line, d1Pair, d2Pair);
      int wR = line / ${kW}, wC = line - wR * ${kW};
      int tap = (wR * ${grid.columns} + wC) * ${grid.channels} + 2 * d1Pair;
      vec4 sum = vec4(0);
      for (int s = 0; s < ${partials}; s++) sum += partialTexel(partialLine(s), tap / 2, d2Pair);
      ${C > 1 ? '' : 'if ((wC & 1) == 1) sum.xy = sum.zw;'}
      ${clearBeyond('sum', 'd1Pair', C, 'd2Pair', K)}
      setOutput(sum);
    }`;
  const dFilter = run(backend, {inputs: {partial}, outputShape: g.outputShape, userCode});
  backend.disposeIntermediateTensorInfo(partial);
  return dFilter;
}

/** Enough fragments to keep a GPU busy. */
const FRAGMENTS = 8192;
/** The second program adds up at most this many partial sums. */
const MOST_PARTIALS = 128;
/** Up to this many texels of a row of dy are written out. A loop goes over a longer row. */
const MOST_WRITTEN_OUT = 16;

/**
 * The order of the taps (wR, wC, d1) in the partial sums. A texel holds two taps, which differ in d1, or in wC if there is only
 * one channel. So the number of channels is rounded up to an even one, or else that of columns.
 */
function tapGrid({C, kH, kW}: Conv2DGeometry) {
  const [columns, channels] = C > 1 ? [kW, 2 * pairs(C)] : [2 * pairs(kW), 1];
  return {columns, channels, size: kH * columns * channels};
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> partial [s, (wR, wC, d1), d2] */
function partialSums(
  backend: Backend,
  x: TensorInfo,
  dy: TensorInfo,
  g: Conv2DGeometry,
  partials: number,
  rowsEach: number,
): TensorInfo {
  const {B, H, W, C, K, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  const grid = tapGrid(g);
  const rounds = Math.ceil(pairs(yW) / MOST_WRITTEN_OUT);
  const each = Math.ceil(pairs(yW) / rounds);
  // The second tap of a pair lies this many columns of x to the right of the first.
  const next = C > 1 ? 0 : dilW;
  const lastWC = [0, 1].map(i => (C > 1 ? kW - 1 : evenBelow(kW - i)));
  // If neighbouring windows are a column apart, a texel of x serves two pairs of them.
  const isSliding = sW === 1 && next <= 1;

  const steps: string[] = isSliding ? ['vec4 x0 = xTexel(xRow, xCPair, d1Pair);'] : [];
  for (let i = 0; i < each; i++) {
    if (isSliding) {
      steps.push(
        `vec4 x${i + 1} = xTexel(xRow, xCPair + ${i + 1}, d1Pair);`,
        `vec4 taps${i} = slide(x${i}, x${i + 1}, isOdd);`,
      );
    } else {
      const taps = [0, 1].map(j => `twoTaps(xRow, xC + ${(2 * i + j) * sW}, d1Pair)`);
      steps.push(`vec4 taps${i} = vec4(${taps});`);
    }
    steps.push(`vec4 dy${i} = dyTexel(dyRow, yCPair + ${i}, d2Pair);`);
    const products = [`taps${i}.xxyy * dy${i}.xyxy`, `taps${i}.zzww * dy${i}.zwzw`];
    for (const j of [0, 1]) {
      const yC = 2 * i + j;
      const lastYC = 2 * (rounds - 1) * each + yC;
      const isReal = lastYC < yW ? 'true' : `2 * yCPair + ${yC} < ${yW}`;
      const [is0, is1] = [0, 1].map(tap => {
        const shift = yC * sW + tap * next;
        const last = Math.min(lastYC, yW - 1) * sW + lastWC[tap] * dilW + tap * next - padL;
        return both(
          shift < padL ? `xC + ${shift} >= 0` : 'true',
          last >= W ? `xC + ${shift} < ${W}` : 'true',
        );
      });
      steps.push(
        `sum += ${where(
          [is0, is0, is1, is1].map(is => both(isReal, is)),
          products[j],
        )};`,
      );
    }
  }

  // One fragment computes partial[s, (wR, wC, d1), d2:d2+2] for two d1, or for two wC if C = 1.
  //   partial[s, (wR, wC, d1), d2] = x[b?, xR?, xC?, d1] · dy[b?, yR?, yC?, d2] for the rows (b, yR) of s
  const userCode = `
    // Two taps at two output columns, from two texels of x.
    vec4 slide(vec4 x0, vec4 x1, bool isOdd) {
      return ${
        C > 1
          ? 'isOdd ? vec4(x0.zw, x1.xy) : x0'
          : 'isOdd ? vec4(x0.z, x1.xxz) : vec4(x0.xzz, x1.x)'
      };
    }
    vec2 twoTaps(ivec2 line, int xC, int d1Pair) {
      return ${
        C > 1
          ? 'xPair(line, xC, d1Pair)'
          : `vec2(xPair(line, xC, d1Pair).x, xPair(line, xC + ${dilW}, d1Pair).x)`
      };
    }
    void main() {
      int s, tapPair, d2Pair;
      outputAt(s, tapPair, d2Pair);
      int w = 2 * tapPair / ${grid.channels}, d1Pair = tapPair - w * ${grid.channels} / 2;
      int wR = w / ${grid.columns}, wC = w % ${grid.columns};
      int shiftR = wR * ${dilH} - ${padT}, shiftC = wC * ${dilW} - ${padL};
      bool isOdd = (shiftC & 1) == 1;
      vec4 sum = vec4(0);
      int first = s * ${rowsEach}, end = min(first + ${rowsEach}, ${B * yH}), b = first / ${yH}, yR = first % ${yH};
      for (int row = first; row < end; row++) {
        int xR = yR * ${sH} + shiftR;
        if (xR >= 0 && xR < ${H}) {
          ivec2 xRow = xLine(b * ${H} + xR), dyRow = dyLine(row);
          ${rounds > 1 ? `for (int yCPair = 0; yCPair < ${pairs(yW)}; yCPair += ${each}) {` : 'const int yCPair = 0; {'}
            int xC = shiftC + 2 * yCPair * ${sW}, xCPair = xC >> 1;
            ${steps.join('\n')}
          }
        }
        if (++yR == ${yH}) yR = 0, b++;
      }
      setOutput(sum);
    }`;
  return run(backend, {inputs: {x, dy}, outputShape: [partials, grid.size, K], userCode});
}
