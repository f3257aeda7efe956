// The stock kernel GatherV2 on `simd`.
import * as tf from '@tensorflow/tfjs-core';
import {isFloats, type Overrides} from './stock_override.ts';

export const gatherOverrides: Overrides = {
  // Copies whole slices, where the stock kernel works out the index of each number. x is often a whole training set, so it isn't
  // copied to WebAssembly memory.
  [tf.GatherV2]: (simd, {x, indices}, {axis, batchDims = 0}) => {
    if (!isFloats(x)) return undefined;
    const [parsed] = tf.util.parseAxisParam(axis, x.shape);
    const shapes = tf.backend_util.segment_util.collectGatherOpShapeInfo(
      x as tf.Tensor,
      indices as tf.Tensor,
      parsed,
      batchDims,
    );
    const {batchSize, outerSize, dimSize, sliceSize, outputShape} = shapes;
    const wanted = simd.readSync(indices.dataId) as Int32Array;
    if (wanted.some(index => index < 0 || index >= dimSize)) return undefined; // the stock kernel throws
    const y = simd.allocate(outputShape);
    const from = simd.data.get(x.dataId).values as Float32Array;
    const to = simd.data.get(y.dataId).values as Float32Array;
    const perBatch = wanted.length / batchSize;
    let done = 0;
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = 0; outer < outerSize; outer++) {
        const first = (batch * outerSize + outer) * dimSize;
        for (let i = 0; i < perBatch; i++) {
          const slice = (first + wanted[batch * perBatch + i]) * sliceSize;
          to.set(from.subarray(slice, slice + sliceSize), done);
          done += sliceSize;
        }
      }
    }
    return y;
  },
};
