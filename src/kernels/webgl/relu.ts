// relu in fragment programs (see ops/relu.ts). It stands between a pool, which isn't packed, and a product, which is: it
// changes from one layout to the other on the way, and its gradient back.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Attrs} from '../../ops/kernel.ts';
import {clearBeyond, run} from './program.ts';
import {lastTwo} from './texels.ts';

/** x, packed or not -> y, packed */
export function relu(backend: MathBackendWebGL, x: TensorInfo, {outputShape}: Attrs): TensorInfo {
  const {texture, isPacked} = backend.texData.get(x.dataId);
  const packedInputs = !texture || isPacked === true;
  const [P, Q] = lastTwo(x.shape);
  // One fragment computes y[line, p:p+2, q:q+2].
  //   y[line, p, q] = x[line, p, q] > 0 ? x[line, p, q] : 0
  // As integers, the bits of the floats from −0 to −∞ are those up to 0xff800000; no NaN is among them.
  const userCode = `
    void main() {
      int line, P, Q;
      outputAt(line, P, Q);
      int p = 2 * P, q = 2 * Q;
      vec4 x = ${
        packedInputs
          ? 'xTexel(xLine(line), P, Q)'
          : `vec4(xNumber(line, p, q), xNumber(line, p, q + 1),
                    xNumber(line, p + 1, q), xNumber(line, p + 1, q + 1))`
      };
      vec4 y = mix(x, vec4(0), lessThanEqual(floatBitsToInt(x), ivec4(0xff800000)));
      ${clearBeyond('y', 'P', P, 'Q', Q)}
      setOutput(y);
    }`;
  return run(backend, {inputs: {x}, packedInputs, outputShape, userCode});
}

/** dy and y, packed -> dx, not packed */
export function reluGradient(
  backend: MathBackendWebGL,
  dy: TensorInfo,
  y: TensorInfo,
  {outputShape}: Attrs,
): TensorInfo {
  // One fragment computes dx[line, p, q].
  //   dx[line, p, q] = y[line, p, q] > 0 ? dy[line, p, q] : 0
  // Not y > 0, as a NaN may be taken for a number: of the positive numbers' bits, those of ∞ are the largest.
  const userCode = `
    float one(vec2 pair, int q) {
      return (q & 1) == 0 ? pair.x : pair.y;
    }
    void main() {
      int line, p, q;
      outputAt(line, p, q);
      int bits = floatBitsToInt(one(yPair(yLine(line), p, q / 2), q));
      float dy = one(dyPair(dyLine(line), p, q / 2), q);
      setOutput(bits > 0 && bits <= 0x7f800000 ? dy : 0.);
    }`;
  return run(backend, {inputs: {dy, y}, outputShape, packedOutput: false, userCode});
}
