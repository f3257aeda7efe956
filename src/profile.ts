// The time of each kernel, as tf.profile finds it: by a clock around the kernel, or on WebGL by the GPU's own clock.
import * as tf from '@tensorflow/tfjs-core';

/**
 * The milliseconds of each call, by kernel. The input's shape tells convolutions and pools apart. NaN if the GPU's clock can't
 * be read. The time of a kernel that calls others, as the reference's kernels do, includes theirs; they are also listed.
 *
 * @param run has to wait for its result, and to leave no tensor behind
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
