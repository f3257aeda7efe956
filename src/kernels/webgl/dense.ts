// dense in fragment programs (see ops/dense.ts): products of matrices. Everything is packed (texels.ts), so that a step of
// their sums is a product of two matrices of 2 × 2: 8 multiply-adds for two fetches.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {DenseGeometry} from '../../ops/dense.ts';
import {clearBeyond, clearSecondColumn, clearSecondRow, output, run} from './program.ts';
import {half, texels} from './texels.ts';

/** x [B, I], weights [I, O], bias [O] or null -> y [B, O] */
export function dense(
  backend: MathBackendWebGL,
  x: TensorInfo,
  weights: TensorInfo,
  bias: TensorInfo | null,
  {B, I, O}: DenseGeometry,
): TensorInfo {
  // One fragment computes y[b:b+2, o:o+2].
  //   y[b, o] = bias[o] + x[b, i?] · weights[i?, o]
  const userCode = `
    ${texels(backend, 'x', x)}
    ${texels(backend, 'weights', weights)}
    ${bias ? texels(backend, 'bias', bias) : ''}
    ${output([B, O], true)}
    void main() {
      int line, b2, o2;
      outputAt(line, b2, o2);
      vec4 y = ${bias ? 'biasTexel(biasLine(0), 0, o2).xyxy' : 'vec4(0)'};
      for (int i2 = 0; i2 < ${half(I)}; i2++) {
        vec4 x = xTexel(xLine(0), b2, i2), weights = weightsTexel(weightsLine(0), i2, o2);
        ${clearSecondColumn('x', 'i2', I)}
        ${clearSecondRow('weights', 'i2', I)}
        y += x.xxzz * weights.xyxy + x.yyww * weights.zwzw;
      }
      ${clearBeyond('y', 'b2', B, 'o2', O)}
      setOutput(y);
    }`;
  const inputs: Record<string, TensorInfo> = bias ? {x, weights, bias} : {x, weights};
  return run(backend, {
    inputs,
    packedInputs: true,
    outputShape: [B, O],
    packedOutput: true,
    userCode,
  });
}

/** dy [B, O], weights [I, O] -> dx [B, I] */
export function denseInputGradient(
  backend: MathBackendWebGL,
  dy: TensorInfo,
  weights: TensorInfo,
  {B, I, O}: DenseGeometry,
): TensorInfo {
  // One fragment computes dx[b:b+2, i:i+2].
  //   dx[b, i] = dy[b, o?] · weights[i, o?]
  const userCode = `
    ${texels(backend, 'dy', dy)}
    ${texels(backend, 'weights', weights)}
    ${output([B, I], true)}
    void main() {
      int line, b2, i2;
      outputAt(line, b2, i2);
      vec4 dx = vec4(0);
      for (int o2 = 0; o2 < ${half(O)}; o2++) {
        vec4 dy = dyTexel(dyLine(0), b2, o2), weights = weightsTexel(weightsLine(0), i2, o2);
        ${clearSecondColumn('dy', 'o2', O)}
        ${clearSecondColumn('weights', 'o2', O)}
        dx += dy.xxzz * weights.xzxz + dy.yyww * weights.ywyw;
      }
      ${clearBeyond('dx', 'b2', B, 'i2', I)}
      setOutput(dx);
    }`;
  return run(backend, {
    inputs: {dy, weights},
    packedInputs: true,
    outputShape: [B, I],
    packedOutput: true,
    userCode,
  });
}

/** x [B, I], dy [B, O] -> dWeights [I, O] */
export function denseWeightsGradient(
  backend: MathBackendWebGL,
  x: TensorInfo,
  dy: TensorInfo,
  {B, I, O}: DenseGeometry,
): TensorInfo {
  // One fragment computes dWeights[i:i+2, o:o+2].
  //   dWeights[i, o] = x[b?, i] · dy[b?, o]
  const userCode = `
    ${texels(backend, 'x', x)}
    ${texels(backend, 'dy', dy)}
    ${output([I, O], true)}
    void main() {
      int line, i2, o2;
      outputAt(line, i2, o2);
      vec4 dWeights = vec4(0);
      for (int b2 = 0; b2 < ${half(B)}; b2++) {
        vec4 x = xTexel(xLine(0), b2, i2), dy = dyTexel(dyLine(0), b2, o2);
        ${clearSecondRow('x', 'b2', B)}
        ${clearSecondRow('dy', 'b2', B)}
        dWeights += x.xxyy * dy.xyxy + x.zzww * dy.zwzw;
      }
      ${clearBeyond('dWeights', 'i2', I, 'o2', O)}
      setOutput(dWeights);
    }`;
  return run(backend, {
    inputs: {x, dy},
    packedInputs: true,
    outputShape: [I, O],
    packedOutput: true,
    userCode,
  });
}
