// The kernels of `simd` under TensorFlow.js's own names: all those of the stock CPU backend. Kernels of ours come before the stock
// kernels that take the most time in tf.layers' `model.fit`; they are in the files stock_*.ts, by topic. Ours decline what they can't
// do: another dtype, channels first, an unusual broadcast, windows at fractions of a pixel or cut by negative padding, more than the
// memory holds. The stock kernel then computes it, or says why it can't.
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from './backend.ts';
import type {Inputs, Tensor} from './kernel.ts';
import {OutOfMemoryError} from './memory.ts';
import {avgPoolOverrides} from './stock_avg_pool.ts';
import {batchNormOverrides} from './stock_batch_norm.ts';
import {conv2dOverrides} from './stock_conv2d.ts';
import {depthwiseOverrides} from './stock_depthwise.ts';
import {elementwiseOverrides} from './stock_elementwise.ts';
import {gatherOverrides} from './stock_gather.ts';
import {matMulOverrides} from './stock_matmul.ts';
import {maxPoolOverrides} from './stock_max_pool.ts';
import type {Override, Overrides} from './stock_override.ts';
import {reduceOverrides} from './stock_reduce.ts';
import {tileOverrides} from './stock_tile.ts';
import {unaryOverrides} from './stock_unary.ts';

type Call = Parameters<tf.KernelFunc>[0];

const overrides: Overrides = {
  ...conv2dOverrides,
  ...depthwiseOverrides,
  ...maxPoolOverrides,
  ...avgPoolOverrides,
  ...matMulOverrides,
  ...unaryOverrides,
  ...elementwiseOverrides,
  ...reduceOverrides,
  ...batchNormOverrides,
  ...tileOverrides,
  ...gatherOverrides,
};

/** Calls a kernel of ours. Undefined if it declines or the memory has no room. */
function tried(ours: Override, {backend, inputs, attrs}: Call): Tensor | undefined {
  try {
    return ours(backend as SimdBackend, inputs as Inputs, attrs ?? {});
  } catch (error) {
    if (error instanceof OutOfMemoryError) return undefined;
    throw error;
  }
}

/** A stock kernel of several inputs holds views of all. None may make the memory grow when it is first read. */
function settleAll({backend, inputs}: Call): void {
  const all = Object.values(inputs).flat() as (Tensor | undefined)[];
  if (all.length < 2) return;
  for (const input of all) if (input) (backend as SimdBackend).settle(input);
}

/** The stock kernels for a backend of this name, with ours before the stock ones. */
export function stockKernels(backendName: string): tf.KernelConfig[] {
  return tf
    .getKernelsForBackend('cpu')
    .filter(({kernelName}) => !kernelName.startsWith('mnist.'))
    .map(stock => {
      const onStock: tf.KernelFunc = call => {
        settleAll(call);
        return stock.kernelFunc(call);
      };
      if (!Object.hasOwn(overrides, stock.kernelName)) {
        return {...stock, backendName, kernelFunc: onStock};
      }
      const ours = overrides[stock.kernelName];
      const kernelFunc: tf.KernelFunc = call => tried(ours, call) ?? onStock(call);
      return {...stock, backendName, kernelFunc};
    });
}
