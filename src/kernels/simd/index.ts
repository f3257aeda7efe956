// What the WebAssembly module exports. Every tensor is a pointer to float32 (positions: int32) in
// the imported memory.
export {
  conv2d, conv2dFilterGradient, conv2dFilterGradientInside, conv2dFilterGradientIsDoubtful,
  conv2dFilterGradientIsSparse, conv2dFilterGradientScratch, conv2dInputGradient,
  conv2dInputGradientIsSparse, conv2dInputGradientScratch, conv2dScratch,
} from './conv2d';
export {dense, denseInputGradient, denseWeightsGradient} from './dense';
export {batchMatMul, matMul, matMulScratch, matMulUnits} from './matmul';
export {conv2dFilterGradientOfPool, conv2dInputGradientOfPool, conv2dOfPoolIsSparse} from './sparse';
export {biasGradient} from './bias';
export {relu, reluGradient} from './relu';
export {maxPool, maxPoolGradient, maxPoolIgnoringNaN, maxPoolScratch} from './max_pool';
export {
  depthwise, depthwiseFilterGradient, depthwiseFilterGradientScratch, depthwiseInputGradient, depthwiseScratch,
} from './depthwise';
export {avgPool, avgPoolGradient, avgPoolScratch} from './avg_pool';
export {
  softmax, softmaxCrossEntropy, softmaxCrossEntropyGradient, softmaxGradient,
} from './softmax_cross_entropy';
export {add, divide, multiply, subtract} from './elementwise';
export {floor, rsqrt, sqrt, square, step} from './unary';
export {sumColumns, sumColumnsScratch, sumRows} from './sum';
export {batchNorm, batchNormScratch} from './batch_norm';
export {repeat} from './repeat';
export {pixels} from './pixels';
export {peak, peakWork} from './peak';
export {geometry} from './geometry';
export {heapBase, ownBytes} from './own';
