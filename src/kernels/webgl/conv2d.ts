// conv2d in fragment programs (see ops/conv2d.ts). Every tensor is packed (texels.ts): a texel of x holds 2 columns by
// 2 channels, one of the filter 2 input by 2 output channels, one of y 2 columns by 2 output channels. So two fetches are
// good for the 8 multiply-adds of a product of 2×2 matrices. Fetches are where the time goes: a row of taps is written out,
// for its taps share columns, and which half of which texel a column is in is known beforehand.
// Padding is skipped, not multiplied: 0 · ∞ isn't 0.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import type {Attrs} from '../../ops/kernel.ts';
import {clearBeyond, run} from './program.ts';
import {half} from './texels.ts';

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or null -> y [B, yH, yW, K] */
export function conv2d(
  backend: MathBackendWebGL,
  x: TensorInfo,
  filter: TensorInfo,
  bias: TensorInfo | null,
  g: Attrs<Conv2DGeometry>,
): TensorInfo {
  const {H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  const taps = rowOfTaps({
    source: 'x',
    channels: 'D1',
    size: W,
    kW,
    offset: (wC, j) => j * sW + wC * dilW - padL,
    most: j => (evenBelow(yW - j) / 2) * sW,
  });
  // One fragment computes y[b, yR, yC:yC+2, d2:d2+2].
  //   y[b, yR, yC, d2] = bias[d2] + x[b, xR?, xC?, d1?] · F[wR?, wC?, d1?, d2]
  const userCode = `
    vec4 product(vec4 x, vec4 f, int D1) {
      vec4 y = x.xxzz * f.xyxy;
      ${ifBoth('D1', C, 'y += x.yyww * f.zwzw;')}
      return y;
    }
    void main() {
      int line, Y, D2;
      outputAt(line, Y, D2);
      int b = line / ${yH}, yR = line - b * ${yH}, top = yR * ${sH} - ${padT}, left = Y * ${sW};
      vec4 sum = ${bias ? 'biasTexel(biasLine(0), 0, D2).xyxy' : 'vec4(0)'};
      int first = max(0, (${dilH - 1} - top) / ${dilH}), end = min(${kH}, (${H + dilH - 1} - top) / ${dilH});
      for (int wR = first; wR < end; wR++) {
        ivec2 row = xLine(b * ${H} + top + wR * ${dilH});
        for (int D1 = 0; D1 < ${half(C)}; D1++) {
          ${taps}
        }
      }
      ${clearBeyond('sum', 'Y', yW, 'D2', K)}
      setOutput(sum);
    }`;
  const inputs: Record<string, TensorInfo> = bias ? {x, F: filter, bias} : {x, F: filter};
  return run(backend, {inputs, outputShape: g.outputShape, userCode});
}

/** dy [B, yH, yW, K], filter [kH, kW, C, K] -> dx [B, H, W, C] */
export function conv2dInputGradient(
  backend: MathBackendWebGL,
  dy: TensorInfo,
  filter: TensorInfo,
  g: Attrs<Conv2DGeometry>,
): TensorInfo {
  const {H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  const taps =
    sW === 1
      ? rowOfTaps({
          source: 'dy',
          channels: 'D2',
          size: yW,
          kW,
          offset: (wC, j) => j + padL - wC * dilW,
          most: j => evenBelow(W - j) / 2,
        })
      : `
          for (int wC = 0; wC < ${kW}; wC++) {
            ivec2 x0 = 2 * X + ivec2(${padL}, ${padL + 1}) - wC * ${dilW}, yC = x0 / ${sW};
            bvec2 hit = bvec2(x0.x >= 0 && yC.x * ${sW} == x0.x && yC.x < ${yW},
                              x0.y >= 0 && yC.y * ${sW} == x0.y && yC.y < ${yW});
            vec4 columns = vec4(dyPair(row, yC.x, D2), dyPair(row, yC.y, D2));
            vec4 f = FTexel(FLine(wR * ${kW} + wC), D1, D2);
            sum += mix(vec4(0), product(columns, f, D2), hit.xxyy);
          }`;
  // One fragment computes dx[b, xR, xC:xC+2, d1:d1+2].
  //   dx[b, xR, xC, d1] = dy[b, yR?, yC?, d2?] · F[wR?, wC?, d1, d2?]   where xR = yR·sH + wR·dilH − padT, and xC alike
  const userCode = `
    vec4 product(vec4 dy, vec4 f, int D2) {
      vec4 dx = dy.xxzz * f.xzxz;
      ${ifBoth('D2', K, 'dx += dy.yyww * f.ywyw;')}
      return dx;
    }
    void main() {
      int line, X, D1;
      outputAt(line, X, D1);
      int b = line / ${H}, xR = line - b * ${H}, bottom = xR + ${padT}, left = X;
      vec4 sum = vec4(0);
      int first = max(0, (bottom - ${(yH - 1) * sH - dilH + 1}) / ${dilH}), end = min(${kH}, bottom / ${dilH} + 1);
      for (int wR = first; wR < end; wR++) {
        int x0 = bottom - wR * ${dilH}, yR = x0 / ${sH};
        if (yR * ${sH} != x0) continue;
        ivec2 row = dyLine(b * ${yH} + yR);
        for (int D2 = 0; D2 < ${half(K)}; D2++) {
          ${taps}
        }
      }
      ${clearBeyond('sum', 'X', W, 'D1', C)}
      setOutput(sum);
    }`;
  return run(backend, {inputs: {dy, F: filter}, outputShape: g.outputShape, userCode});
}

interface RowOfTaps {
  source: 'x' | 'dy';
  /** Pair of the source's channels. */
  channels: 'D1' | 'D2';
  /** Columns of the source. */
  size: number;
  kW: number;
  /** Column of the source that tap wC meets at column j = 0 or 1 of a fragment, minus 2·left. */
  offset(wC: number, j: number): number;
  /** The greatest `left` of a fragment that has a column j. */
  most(j: number): number;
}

/** GLSL that adds up the taps of filter row wR for two columns: the source's `row` and pair of columns `left` are at hand. */
function rowOfTaps({source, channels, size, kW, offset, most}: RowOfTaps): string {
  const fetches: string[] = [];
  const sums: string[] = [];
  const names = new Map<number, string>();
  const columnAt = (offset: number) => {
    const pair = Math.floor(offset / 2);
    if (!names.has(pair)) {
      names.set(pair, `${source}${names.size}`);
      fetches.push(`vec4 ${names.get(pair)} = ${source}Texel(row, left + ${pair}, ${channels});`);
    }
    return `${names.get(pair)}.${offset % 2 === 0 ? 'xy' : 'zw'}`;
  };
  for (let wC = 0; wC < kW; wC++) {
    const columns = [0, 1].map(j => columnAt(offset(wC, j)));
    const [is0, is1] = [0, 1].map(j => {
      // 0 ≤ 2·left + offset < size
      const [least, end] = [0, size].map(column => Math.ceil((column - offset(wC, j)) / 2));
      return both(
        least > 0 ? `left >= ${least}` : 'true',
        most(j) >= end ? `left < ${end}` : 'true',
      );
    });
    const product = `product(vec4(${columns}), FTexel(FLine(wR * ${kW} + ${wC}), D1, D2), ${channels})`;
    sums.push(`sum += ${where([is0, is0, is1, is1], product)};`);
  }
  return [...fetches, ...sums].join('\n');
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K] */
export function conv2dFilterGradient(
  backend: MathBackendWebGL,
  x: TensorInfo,
  dy: TensorInfo,
  g: Attrs<Conv2DGeometry>,
): TensorInfo {
  const {B, C, K, kW, yH} = g;
  // A weight is a sum over all windows: few and long sums. So the rows of dy are split among many partial sums.
  const grid = weightGrid(g);
  const rows = B * yH;
  const wanted = Math.ceil(FRAGMENTS / (half(grid.size) * half(K)));
  const rowsEach = Math.ceil(rows / Math.min(wanted, MOST_PARTIALS, rows));
  const partials = Math.ceil(rows / rowsEach);
  const partial = partialSums(backend, x, dy, g, partials, rowsEach);

  // One fragment computes dFilter[wR, wC, d1:d1+2, d2:d2+2].
  //   dFilter[wR, wC, d1, d2] = Σ partial[s?, (wR, wC, d1), d2]
  const userCode = `
    void main() {
      int tap, D1, D2;
      outputAt(tap, D1, D2);
      int wR = tap / ${kW}, wC = tap - wR * ${kW};
      int weight = (wR * ${grid.columns} + wC) * ${grid.channels} + 2 * D1;
      vec4 sum = vec4(0);
      for (int s = 0; s < ${partials}; s++) sum += partialTexel(partialLine(s), weight / 2, D2);
      ${C > 1 ? '' : 'if ((wC & 1) == 1) sum.xy = sum.zw;'}
      ${clearBeyond('sum', 'D1', C, 'D2', K)}
      setOutput(sum);
    }`;
  const dFilter = run(backend, {inputs: {partial}, outputShape: g.outputShape, userCode});
  backend.disposeIntermediateTensorInfo(partial);
  return dFilter;
}

/** Some thousands of fragments keep a GPU busy. */
const FRAGMENTS = 8192;
/** One fragment adds up as many of them. */
const MOST_PARTIALS = 128;
/** So many texels of a row of dy are written out; there is a loop for more. */
const MOST_WRITTEN_OUT = 16;

/**
 * The rows (wR, wC, d1) of the matrix of weights, as the partial sums have them. A texel holds two: 2 input channels of a
 * tap, or, where there is only one channel, 2 taps. So there must be an even number of either.
 */
function weightGrid({C, kH, kW}: Conv2DGeometry) {
  const [columns, channels] = C > 1 ? [kW, 2 * half(C)] : [2 * half(kW), 1];
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
  const grid = weightGrid(g);
  const rounds = Math.ceil(half(yW) / MOST_WRITTEN_OUT);
  const each = Math.ceil(half(yW) / rounds);
  // A texel's second weight is a channel or a tap further on.
  const next = C > 1 ? 0 : dilW;
  const lastWC = [0, 1].map(i => (C > 1 ? kW - 1 : evenBelow(kW - i)));
  // Where the windows of neighbouring columns are a column apart, a texel of x serves two pairs of them.
  const isSliding = sW === 1 && next <= 1;

  const steps: string[] = isSliding ? ['vec4 x0 = xTexel(xRow, X, D1);'] : [];
  for (let i = 0; i < each; i++) {
    if (isSliding) {
      steps.push(
        `vec4 x${i + 1} = xTexel(xRow, X + ${i + 1}, D1);`,
        `vec4 b${i} = slide(x${i}, x${i + 1}, isOdd);`,
      );
    } else {
      const weights = [0, 1].map(j => `weights(xRow, xC + ${(2 * i + j) * sW}, D1)`);
      steps.push(`vec4 b${i} = vec4(${weights});`);
    }
    steps.push(`vec4 dy${i} = dyTexel(dyRow, Y + ${i}, D2);`);
    const products = [`b${i}.xxyy * dy${i}.xyxy`, `b${i}.zzww * dy${i}.zwzw`];
    for (const j of [0, 1]) {
      const yC = 2 * i + j;
      const lastYC = 2 * (rounds - 1) * each + yC;
      const isReal = lastYC < yW ? 'true' : `2 * Y + ${yC} < ${yW}`;
      const [is0, is1] = [0, 1].map(k => {
        const shift = yC * sW + k * next;
        const last = Math.min(lastYC, yW - 1) * sW + lastWC[k] * dilW + k * next - padL;
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
    vec4 slide(vec4 a, vec4 b, bool isOdd) {
      return ${
        C > 1 ? 'isOdd ? vec4(a.zw, b.xy) : a' : 'isOdd ? vec4(a.z, b.xxz) : vec4(a.xzz, b.x)'
      };
    }
    vec2 weights(ivec2 row, int xC, int D1) {
      return ${
        C > 1 ? 'xPair(row, xC, D1)' : `vec2(xPair(row, xC, D1).x, xPair(row, xC + ${dilW}, D1).x)`
      };
    }
    void main() {
      int s, weightPair, D2;
      outputAt(s, weightPair, D2);
      int tap = 2 * weightPair / ${grid.channels}, D1 = weightPair - tap * ${grid.channels} / 2;
      int wR = tap / ${grid.columns}, wC = tap % ${grid.columns};
      int top = wR * ${dilH} - ${padT}, left = wC * ${dilW} - ${padL};
      bool isOdd = (left & 1) == 1;
      vec4 sum = vec4(0);
      int first = s * ${rowsEach}, end = min(first + ${rowsEach}, ${B * yH}), b = first / ${yH}, yR = first % ${yH};
      for (int row = first; row < end; row++) {
        int xR = yR * ${sH} + top;
        if (xR >= 0 && xR < ${H}) {
          ivec2 xRow = xLine(b * ${H} + xR), dyRow = dyLine(row);
          ${rounds > 1 ? `for (int Y = 0; Y < ${half(yW)}; Y += ${each}) {` : 'const int Y = 0; {'}
            int xC = left + 2 * Y * ${sW}, X = xC >> 1;
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

/** GLSL that runs the statement if the pair of channels D is one, which the last may not be. */
function ifBoth(D: string, size: number, statement: string): string {
  if (size % 2 === 0) return statement;
  return size === 1 ? '' : `if (${D} < ${half(size) - 1}) ${statement}`;
}
