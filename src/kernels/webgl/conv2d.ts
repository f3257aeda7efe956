// conv2d in fragment programs (see ops/conv2d.ts). Every tensor is packed (texels.ts): a texel of x holds 2 columns by
// 2 channels, one of the filter 2 input by 2 output channels, one of y 2 columns by 2 output channels. So two texels are
// good for the 8 multiply-adds of a product of 2×2 matrices. Fetching them is where the time goes. So a row of taps is written
// out: its taps share columns, and for each column the texel and the half of it that it is in are known beforehand.
// The filter goes by the name of `taps` here: `filter` is a reserved word of GLSL.
// Padding is skipped, not multiplied: 0 · ∞ isn't 0.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import {Conv2D, Conv2DFilterGradient, Conv2DInputGradient} from '../../ops/conv2d.ts';
import type {Attrs} from '../../ops/kernel.ts';
import {type Inputs, kernel} from './kernel.ts';
import {clearBeyond, run} from './program.ts';
import {pairs} from './texels.ts';

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or none -> y [B, yH, yW, K] */
function conv2d(
  backend: MathBackendWebGL,
  {x, filter, bias}: Inputs,
  g: Attrs<Conv2DGeometry>,
): TensorInfo {
  const {H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  const taps = rowOfTaps({
    source: 'x',
    channelPair: 'd1Pair',
    size: W,
    kW,
    offset: (wC, j) => j * sW + wC * dilW - padL,
    most: j => (evenBelow(yW - j) / 2) * sW,
  });
  // One fragment computes y[b, yR, yC:yC+2, d2:d2+2].
  //   y[b, yR, yC, d2] = bias[d2] + x[b, xR?, xC?, d1?] · filter[wR?, wC?, d1?, d2]
  const userCode = `
    vec4 product(vec4 x, vec4 taps, int d1Pair) {
      vec4 y = x.xxzz * taps.xyxy;
      ${ifBoth('d1Pair', C, 'y += x.yyww * taps.zwzw;')}
      return y;
    }
    void main() {
      int line, yCPair, d2Pair;
      outputAt(line, yCPair, d2Pair);
      int b = line / ${yH}, yR = line - b * ${yH}, top = yR * ${sH} - ${padT}, firstPair = yCPair * ${sW};
      vec4 sum = ${bias ? 'biasTexel(biasLine(0), 0, d2Pair).xyxy' : 'vec4(0)'};
      int first = max(0, (${dilH - 1} - top) / ${dilH}), end = min(${kH}, (${H + dilH - 1} - top) / ${dilH});
      for (int wR = first; wR < end; wR++) {
        ivec2 line = xLine(b * ${H} + top + wR * ${dilH});
        for (int d1Pair = 0; d1Pair < ${pairs(C)}; d1Pair++) {
          ${taps}
        }
      }
      ${clearBeyond('sum', 'yCPair', yW, 'd2Pair', K)}
      setOutput(sum);
    }`;
  const inputs: Inputs = bias ? {x, taps: filter, bias} : {x, taps: filter};
  return run(backend, {inputs, outputShape: g.outputShape, userCode});
}

/** dy [B, yH, yW, K], filter [kH, kW, C, K] -> dx [B, H, W, C] */
function conv2dInputGradient(
  backend: MathBackendWebGL,
  {dy, filter}: Inputs,
  g: Attrs<Conv2DGeometry>,
): TensorInfo {
  const {H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  const taps =
    sW === 1
      ? rowOfTaps({
          source: 'dy',
          channelPair: 'd2Pair',
          size: yW,
          kW,
          offset: (wC, j) => j + padL - wC * dilW,
          most: j => evenBelow(W - j) / 2,
        })
      : `
          for (int wC = 0; wC < ${kW}; wC++) {
            ivec2 corner = 2 * xCPair + ivec2(${padL}, ${padL + 1}) - wC * ${dilW}, yC = corner / ${sW};
            bvec2 hit = bvec2(corner.x >= 0 && yC.x * ${sW} == corner.x && yC.x < ${yW},
                              corner.y >= 0 && yC.y * ${sW} == corner.y && yC.y < ${yW});
            vec4 columns = vec4(dyPair(line, yC.x, d2Pair), dyPair(line, yC.y, d2Pair));
            vec4 taps = tapsTexel(tapsLine(wR * ${kW} + wC), d1Pair, d2Pair);
            sum += mix(vec4(0), product(columns, taps, d2Pair), hit.xxyy);
          }`;
  // One fragment computes dx[b, xR, xC:xC+2, d1:d1+2].
  //   dx[b, xR, xC, d1] = dy[b, yR?, yC?, d2?] · filter[wR?, wC?, d1, d2?]   where xR = yR·sH + wR·dilH − padT, and xC alike
  const userCode = `
    vec4 product(vec4 dy, vec4 taps, int d2Pair) {
      vec4 dx = dy.xxzz * taps.xzxz;
      ${ifBoth('d2Pair', K, 'dx += dy.yyww * taps.ywyw;')}
      return dx;
    }
    void main() {
      int line, xCPair, d1Pair;
      outputAt(line, xCPair, d1Pair);
      int b = line / ${H}, xR = line - b * ${H}, paddedR = xR + ${padT}, firstPair = xCPair;
      vec4 sum = vec4(0);
      int first = max(0, (paddedR - ${(yH - 1) * sH - dilH + 1}) / ${dilH}), end = min(${kH}, paddedR / ${dilH} + 1);
      for (int wR = first; wR < end; wR++) {
        int corner = paddedR - wR * ${dilH}, yR = corner / ${sH};
        if (yR * ${sH} != corner) continue;
        ivec2 line = dyLine(b * ${yH} + yR);
        for (int d2Pair = 0; d2Pair < ${pairs(K)}; d2Pair++) {
          ${taps}
        }
      }
      ${clearBeyond('sum', 'xCPair', W, 'd1Pair', C)}
      setOutput(sum);
    }`;
  return run(backend, {inputs: {dy, taps: filter}, outputShape: g.outputShape, userCode});
}

interface RowOfTaps {
  source: 'x' | 'dy';
  /** GLSL's name for a pair of the source's channels. */
  channelPair: 'd1Pair' | 'd2Pair';
  /** Columns of the source. */
  size: number;
  kW: number;
  /** Column of the source that tap wC meets at column j = 0 or 1 of a fragment, minus 2·firstPair. */
  offset(wC: number, j: number): number;
  /** The greatest `firstPair` of a fragment that has a column j. */
  most(j: number): number;
}

/**
 * GLSL that adds up the taps of filter row wR for two columns. It reads the source's image row `line`, and counts its pairs of
 * columns from `firstPair` on.
 */
function rowOfTaps({source, channelPair, size, kW, offset, most}: RowOfTaps): string {
  const fetches: string[] = [];
  const sums: string[] = [];
  const names = new Map<number, string>();
  const columnAt = (offset: number) => {
    const pair = Math.floor(offset / 2);
    if (!names.has(pair)) {
      names.set(pair, `${source}${names.size}`);
      const texel = `${source}Texel(line, firstPair + ${pair}, ${channelPair})`;
      fetches.push(`vec4 ${names.get(pair)} = ${texel};`);
    }
    return `${names.get(pair)}.${offset % 2 === 0 ? 'xy' : 'zw'}`;
  };
  for (let wC = 0; wC < kW; wC++) {
    const columns = [0, 1].map(j => columnAt(offset(wC, j)));
    const [is0, is1] = [0, 1].map(j => {
      // 0 ≤ 2·firstPair + offset < size
      const [least, end] = [0, size].map(column => Math.ceil((column - offset(wC, j)) / 2));
      return both(
        least > 0 ? `firstPair >= ${least}` : 'true',
        most(j) >= end ? `firstPair < ${end}` : 'true',
      );
    });
    const taps = `tapsTexel(tapsLine(wR * ${kW} + ${wC}), d1Pair, d2Pair)`;
    const product = `product(vec4(${columns}), ${taps}, ${channelPair})`;
    sums.push(`sum += ${where([is0, is0, is1, is1], product)};`);
  }
  return [...fetches, ...sums].join('\n');
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K] */
function conv2dFilterGradient(
  backend: MathBackendWebGL,
  {x, dy}: Inputs,
  g: Attrs<Conv2DGeometry>,
): TensorInfo {
  const {B, C, K, kW, yH} = g;
  // An element of dFilter is a sum over all windows: few and long sums. So the rows of dy are split among many partial sums.
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
/** The most partial sums that one fragment adds up. */
const MOST_PARTIALS = 128;
/** The most texels of a row of dy that are written out. A longer row is looped over. */
const MOST_WRITTEN_OUT = 16;

/**
 * The taps (wR, wC, d1) as the partial sums have them. A texel holds two, which differ in d1, or in wC where there is only one
 * channel. So there must be an even number of channels or else of columns.
 */
function tapGrid({C, kH, kW}: Conv2DGeometry) {
  const [columns, channels] = C > 1 ? [kW, 2 * pairs(C)] : [2 * pairs(kW), 1];
  return {columns, channels, size: kH * columns * channels};
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> partial [s, (wR, wC, d1), d2] */
function partialSums(
  backend: MathBackendWebGL,
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
  // How many columns of x further right the second tap of a pair is.
  const next = C > 1 ? 0 : dilW;
  const lastWC = [0, 1].map(i => (C > 1 ? kW - 1 : evenBelow(kW - i)));
  // Where the windows of neighbouring columns are a column apart, a texel of x serves two pairs of them.
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

/** The greatest even number below n. */
const evenBelow = (n: number): number => 2 * Math.ceil(n / 2) - 2;

const both = (a: string, b: string): string =>
  a === 'true' ? b : b === 'true' ? a : `${a} && ${b}`;

/** GLSL for the components of a value where their conditions hold, and 0 elsewhere, even if the value is NaN there. */
function where(conditions: string[], value: string): string {
  if (conditions.every(condition => condition === 'true')) return value;
  return `mix(vec4(0), ${value}, bvec4(${conditions}))`;
}

/** GLSL that runs the statement for a pair of channels, but not for a last one that is half a pair. */
function ifBoth(channelPair: string, size: number, statement: string): string {
  if (size % 2 === 0) return statement;
  return size === 1 ? '' : `if (${channelPair} < ${pairs(size) - 1}) ${statement}`;
}

export const conv2dKernels = {
  [Conv2D]: kernel(conv2d),
  [Conv2DInputGradient]: kernel(conv2dInputGradient),
  [Conv2DFilterGradient]: kernel(conv2dFilterGradient),
};
