// dense in fragment programs (see ops/dense.ts): each kernel is a product of matrices. Every tensor is packed (texels.ts), so a step
// of a sum is a product of two 2 × 2 matrices: 8 multiply-adds for two fetches.
import type {DenseGeometry} from '../../ops/dense.ts';
import {Dense, DenseInputGradient, DenseWeightsGradient} from '../../ops/dense.ts';
import type {Attrs} from '../../ops/kernel.ts';
import {type Backend, type Inputs, kernel} from './kernel.ts';
import {clearBeyond, clearSecondColumn, clearSecondRow, run, unrolled} from './program.ts';
import {pairs} from './texels.ts';

/** x [B, I], weights [I, O], bias [O] or none -> y [B, O] */
function dense(backend: Backend, {x, weights, bias}: Inputs, g: Attrs<DenseGeometry>) {
  const {B, I, O, outputShape} = g;
  const step = unrolled(
    'iPair',
    pairs(I),
    iPair => `
        vec4 x = xTexel(xLine(0), bPair, ${iPair}), weights = weightsTexel(weightsLine(0), ${iPair}, oPair);
        ${clearSecondColumn('x', iPair, I)}
        ${clearSecondRow('weights', iPair, I)}
        y += x.xxzz * weights.xyxy + x.yyww * weights.zwzw;`,
  );
  // One fragment computes y[b:b+2, o:o+2].
  //   y[b, o] = bias[o] + x[b, i?] · weights[i?, o]
  const userCode = `
    void main() {
      int line, bPair, oPair;
      outputAt(line, bPair, oPair);
      vec4 y = ${bias ? 'biasTexel(biasLine(0), 0, oPair).xyxy' : 'vec4(0)'};
      ${step}
      ${clearBeyond('y', 'bPair', B, 'oPair', O)}
      setOutput(y);
    }`;
  const inputs: Inputs = bias ? {x, weights, bias} : {x, weights};
  return run(backend, {inputs, outputShape, userCode});
}

/** dy [B, O], weights [I, O] -> dx [B, I] */
function denseInputGradient(backend: Backend, {dy, weights}: Inputs, g: Attrs<DenseGeometry>) {
  const {B, I, O, outputShape} = g;
  const step = unrolled(
    'oPair',
    pairs(O),
    oPair => `
        vec4 dy = dyTexel(dyLine(0), bPair, ${oPair}), weights = weightsTexel(weightsLine(0), iPair, ${oPair});
        ${clearSecondColumn('dy', oPair, O)}
        ${clearSecondColumn('weights', oPair, O)}
        dx += dy.xxzz * weights.xzxz + dy.yyww * weights.ywyw;`,
  );
  // One fragment computes dx[b:b+2, i:i+2].
  //   dx[b, i] = dy[b, o?] · weights[i, o?]
  const userCode = `
    void main() {
      int line, bPair, iPair;
      outputAt(line, bPair, iPair);
      vec4 dx = vec4(0);
      ${step}
      ${clearBeyond('dx', 'bPair', B, 'iPair', I)}
      setOutput(dx);
    }`;
  return run(backend, {inputs: {dy, weights}, outputShape, userCode});
}

/** x [B, I], dy [B, O] -> dWeights [I, O] */
function denseWeightsGradient(backend: Backend, {x, dy}: Inputs, g: Attrs<DenseGeometry>) {
  const {B, I, O, outputShape} = g;
  const step = unrolled(
    'bPair',
    pairs(B),
    bPair => `
        vec4 x = xTexel(xLine(0), ${bPair}, iPair), dy = dyTexel(dyLine(0), ${bPair}, oPair);
        ${clearSecondRow('x', bPair, B)}
        ${clearSecondRow('dy', bPair, B)}
        dWeights += x.xxyy * dy.xyxy + x.zzww * dy.zwzw;`,
  );
  // One fragment computes dWeights[i:i+2, o:o+2].
  //   dWeights[i, o] = x[b?, i] · dy[b?, o]
  const userCode = `
    void main() {
      int line, iPair, oPair;
      outputAt(line, iPair, oPair);
      vec4 dWeights = vec4(0);
      ${step}
      ${clearBeyond('dWeights', 'iPair', I, 'oPair', O)}
      setOutput(dWeights);
    }`;
  return run(backend, {inputs: {x, dy}, outputShape, userCode});
}

export const denseKernels = {
  [Dense]: kernel(dense),
  [DenseInputGradient]: kernel(denseInputGradient),
  [DenseWeightsGradient]: kernel(denseWeightsGradient),
};
