// conv2d and the gradient of x in fragment programs (see ops/conv2d.ts). Every tensor is packed (texels.ts): a texel of x holds 2
// columns by 2 channels, one of the filter 2 input by 2 output channels, one of y 2 columns by 2 output channels. So two texels give
// the 8 multiply-adds of a product of 2×2 matrices. The time goes into fetching them. So the GLSL writes out a row of taps: its taps
// share columns, and for each column it is known beforehand in which half of which texel the column lies.
// GLSL reserves the word `filter`, so the filter's name is `taps` here.
// Padding is skipped, not multiplied: 0 · ∞ isn't 0.
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import {Conv2D, Conv2DFilterGradient, Conv2DInputGradient} from '../../ops/conv2d.ts';
import type {Attrs} from '../../ops/kernel.ts';
import {conv2dFilterGradient} from './conv2d_filter_gradient.ts';
import {type Backend, type Inputs, kernel} from './kernel.ts';
import {both, clearBeyond, run, where} from './program.ts';
import {evenBelow, pairs} from './texels.ts';

/** x [B, H, W, C], filter [kH, kW, C, K], bias [K] or none -> y [B, yH, yW, K] */
function conv2d(backend: Backend, {x, filter, bias}: Inputs, g: Attrs<Conv2DGeometry>) {
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
function conv2dInputGradient(backend: Backend, {dy, filter}: Inputs, g: Attrs<Conv2DGeometry>) {
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
  /** Column of the source under tap wC at column j = 0 or 1 of a fragment, minus 2·firstPair. */
  offset(wC: number, j: number): number;
  /** The greatest `firstPair` of a fragment that has a column j. */
  most(j: number): number;
}

/** GLSL that adds up the taps of filter row wR for two columns. It reads the source's image row `line`, from `firstPair` on. */
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

/** GLSL that runs the statement for a pair of channels, but not for a last pair with one channel only. */
function ifBoth(channelPair: string, size: number, statement: string): string {
  if (size % 2 === 0) return statement;
  return size === 1 ? '' : `if (${channelPair} < ${pairs(size) - 1}) ${statement}`;
}

export const conv2dKernels = {
  [Conv2D]: kernel(conv2d),
  [Conv2DInputGradient]: kernel(conv2dInputGradient),
  [Conv2DFilterGradient]: kernel(conv2dFilterGradient),
};
