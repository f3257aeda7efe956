// softmax and softmaxCrossEntropy on `simd` (see ops/softmax_cross_entropy.ts). The loops are in
// ../softmax_cross_entropy.ts.
import {
  Softmax,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGradient,
  SoftmaxGradient,
} from '../../../ops/softmax_cross_entropy.ts';
import {kernel} from './kernel.ts';

export const softmaxKernels = {
  // logits [B, N] -> p [B, N]
  [Softmax]: kernel((simd, {logits}, {B, N, outputShape}) =>
    simd.compute(outputShape, [logits], ([logits], p) => simd.kernels.softmax(logits, p, B, N)),
  ),
  // dp, p [B, N] -> dlogits [B, N]
  [SoftmaxGradient]: kernel((simd, {dp, p}, {B, N, outputShape}) =>
    simd.compute(outputShape, [dp, p], ([dp, p], dlogits) =>
      simd.kernels.softmaxGradient(dp, p, dlogits, B, N),
    ),
  ),
  // labels, logits [B, N] -> loss, a scalar
  [SoftmaxCrossEntropy]: kernel((simd, {labels, logits}, {B, N, outputShape}) =>
    simd.compute(outputShape, [labels, logits], ([labels, logits], loss) =>
      simd.kernels.softmaxCrossEntropy(labels, logits, loss, B, N),
    ),
  ),
  // dloss, a scalar, labels, logits [B, N] -> dlogits [B, N]
  [SoftmaxCrossEntropyGradient]: kernel((simd, {dloss, labels, logits}, {B, N, outputShape}) =>
    simd.compute(outputShape, [dloss, labels, logits], ([dloss, labels, logits], dlogits) =>
      simd.kernels.softmaxCrossEntropyGradient(dloss, labels, logits, dlogits, B, N),
    ),
  ),
};
