// The backend `simd-resident` is `simd`, but all inputs of its kernels are in WebAssembly memory, and freed memory is filled with
// NaN. On `simd` itself most of the specs' tensors stay in JavaScript arrays, and stock kernels work there.
import * as tf from '@tensorflow/tfjs-core';
import {Memory} from '../../src/kernels/simd/backend/memory.ts';
import {registerSimdBackend, type SimdBackend} from '../../src/kernels/simd/backend/register.ts';

const backendName = 'simd-resident';
registerSimdBackend(backendName);

for (const kernel of tf.getKernelsForBackend(backendName)) {
  tf.unregisterKernel(kernel.kernelName, backendName);
  tf.registerKernel({
    ...kernel,
    kernelFunc: call => {
      const inputs: (tf.TensorInfo | undefined)[] = Object.values(call.inputs).flat();
      for (const input of inputs) if (input) bring(call.backend as SimdBackend, input);
      return kernel.kernelFunc(call);
    },
  });
}

function bring(backend: SimdBackend, input: tf.TensorInfo) {
  // The data's dtype may differ from the tensor's: tf.cast to float32 shares its input's data. A complex tensor has no own values.
  const {dtype, values} = backend.data.get(input.dataId);
  if (values && dtype === 'float32') backend.pointer(input);
  if (values && dtype === 'int32') backend.int32Pointer(input);
}

const release = Memory.prototype.release;
Memory.prototype.release = function (at, bytes) {
  this.float32(at, bytes / 4).fill(NaN);
  release.call(this, at, bytes);
};
