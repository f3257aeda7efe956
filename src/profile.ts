// Where the time goes, kernel by kernel, as tf.profile finds it: by a clock around each kernel, or on WebGL by the GPU's own.
import * as tf from '@tensorflow/tfjs-core';

/**
 * The milliseconds of each call, by kernel. Convolutions and pools are told apart by the shape that they are given. NaN where
 * the GPU's clock can't be read. A kernel that calls others, as those of the reference do, takes their time too, and they are
 * listed beside it.
 *
 * @param run waits for its result, and leaves no tensor behind
 */
export async function kernelTimes(run: () => unknown): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  const {kernels} = await tf.profile(() => run() as tf.TensorContainer);
  for (const {name, inputShapes, kernelTimeMs} of kernels) {
    const shape = inputShapes.find(shape => shape?.length === 4);
    const kernel = name + (shape ? ` [${shape}]` : '');
    found.set(kernel, [...(found.get(kernel) ?? []), Number(await kernelTimeMs)]);
  }
  return found;
}
