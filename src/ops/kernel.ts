// How an op reaches its kernel: by name, on whichever backend is current. The names are ours ("mnist.Conv2D"), because
// a kernel registered under a stock name replaces the stock kernel for the whole page.
import * as tf from '@tensorflow/tfjs-core';
import {fail} from './checks.ts';

/** Tensors and attributes as TensorFlow.js's registry hands them over: the registry doesn't know their types, each kernel does. */
// biome-ignore lint/suspicious/noExplicitAny: nothing narrower fits every kernel
export type Untyped = any;

/** A kernel in TensorFlow.js's form: tensors by name and plain attributes in, one tensor or several out. */
export type Kernel = (call: {
  inputs: Record<string, Untyped>;
  attrs: Untyped;
  backend: Untyped;
}) => tf.TensorInfo | tf.TensorInfo[];

/** A kernel's attributes: its op's geometry, and the shape of its output, which the op works out for every backend. */
export type Attrs<Geometry = object> = Geometry & {outputShape: number[]};

const references = new Map<string, Kernel>();

/** Registers one backend's kernels, by name. */
export function registerKernels(backendName: string, kernels: Record<string, Kernel>): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    tf.registerKernel({kernelName, backendName, kernelFunc: kernel as tf.KernelFunc});
  }
}

/** Registers the kernels for all backends that have none of their own. */
export function registerReferenceKernels(kernels: Record<string, Kernel>): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) references.set(kernelName, kernel);
}

/**
 * Runs the current backend's kernel of that name. If the backend has none, the first call gives it the reference kernel.
 * kernel.test.ts checks that our own backends have all kernels.
 */
export function runKernel<T extends tf.Tensor | tf.Tensor[]>(
  kernelName: string,
  inputs: Record<string, tf.Tensor>,
  attrs: Attrs,
): T {
  const engine = tf.engine();
  engine.backend; // this getter chooses a backend if there is none yet
  const reference = references.get(kernelName);
  if (reference && !tf.getKernel(kernelName, engine.backendName)) {
    registerKernels(engine.backendName, {[kernelName]: reference});
  }
  return engine.runKernel(kernelName, inputs, attrs as object as tf.NamedAttrMap) as T;
}

/** Makes a request for the gradient of an op's gradient throw: there are no second derivatives. */
export function refuseGradient(op: string, ...kernelNames: string[]): void {
  for (const kernelName of kernelNames) {
    tf.registerGradient({
      kernelName,
      gradFunc: () => fail(op, 'a first derivative', 'a request for the second'),
    });
  }
}
