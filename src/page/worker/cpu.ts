// Replaces @tensorflow/tfjs-backend-cpu in the worker (build.mjs): the backend with only those of its kernels that a training step, a
// test and a prediction call besides ours. The whole package would double the script.
import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu';
import {addConfig} from '@tensorflow/tfjs-backend-cpu/dist/kernels/Add';
import {argMaxConfig} from '@tensorflow/tfjs-backend-cpu/dist/kernels/ArgMax';
import {identityConfig} from '@tensorflow/tfjs-backend-cpu/dist/kernels/Identity';
import {multiplyConfig} from '@tensorflow/tfjs-backend-cpu/dist/kernels/Multiply';
import {reshapeConfig} from '@tensorflow/tfjs-backend-cpu/dist/kernels/Reshape';
import {sliceConfig} from '@tensorflow/tfjs-backend-cpu/dist/kernels/Slice';
import * as tf from '@tensorflow/tfjs-core';

export {MathBackendCPU};

tf.registerBackend('cpu', () => new MathBackendCPU(), 1);

const kernels = [
  addConfig,
  argMaxConfig,
  identityConfig,
  multiplyConfig,
  reshapeConfig,
  sliceConfig,
];
for (const kernel of kernels) tf.registerKernel(kernel);
