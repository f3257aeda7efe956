// conv2d in fragment programs (see ops/conv2d.ts). Every tensor is packed (texels.ts): a texel of x holds 2 columns by
// 2 channels, one of the filter 2 input by 2 output channels, one of y 2 columns by 2 output channels. So two fetches are
// good for the 8 multiply-adds of a product of 2×2 matrices. Fetches are where the time goes: a row of taps is written out,
// for its taps share columns, and which half of which texel a column is in is known beforehand.
// Padding is skipped, not multiplied: 0 · ∞ isn't 0.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import {half, texels} from './texels.ts';

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or null -> y [B, yH, yW, K] */
export function conv2d(
  backend: MathBackendWebGL,
  x: TensorInfo,
  filter: TensorInfo,
  bias: TensorInfo | null,
  g: Conv2DGeometry,
): TensorInfo {
  const {B, H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  const taps = rowOfTaps({
    source: 'x',
    channel: 'd1',
    size: W,
    kW,
    offset: (wC, j) => j * sW + wC * dilW - padL,
    most: j => evenBelow(yW - j) * sW,
  });
  // One fragment computes y[b, yR, yC:yC+2, d2:d2+2].
  //   y[b, yR, yC, d2] = bias[d2] + x[b, xR?, xC?, d1?] · F[wR?, wC?, d1?, d2]
  const userCode = `
    ${texels(backend, 'x', x)}
    ${texels(backend, 'F', filter)}
    ${bias ? texels(backend, 'bias', bias) : ''}
    vec4 product(vec4 x, vec4 f, int d1) {
      vec4 y = x.xxzz * f.xyxy;
      ${ifSecond('d1', C, 'y += x.yyww * f.zwzw;')}
      return y;
    }
    void main() {
      ivec4 at = getOutputCoords();
      int b = at.x, yR = at.y, yC = at.z, d2 = at.w;
      int top = yR * ${sH} - ${padT}, left = yC * ${sW};
      vec4 sum = ${bias ? 'biasTexel(biasLine(0), 0, d2).xyxy' : 'vec4(0)'};
      int first = max(0, (${dilH - 1} - top) / ${dilH}), end = min(${kH}, (${H + dilH - 1} - top) / ${dilH});
      for (int wR = first; wR < end; wR++) {
        ivec2 row = xLine(b * ${H} + top + wR * ${dilH});
        for (int d1 = 0; d1 < ${C}; d1 += 2) {
          ${taps}
        }
      }
      ${clearBeyond('sum', 'yC', yW, 'd2', K)}
      setOutput(sum);
    }`;
  return run(backend, bias ? {x, F: filter, bias} : {x, F: filter}, [B, yH, yW, K], userCode);
}

/** dy [B, yH, yW, K], filter [kH, kW, C, K] -> dx [B, H, W, C] */
export function conv2dInputGradient(
  backend: MathBackendWebGL,
  dy: TensorInfo,
  filter: TensorInfo,
  g: Conv2DGeometry,
): TensorInfo {
  const {B, H, W, C, K, kH, kW, yH, yW, sH, sW, dilH, dilW, padT, padL} = g;
  const taps =
    sW === 1
      ? rowOfTaps({
          source: 'dy',
          channel: 'd2',
          size: yW,
          kW,
          offset: (wC, j) => j + padL - wC * dilW,
          most: j => evenBelow(W - j),
        })
      : `
          for (int wC = 0; wC < ${kW}; wC++) {
            ivec2 x0 = left + ivec2(${padL}, ${padL + 1}) - wC * ${dilW}, yC = x0 / ${sW};
            bvec2 hit = bvec2(x0.x >= 0 && yC.x * ${sW} == x0.x && yC.x < ${yW},
                              x0.y >= 0 && yC.y * ${sW} == x0.y && yC.y < ${yW});
            vec4 columns = vec4(dyColumn(row, yC.x, d2), dyColumn(row, yC.y, d2));
            vec4 f = FTexel(FLine(wR * ${kW} + wC), d1, d2);
            sum += mix(vec4(0), product(columns, f, d2), hit.xxyy);
          }`;
  // One fragment computes dx[b, xR, xC:xC+2, d1:d1+2].
  //   dx[b, xR, xC, d1] = dy[b, yR?, yC?, d2?] · F[wR?, wC?, d1, d2?]   where xR = yR·sH + wR·dilH − padT, and xC alike
  const userCode = `
    ${texels(backend, 'dy', dy)}
    ${texels(backend, 'F', filter)}
    vec4 product(vec4 dy, vec4 f, int d2) {
      vec4 dx = dy.xxzz * f.xzxz;
      ${ifSecond('d2', K, 'dx += dy.yyww * f.ywyw;')}
      return dx;
    }
    void main() {
      ivec4 at = getOutputCoords();
      int b = at.x, xR = at.y, left = at.z, d1 = at.w;
      int bottom = xR + ${padT};
      vec4 sum = vec4(0);
      int first = max(0, (bottom - ${(yH - 1) * sH - dilH + 1}) / ${dilH}), end = min(${kH}, bottom / ${dilH} + 1);
      for (int wR = first; wR < end; wR++) {
        int x0 = bottom - wR * ${dilH}, yR = x0 / ${sH};
        if (yR * ${sH} != x0) continue;
        ivec2 row = dyLine(b * ${yH} + yR);
        for (int d2 = 0; d2 < ${K}; d2 += 2) {
          ${taps}
        }
      }
      ${clearBeyond('sum', 'left', W, 'd1', C)}
      setOutput(sum);
    }`;
  return run(backend, {dy, F: filter}, [B, H, W, C], userCode);
}

interface RowOfTaps {
  source: 'x' | 'dy';
  channel: 'd1' | 'd2';
  /** Columns of the source. */
  size: number;
  kW: number;
  /** Column of the source for tap wC and column j = 0 or 1 of the fragment, minus `left`. */
  offset(wC: number, j: number): number;
  /** The greatest `left`, which is an even number, of a fragment that has a column j. */
  most(j: number): number;
}

/** GLSL that adds up the taps of filter row wR for two columns, with the source's `row` and `left` at hand. */
function rowOfTaps({source, channel, size, kW, offset, most}: RowOfTaps): string {
  const fetches: string[] = [];
  const sums: string[] = [];
  const names = new Map<number, string>();
  // `left` is even, so that an offset tells the texel and its half.
  const columnAt = (offset: number) => {
    const first = evenBelow(offset + 1);
    if (!names.has(first)) {
      names.set(first, `${source}${names.size}`);
      fetches.push(`vec4 ${names.get(first)} = ${source}Texel(row, left + ${first}, ${channel});`);
    }
    return `${names.get(first)}.${offset === first ? 'xy' : 'zw'}`;
  };
  for (let wC = 0; wC < kW; wC++) {
    const [at0, at1] = [offset(wC, 0), offset(wC, 1)];
    const [is0, is1] = [at0, at1].map((at, j) => isInside(`left + ${at}`, at, most(j) + at, size));
    const f = `FTexel(FLine(wR * ${kW} + ${wC}), d1, d2)`;
    const product = `product(vec4(${columnAt(at0)}, ${columnAt(at1)}), ${f}, ${channel})`;
    sums.push(`sum += ${where([is0, is0, is1, is1], product)};`);
  }
  return [...fetches, ...sums].join('\n');
}

/** x [B, H, W, C], dy [B, yH, yW, K] -> dFilter [kH, kW, C, K] */
export function conv2dFilterGradient(
  backend: MathBackendWebGL,
  x: TensorInfo,
  dy: TensorInfo,
  g: Conv2DGeometry,
): TensorInfo {
  const {B, C, K, kH, kW, yH} = g;
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
    ${texels(backend, 'partial', partial)}
    void main() {
      ivec4 at = getOutputCoords();
      int wR = at.x, wC = at.y, d1 = at.z, d2 = at.w;
      int weight = (wR * ${grid.columns} + wC) * ${grid.channels} + d1;
      vec4 sum = vec4(0);
      for (int s = 0; s < ${partials}; s++) sum += partialTexel(partialLine(s), weight, d2);
      ${C > 1 ? '' : 'if ((wC & 1) == 1) sum.xy = sum.zw;'}
      ${clearBeyond('sum', 'd1', C, 'd2', K)}
      setOutput(sum);
    }`;
  const dFilter = run(backend, {partial}, [kH, kW, C, K], userCode);
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
  const each = 2 * Math.ceil(half(yW) / rounds); // columns of dy a round
  // A texel's second weight is a channel or a tap further on.
  const next = C > 1 ? 0 : dilW;
  const lastWC = [0, 1].map(i => (C > 1 ? kW - 1 : evenBelow(kW - i)));
  // Where the windows of neighbouring columns are a column apart, a texel of x serves two pairs of them.
  const isSliding = sW === 1 && next <= 1;

  const steps: string[] = isSliding ? ['vec4 x0 = xTexel(xRow, left + yC, d1);'] : [];
  for (let at = 0; at < each; at += 2) {
    if (isSliding) {
      steps.push(
        `vec4 x${at + 2} = xTexel(xRow, left + yC + ${at + 2}, d1);`,
        `vec4 b${at} = slide(x${at}, x${at + 2}, isOdd);`,
      );
    } else {
      const weights = [at, at + 1].map(yC => `weights(xRow, left + (yC + ${yC}) * ${sW}, d1)`);
      steps.push(`vec4 b${at} = vec4(${weights});`);
    }
    steps.push(`vec4 dy${at} = dyTexel(dyRow, yC + ${at}, d2);`);
    const products = [`b${at}.xxyy * dy${at}.xyxy`, `b${at}.zzww * dy${at}.zwzw`];
    for (const j of [0, 1]) {
      const mostYC = (rounds - 1) * each + at + j;
      const isReal = isInside(`yC + ${at + j}`, 0, mostYC, yW);
      const [is0, is1] = [0, 1].map(i => {
        const shift = (at + j) * sW + i * next;
        const most = Math.min(mostYC, yW - 1) * sW + lastWC[i] * dilW + i * next - padL;
        return both(isReal, isInside(`left + yC * ${sW} + ${shift}`, shift - padL, most, W));
      });
      steps.push(`sum += ${where([is0, is0, is1, is1], products[j])};`);
    }
  }

  // One fragment computes partial[s, (wR, wC, d1), d2:d2+2] for two d1, or for two wC if C = 1.
  //   partial[s, (wR, wC, d1), d2] = x[b?, xR?, xC?, d1] · dy[b?, yR?, yC?, d2] for the rows (b, yR) of s
  const userCode = `
    ${texels(backend, 'x', x)}
    ${texels(backend, 'dy', dy)}
    vec4 slide(vec4 a, vec4 b, bool isOdd) {
      return ${
        C > 1 ? 'isOdd ? vec4(a.zw, b.xy) : a' : 'isOdd ? vec4(a.z, b.xxz) : vec4(a.xzz, b.x)'
      };
    }
    vec2 weights(ivec2 row, int xC, int d1) {
      return ${
        C > 1
          ? 'xColumn(row, xC, d1)'
          : `vec2(xColumn(row, xC, d1).x, xColumn(row, xC + ${dilW}, d1).x)`
      };
    }
    void main() {
      ivec3 at = getOutputCoords();
      int s = at.x, d1 = at.y % ${grid.channels}, tap = at.y / ${grid.channels}, d2 = at.z;
      int wR = tap / ${grid.columns}, wC = tap % ${grid.columns};
      int top = wR * ${dilH} - ${padT}, left = wC * ${dilW} - ${padL};
      bool isOdd = (left & 1) == 1;
      vec4 sum = vec4(0);
      int first = s * ${rowsEach}, b = first / ${yH}, yR = first % ${yH};
      for (int row = first; row < min(first + ${rowsEach}, ${B * yH}); row++) {
        int xR = yR * ${sH} + top;
        if (xR >= 0 && xR < ${H}) {
          ivec2 xRow = xLine(b * ${H} + xR), dyRow = dyLine(row);
          for (int yC = 0; yC < ${yW}; yC += ${each}) {
            ${steps.join('\n')}
          }
        }
        if (++yR == ${yH}) yR = 0, b++;
      }
      setOutput(sum);
    }`;
  return run(backend, {x, dy}, [partials, grid.size, K], userCode);
}

function run(
  backend: MathBackendWebGL,
  inputs: Record<string, TensorInfo>,
  outputShape: number[],
  userCode: string,
): TensorInfo {
  const variableNames = Object.keys(inputs);
  const program = {variableNames, outputShape, userCode, packedInputs: true, packedOutput: true};
  return backend.compileAndRun(program, Object.values(inputs), 'float32', undefined, true);
}

/** The greatest even number below n. */
const evenBelow = (n: number): number => 2 * Math.ceil(n / 2) - 2;

/** GLSL for 0 ≤ index < size, given that least ≤ index ≤ most. */
function isInside(index: string, least: number, most: number, size: number): string {
  return both(least < 0 ? `${index} >= 0` : 'true', most >= size ? `${index} < ${size}` : 'true');
}

const both = (a: string, b: string): string =>
  a === 'true' ? b : b === 'true' ? a : `${a} && ${b}`;

/** GLSL for the components of a value where their conditions hold, and 0 elsewhere, even if the value is NaN there. */
function where(conditions: string[], value: string): string {
  if (conditions.every(condition => condition === 'true')) return value;
  return `mix(vec4(0), ${value}, bvec4(${conditions}))`;
}

/** GLSL that runs the statement if channel d has a second one beside it in its texel. */
function ifSecond(d: string, size: number, statement: string): string {
  if (size % 2 === 0) return statement;
  return size === 1 ? '' : `if (${d} + 1 < ${size}) ${statement}`;
}

/** GLSL that clears the components of a texel beyond the edges P and Q, p and q being its indices. */
function clearBeyond(texel: string, p: string, P: number, q: string, Q: number): string {
  return `
      ${P % 2 ? `if (${p} + 1 == ${P}) ${texel}.zw = vec2(0);` : ''}
      ${Q % 2 ? `if (${q} + 1 == ${Q}) ${texel}.yw = vec2(0);` : ''}`;
}
