// How a function over typed arrays becomes a kernel of TensorFlow.js's `cpu` backend.
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import {util} from '@tensorflow/tfjs-core';
import type {Kernel, Untyped} from '../../ops/kernel.ts';

/** Also Float64Array, so that the gradient checks can run on the same code. */
export type Floats = Float32Array | Float64Array;

/**
 * The kernel that gives `compute` its inputs' arrays by name, its attributes, and for each output an array of zeros to fill.
 *
 * @param dtypes of the outputs, all of which have the shape `outputShape`
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
