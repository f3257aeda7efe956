// Turns a function over typed arrays into a kernel of TensorFlow.js's `cpu` backend.
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import {util} from '@tensorflow/tfjs-core';
import type {Kernel, Untyped} from '../../ops/kernel.ts';

/** The tests' gradient checks run the same code on Float64Array. */
export type Floats = Float32Array | Float64Array;

/** Arrays by the name of their tensor. One that an op may leave out, a bias, is undefined. */
export type Inputs = Record<string, Floats>;

/**
 * The kernel that calls `compute` with the inputs' arrays by name, the attributes, and an array of zeros to fill for each output.
 *
 * @param dtypes of the outputs; all of them have the shape `outputShape`
 */
export const kernel =
  (
    compute: (inputs: Untyped, attrs: Untyped, ...outputs: Untyped[]) => void,
    dtypes: ('float32' | 'int32')[] = ['float32'],
  ): Kernel =>
  ({inputs, attrs, backend}) => {
    const cpu = backend as MathBackendCPU;
    const arrays: Untyped = {};
    for (const name in inputs) arrays[name] = cpu.data.get(inputs[name].dataId).values;
    const shape = attrs.outputShape;
    const outputs = dtypes.map(dtype => util.makeZerosTypedArray(util.sizeFromShape(shape), dtype));
    compute(arrays, attrs, ...outputs);
    const tensors = outputs.map((values, i) => cpu.makeTensorInfo(shape, dtypes[i], values));
    return tensors.length === 1 ? tensors[0] : tensors;
  };
