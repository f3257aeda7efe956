// relu in fragment programs (see ops/relu.ts).
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {clearBeyond, either, isBulky, lastTwo, oneOf, output, run} from './program.ts';
import {texels} from './texels.ts';

/** x, however it lies -> y, packed */
export function relu(backend: MathBackendWebGL, x: TensorInfo): TensorInfo {
  const {texture, isPacked} = backend.texData.get(x.dataId);
  const packedInputs = !texture || isPacked === true;
  const [P, Q] = lastTwo(x.shape);
  // One fragment computes y[line, p:p+2, q:q+2].
  //   y[line, p, q] = x[line, p, q] > 0 ? x[line, p, q] : 0
  // As integers, the bits of the floats from −0 to −∞ are those up to 0xff800000; no NaN is among them.
  const userCode = `
    ${either(backend, 'x', x, packedInputs)}
    ${output(x.shape, true)}
    void main() {
      int line, P, Q;
      outputAt(line, P, Q);
      vec4 x = xFour(line, P, Q);
      vec4 y = mix(x, vec4(0), lessThanEqual(floatBitsToInt(x), ivec4(0xff800000)));
      ${clearBeyond('y', 'P', P, 'Q', Q)}
      setOutput(y);
    }`;
  return run(backend, {
    inputs: {x},
    packedInputs,
    outputShape: x.shape,
    packedOutput: true,
    userCode,
  });
}

/** dy and y, packed -> dx, packed if it is bulky */
export function reluGradient(backend: MathBackendWebGL, dy: TensorInfo, y: TensorInfo): TensorInfo {
  const packedOutput = isBulky(y.shape);
  const [P, Q] = lastTwo(y.shape);
  // One fragment computes dx[line, p:p+2, q:q+2], or one number of them.
  //   dx[line, p, q] = y[line, p, q] > 0 ? dy[line, p, q] : 0
  const userCode = `
    ${texels(backend, 'dy', dy)}
    ${texels(backend, 'y', y)}
    ${output(y.shape, packedOutput)}
    void main() {
      int line, p, q;
      outputAt(line, p, q);
      int P = ${packedOutput ? 'p' : 'p >> 1'}, Q = ${packedOutput ? 'q' : 'q >> 1'};
      // Not y > 0, as a NaN may be taken for a number: of the positive numbers' bits, those of ∞ are the largest.
      ivec4 bits = floatBitsToInt(yTexel(yLine(line), P, Q));
      vec4 dx = dyTexel(dyLine(line), P, Q);
      dx = mix(vec4(0), dx, greaterThan(bits, ivec4(0)));
      dx = mix(vec4(0), dx, lessThanEqual(bits, ivec4(0x7f800000)));
      ${packedOutput ? clearBeyond('dx', 'P', P, 'Q', Q) : ''}
      setOutput(${packedOutput ? 'dx' : oneOf('dx', 'p', 'q')});
    }`;
  return run(backend, {
    inputs: {dy, y},
    packedInputs: true,
    outputShape: y.shape,
    packedOutput,
    userCode,
  });
}
