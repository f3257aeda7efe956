// The backends: which of them this browser has, and how the others get here.
import '@tensorflow/tfjs-backend-cpu'; // of which build.mjs takes ./cpu.ts
import '../../kernels/cpu/register.ts';
import '../../kernels/reference/register.ts';
import * as tf from '@tensorflow/tfjs-core';
import {build} from '../../kernels/simd/backend/module.ts';
import {registerSimdBackend, simdSupported} from '../../kernels/simd/backend/register.ts';
import {PageError} from '../page_error.ts';
import type {Backend, WasmBuild} from '../settings.ts';
import type {TextKey} from '../texts.ts';

tf.enableProdMode();

export function findMissing(): Partial<Record<Backend, TextKey>> {
  const missing: Partial<Record<Backend, TextKey>> = {};
  if (!simdSupported) missing.simd = 'noSimd';
  if (isWasmForbidden()) missing.simd = missing.wasm = 'wasmForbidden';
  if (!hasWebGL()) missing.webgl = 'noWebGL';
  if (typeof WebAssembly === 'undefined') missing.wasm = 'noWasm';
  return missing;
}

/** A Content-Security-Policy without 'wasm-unsafe-eval' lets nothing be compiled, though all of it is valid. */
function isWasmForbidden(): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  try {
    new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    return false;
  } catch {
    return true;
  }
}

function hasWebGL(): boolean {
  if (typeof OffscreenCanvas === 'undefined') return false;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return gl !== null;
}

let webgl: typeof import('./webgl.ts') | undefined;

/** Of `simd`; undefined where there is none. */
export const fastestBuild: WasmBuild | undefined =
  build && (build === 'relaxed simd' ? 'relaxed' : 'plain');

/** What TensorFlow.js knows it by: the plain build, where it isn't the fastest, is a backend beside the other. */
function nameOf(backend: Backend, wasm?: WasmBuild): string {
  if (backend !== 'simd' || wasm !== 'plain' || fastestBuild === 'plain') return backend;
  const name = 'simd, plain';
  registerSimdBackend(name, {build: 'simd'});
  return name;
}

/** @throws PageError where it doesn't start */
export async function chooseBackend(backend: Backend, wasm?: WasmBuild): Promise<void> {
  try {
    if (backend === 'webgl') webgl ??= await import('./webgl.ts');
    if (backend === 'wasm') await import('./wasm.ts');
    if (await tf.setBackend(nameOf(backend, wasm))) return;
  } catch (error) {
    throw new PageError('noBackend', {backend, message: (error as Error).message});
  }
  throw new PageError('noBackend', {backend, message: 'setBackend'});
}

/** What only WebGL has; undefined on other backends. */
export const onWebGL = () => (tf.getBackend() === 'webgl' ? webgl : undefined);
