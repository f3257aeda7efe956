// maxPool in fragment programs (see ops/max_pool.ts). Backward is a gather: an element of dx looks at every window that it lies in,
// and adds the window's dy if the window has its maximum there. Where textures have 16 bits, a position is exact up to 2048, which
// is enough for windows of 45 × 45.
import {getKernel, type TensorInfo} from '@tensorflow/tfjs-core';
import type {Attrs} from '../../ops/kernel.ts';
import {MaxPool, MaxPoolGradient} from '../../ops/max_pool.ts';
import type {Windows} from '../../ops/windows.ts';
import {type Backend, type Inputs, kernel} from './kernel.ts';
import {clearBeyond, run, unrolled} from './program.ts';

/** x [B, H, W, C], packed -> y and position [B, yH, yW, C], not packed, so that a flatten of y costs nothing */
function maxPool(backend: Backend, {x}: Inputs, g: Attrs<Windows>): TensorInfo[] {
  const {B, H, W, kH, kW, yH, sH, sW, padT, padL, outputShape} = g;
  const looks = unrolled('wR', kH, wR => unrolled('wC', kW, wC => `look(${wR}, ${wC});`));
  // A program has one output: here it holds all of y, then all of position.
  // One fragment computes y[b, yR, yC, d1], another position[b, yR, yC, d1].
  //   y[b, yR, yC, d1] = max of x[b, xR?, xC?, d1]
  const userCode = `
    // The test is on the bits, because a compiler may assume that there is no NaN.
    bool isNaN(float value) {
      return (floatBitsToUint(value) & 0x7fffffffu) > 0x7f800000u;
    }
    int b, top, left, d1;
    float y = 0., position = -1.;
    void look(int wR, int wC) {
      int xR = top + wR, xC = left + wC;
      vec2 pair = xPair(xLine(b * ${H} + xR), xC, d1 / 2);
      float value = (d1 & 1) == 0 ? pair.x : pair.y;
      bool isInside = xR >= 0 && xR < ${H} && xC >= 0 && xC < ${W};
      // A NaN stays the maximum.
      bool wins = isInside && (position < 0. || !isNaN(y) && (isNaN(value) || value > y));
      y = wins ? value : y;
      position = wins ? float(wR * ${kW} + wC) : position;
    }
    void main() {
      int line, yC;
      outputAt(line, yC, d1);
      bool isPosition = line >= ${B * yH};
      if (isPosition) line -= ${B * yH};
      b = line / ${yH};
      top = (line - b * ${yH}) * ${sH} - ${padT}, left = yC * ${sW} - ${padL};
      ${looks}
      setOutput(isPosition ? position : y);
    }`;
  const bothShape = [2 * B, ...outputShape.slice(1)];
  const both = run(backend, {inputs: {x}, outputShape: bothShape, packedOutput: false, userCode});
  // In a texture that isn't packed, a slice along the first axis isn't copied.
  const {kernelFunc} = getKernel('Slice', 'webgl')!;
  const [y, position] = [0, B].map(first => {
    const attrs = {begin: [first, 0, 0, 0], size: outputShape};
    return kernelFunc({inputs: {x: both}, attrs, backend}) as TensorInfo;
  });
  backend.disposeIntermediateTensorInfo(both);
  return [y, {...position, dtype: 'int32'}];
}

/** dy and position [B, yH, yW, C], not packed -> dx [B, H, W, C], packed */
function maxPoolGradient(backend: Backend, {dy, position}: Inputs, g: Attrs<Windows>) {
  const {H, W, C, kH, kW, yH, yW, sH, sW, padT, padL, outputShape} = g;
  // One fragment computes dx[b, xR, xC:xC+2, d1:d1+2].
  //   dx[b, xR, xC, d1] = Σ dy[b, yR?, yC?, d1] where position[b, yR?, yC?, d1] is that of (xR, xC)
  const userCode = `
    float positionOf(int wR, int wC) {
      return wC >= 0 && wC < ${kW} ? float(wR * ${kW} + wC) : -1.; // in another window
    }
    void main() {
      int line, xCPair, d1Pair;
      outputAt(line, xCPair, d1Pair);
      int b = line / ${H}, xR = line - b * ${H}, xC = 2 * xCPair, d1 = 2 * d1Pair;
      int firstR = max(0, xR + ${padT - kH + sH}) / ${sH}, lastR = min(${yH - 1}, (xR + ${padT}) / ${sH});
      int firstC = max(0, xC + ${padL - kW + sW}) / ${sW}, lastC = min(${yW - 1}, (xC + ${padL + 1}) / ${sW});
      vec4 dx = vec4(0);
      for (int yR = firstR; yR <= lastR; yR++) {
        for (int yC = firstC; yC <= lastC; yC++) {
          int yLine = b * ${yH} + yR, wR = xR + ${padT} - yR * ${sH}, wC = xC + ${padL} - yC * ${sW};
          vec2 found = vec2(positionNumber(yLine, yC, d1), positionNumber(yLine, yC, d1 + 1));
          vec2 dy = vec2(dyNumber(yLine, yC, d1), dyNumber(yLine, yC, d1 + 1));
          dx += mix(vec4(0), dy.xyxy, equal(found.xyxy, vec2(positionOf(wR, wC), positionOf(wR, wC + 1)).xxyy));
        }
      }
      ${clearBeyond('dx', 'xCPair', W, 'd1Pair', C)}
      setOutput(dx);
    }`;
  return run(backend, {
    inputs: {dy, position},
    packedInputs: false,
    outputShape,
    userCode,
  });
}

export const maxPoolKernels = {
  [MaxPool]: kernel(maxPool),
  [MaxPoolGradient]: kernel(maxPoolGradient),
};
