// relu in fragment programs (see ops/relu.ts). In a network it comes after a pool, whose output isn't packed, and before a product
// of matrices, whose input is: relu also changes the layout, and its gradient changes it back.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Attrs} from '../../ops/kernel.ts';
import {Relu, ReluGradient} from '../../ops/relu.ts';
import {type Backend, type Inputs, kernel} from './kernel.ts';
import {clearBeyond, run} from './program.ts';
import {lastTwo} from './texels.ts';

/** x, packed or not -> y, packed */
function relu(backend: Backend, {x}: Inputs, {outputShape}: Attrs): TensorInfo {
  const {texture, isPacked} = backend.texData.get(x.dataId);
  const packedInputs = !texture || isPacked === true;
  const [rows, columns] = lastTwo(x.shape);
  // One fragment computes y[line, row:row+2, column:column+2].
  //   y[line, row, column] = x[line, row, column] > 0 ? x[line, row, column] : 0
  // Read as integers, the bits of the floats from −0 to −∞ are the smallest, up to 0xff800000. Those of a NaN are larger.
  const userCode = `
    void main() {
      int line, rowPair, columnPair;
      outputAt(line, rowPair, columnPair);
      int row = 2 * rowPair, column = 2 * columnPair;
      vec4 x = ${
        packedInputs
          ? 'xTexel(xLine(line), rowPair, columnPair)'
          : `vec4(xNumber(line, row, column), xNumber(line, row, column + 1),
                    xNumber(line, row + 1, column), xNumber(line, row + 1, column + 1))`
      };
      vec4 y = mix(x, vec4(0), lessThanEqual(floatBitsToInt(x), ivec4(0xff800000)));
      ${clearBeyond('y', 'rowPair', rows, 'columnPair', columns)}
      setOutput(y);
    }`;
  return run(backend, {inputs: {x}, packedInputs, outputShape, userCode});
}

/** dy and y, packed -> dx, not packed */
function reluGradient(backend: Backend, {dy, y}: Inputs, {outputShape}: Attrs): TensorInfo {
  // One fragment computes dx[line, row, column].
  //   dx[line, row, column] = y[line, row, column] > 0 ? dy[line, row, column] : 0
  // The condition is on the bits of y, because y > 0 may hold for a NaN: a positive number's bits are at most those of ∞.
  const userCode = `
    float one(vec2 pair, int column) {
      return (column & 1) == 0 ? pair.x : pair.y;
    }
    void main() {
      int line, row, column;
      outputAt(line, row, column);
      int bits = floatBitsToInt(one(yPair(yLine(line), row, column / 2), column));
      float dy = one(dyPair(dyLine(line), row, column / 2), column);
      setOutput(bits > 0 && bits <= 0x7f800000 ? dy : 0.);
    }`;
  return run(backend, {inputs: {dy, y}, outputShape, packedOutput: false, userCode});
}

export const reluKernels = {[Relu]: kernel(relu), [ReluGradient]: kernel(reluGradient)};
