// Registers the fragment programs for TensorFlow.js's `webgl` backend. Harmless without WebGL, where there is no such backend.
import '@tensorflow/tfjs-backend-webgl';
import {registerKernels} from '../../ops/kernel.ts';
import {biasKernels} from './bias.ts';
import {conv2dKernels} from './conv2d.ts';
import {denseKernels} from './dense.ts';
import {maxPoolKernels} from './max_pool.ts';
import {reluKernels} from './relu.ts';
import {softmaxKernels} from './softmax_cross_entropy.ts';

registerKernels('webgl', {
  ...conv2dKernels,
  ...maxPoolKernels,
  ...denseKernels,
  ...biasKernels,
  ...reluKernels,
  ...softmaxKernels,
});
