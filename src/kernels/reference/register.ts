// Registers the reference kernels, for every backend that has none of its own.
import {registerReferenceKernels} from '../../ops/kernel.ts';
import {biasKernels} from './bias.ts';
import {conv2dKernels} from './conv2d.ts';
import {denseKernels} from './dense.ts';
import {maxPoolKernels} from './max_pool.ts';
import {reluKernels} from './relu.ts';
import {softmaxKernels} from './softmax_cross_entropy.ts';

registerReferenceKernels({
  ...conv2dKernels,
  ...maxPoolKernels,
  ...denseKernels,
  ...biasKernels,
  ...reluKernels,
  ...softmaxKernels,
});
