// maxPool in fragment programs (see ops/max_pool.ts). Backward is a gather: each element asks the windows that it lies in
// whether they found their maximum there.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Windows} from '../../ops/windows.ts';
import {clearBeyond, either, isBulky, output, repeat, run} from './program.ts';
import {texels} from './texels.ts';

/** x [B, H, W, C], packed -> y and position [B, yH, yW, C], packed if they are bulky */
export function maxPool(backend: MathBackendWebGL, x: TensorInfo, g: Windows): TensorInfo[] {
  // A program has one output: the same search twice.
  return [pool(backend, x, g, 'y'), pool(backend, x, g, 'position')];
}

function pool(
  backend: MathBackendWebGL,
  x: TensorInfo,
  g: Windows,
  result: 'y' | 'position',
): TensorInfo {
  const {B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL} = g;
  const outputShape = [B, yH, yW, C];
  const packedOutput = isBulky(outputShape);
  // A texel of x holds two columns, an even one first. Where all windows begin with an even column, none is fetched in vain.
  const isEven = sW % 2 === 0 && padL % 2 === 0;
  const columns = [
    isEven ? '' : 'xC >= left',
    isEven && kW % 2 === 0 ? '' : 'xC < left + kW',
    padL === 0 ? '' : 'xC >= 0',
    (yW - 1) * sW - padL + kW <= W && W % 2 === 0 ? '' : 'xC < W',
  ];
  const rows = [padT === 0 ? '' : 'xR >= 0', (yH - 1) * sH - padT + kH <= H ? '' : 'xR < H'];
  const isInside = [...rows, ...columns].filter(Boolean).join(' && ') || 'true';
  const window = repeat('wR', kH, wR =>
    repeat(
      'i',
      Math.ceil((isEven ? kW : kW + 1) / 2),
      i => `
        {
          int xR = top + ${wR}, X = first + ${i}, xC = 2 * X;
          vec4 texel = xTexel(xLine(b * H + xR), X, D1);
          look(texel.xy, ${isInside}, ${wR} * kW + xC - left, best, y, position);
          xC++;
          look(texel.zw, ${isInside}, ${wR} * kW + xC - left, best, y, position);
        }`,
    ),
  );
  // One fragment computes y[b, yR, yC:yC+2, d1:d1+2], or one number of it; or the positions.
  //   y[b, yR, yC, d1] = max of x[b, xR?, xC?, d1]
  const userCode = `
    ${texels(backend, 'x', x)}
    ${output(outputShape, packedOutput)}
    const int H = ${H}, W = ${W}, kW = ${kW};
    // An integer that is larger for a larger number, the same for 0 and −0, and the largest for a NaN.
    ivec2 rank(vec2 value) {
      ivec2 bits = floatBitsToInt(value), size = bits & 0x7fffffff;
      ivec2 isNegative = bits >> 31, isNaN = (0x7f800000 - size) >> 31; // 0 or −1
      return ((size ^ isNegative) - isNegative) & ~isNaN | 0x7fffffff & isNaN;
    }
    void look(vec2 value, bool isInside, int at, inout ivec2 best, inout vec2 y, inout vec2 position) {
      ivec2 candidate = isInside ? rank(value) : ivec2(-0x7fffffff);
      bvec2 wins = greaterThan(candidate, best);
      best = max(candidate, best);
      y = mix(y, value, wins);
      position = mix(position, vec2(at), wins);
    }
    vec2 pool(int b, int yR, int yC, int D1) {
      int top = yR * ${sH} - ${padT}, left = yC * ${sW} - ${padL}, first = left >> 1;
      ivec2 best = ivec2(-0x7fffffff); // padding's
      vec2 y = vec2(0), position = vec2(-1);
      ${window}
      return ${result};
    }
    void main() {
      int line, yC, d1;
      outputAt(line, yC, d1);
      int b = quotient(line, ${yH}), yR = line - b * ${yH};
      ${
        packedOutput
          ? `vec4 result = vec4(pool(b, yR, 2 * yC, d1), pool(b, yR, 2 * yC + 1, d1));
      ${clearBeyond('result', 'yC', yW, 'd1', C)}
      setOutput(result);`
          : `vec2 result = pool(b, yR, yC, d1 / 2);
      setOutput((d1 & 1) == 0 ? result.x : result.y);`
      }
    }`;
  return run(backend, {
    inputs: {x},
    packedInputs: true,
    outputShape,
    packedOutput,
    dtype: result === 'y' ? 'float32' : 'int32',
    userCode,
  });
}

/** dy and position [B, yH, yW, C], as the latter lies -> dx [B, H, W, C], packed */
export function maxPoolGradient(
  backend: MathBackendWebGL,
  dy: TensorInfo,
  position: TensorInfo,
  g: Windows,
): TensorInfo {
  const {B, H, W, C, kH, kW, yH, yW, sH, sW, padT, padL} = g;
  const packedInputs = backend.texData.get(position.dataId).isPacked === true;
  const windows = repeat('i', mostWindows(H, 1, kH, sH, padT), i =>
    repeat(
      'j',
      mostWindows(W, 2, kW, sW, padL),
      j => `
        {
          int yR = firstR + ${i}, yC = firstC + ${j};
          int wR = xR + ${padT} - yR * ${sH}, wC = xC + ${padL} - yC * ${sW};
          bool isWindow = yR < ${yH} && wR >= 0 && yC < ${yW};
          vec2 found = positionTwo(b * ${yH} + yR, yC, D1), dy = dyTwo(b * ${yH} + yR, yC, D1);
          dx.xy += mix(vec2(0), dy, equal(found, vec2(at(isWindow, wR, wC))));
          dx.zw += mix(vec2(0), dy, equal(found, vec2(at(isWindow, wR, wC + 1))));
        }`,
    ),
  );
  // One fragment computes dx[b, xR, xC:xC+2, d1:d1+2].
  //   dx[b, xR, xC, d1] = Σ dy[b, yR?, yC?, d1] where position[b, yR?, yC?, d1] is that of (xR, xC)
  const userCode = `
    ${either(backend, 'dy', dy, packedInputs)}
    ${either(backend, 'position', position, packedInputs)}
    ${output([B, H, W, C], true)}
    float at(bool isWindow, int wR, int wC) {
      return isWindow && wC >= 0 && wC < ${kW} ? float(wR * ${kW} + wC) : -2.; // nowhere
    }
    void main() {
      int line, X, D1;
      outputAt(line, X, D1);
      int b = quotient(line, ${H}), xR = line - b * ${H}, xC = 2 * X;
      int firstR = quotient(max(0, xR + ${padT - kH + sH}), ${sH});
      int firstC = quotient(max(0, xC + ${padL - kW + sW}), ${sW});
      vec4 dx = vec4(0);
      ${windows}
      ${clearBeyond('dx', 'X', W, 'D1', C)}
      setOutput(dx);
    }`;
  return run(backend, {
    inputs: {dy, position},
    packedInputs,
    outputShape: [B, H, W, C],
    packedOutput: true,
    userCode,
  });
}

/** The most windows, along one axis, that hold any of so many elements beside each other. */
function mostWindows(
  size: number,
  elements: number,
  k: number,
  stride: number,
  pad: number,
): number {
  let most = 0;
  for (let x = pad; x < size + pad; x += elements) {
    const [first, last] = [
      Math.ceil((x - k + 1) / stride),
      Math.floor((x + elements - 1) / stride),
    ];
    most = Math.max(most, last - Math.max(first, 0) + 1);
  }
  return most;
}
