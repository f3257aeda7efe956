// Registers the kernels over typed arrays on TensorFlow.js's `cpu` backend.
import {registerKernels} from '../../ops/kernel.ts';
import {biasKernels} from './bias.ts';
import {conv2dKernels} from './conv2d.ts';
import {denseKernels} from './dense.ts';
import {maxPoolKernels} from './max_pool.ts';
import {reluKernels} from './relu.ts';
import {softmaxKernels} from './softmax_cross_entropy.ts';

registerKernels('cpu', {
  ...conv2dKernels,
  ...maxPoolKernels,
  ...denseKernels,
  ...biasKernels,
  ...reluKernels,
  ...softmaxKernels,
});
