// The public face: the ops, the two networks, the training loop, the data. Importing it registers the ops' gradients and
// kernels.
import '@tensorflow/tfjs-backend-cpu';
import './kernels/cpu/register.ts';
import './kernels/reference/register.ts';
import './kernels/simd/backend/register.ts';
import './kernels/webgl/register.ts';

export {ContextLostError, renewContext} from './context_loss.ts';
export {DataError} from './data/idx.ts';
export {type Batch, type IdxFile, MnistData} from './data/mnist_data.ts';
export {type Evaluation, evaluate} from './evaluation.ts';
export {createNetwork, type Layer, type Network, type Preset, presets} from './network.ts';
export {type Conv2DOptions, conv2d} from './ops/conv2d.ts';
export {dense} from './ops/dense.ts';
export {type MaxPoolOptions, maxPool} from './ops/max_pool.ts';
export {relu} from './ops/relu.ts';
export {softmax, softmaxCrossEntropy} from './ops/softmax_cross_entropy.ts';
export type {Pad, Pair} from './ops/windows.ts';
export {type Recipe, recipes} from './presets.ts';
export {createOptimizer, type State, stateOf} from './recipe.ts';
export {
  DivergenceError,
  type TrainingOptions,
  type TrainingProgress,
  train,
  trainStep,
} from './training.ts';
