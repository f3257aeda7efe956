// The backends: which of them this browser has, and how they are loaded.
import '@tensorflow/tfjs-backend-cpu'; // build.mjs replaces it by ./cpu.ts
import '../../kernels/cpu/register.ts';
import '../../kernels/reference/register.ts';
import * as tf from '@tensorflow/tfjs-core';
import {build} from '../../kernels/simd/backend/module.ts';
import {
  registerSimdBackend,
  type SimdBackend,
  simdSupported,
  whyOneThread,
} from '../../kernels/simd/backend/register.ts';
import {PageError} from '../page_error.ts';
import type {ThreadsHere} from '../protocol.ts';
import type {Backend, WasmBuild} from '../settings.ts';
import type {TextKey} from '../texts.ts';
import {fetchPlainBuild} from './plain_build.ts';

tf.enableProdMode();

export function findMissing(): Partial<Record<Backend, TextKey>> {
  const missing: Partial<Record<Backend, TextKey>> = {};
  if (!simdSupported) missing.simd = 'noSimd';
  if (isWasmForbidden()) missing.simd = missing.wasm = 'wasmForbidden';
  if (!hasWebGL()) missing.webgl = 'noWebGL';
  if (typeof WebAssembly === 'undefined') missing.wasm = 'noWasm';
  return missing;
}

/** Without 'wasm-unsafe-eval', a Content-Security-Policy forbids to compile even valid modules. */
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

/** The fastest build of `simd` that this browser runs; undefined if it runs none. */
export const fastestBuild: WasmBuild | undefined =
  build && (build === 'relaxed simd' ? 'relaxed' : 'plain');

/** More threads than this gain little on a batch. */
const MOST_THREADS = 8;

/** How many threads `simd` may have, and why it has but one. */
export function threadsHere(): ThreadsHere {
  const why = whyOneThread();
  const cores = Math.min(MOST_THREADS, globalThis.navigator?.hardwareConcurrency ?? 1);
  return {threads: 1, most: why ? 1 : cores, why: why ?? (cores === 1 ? 'oneCore' : undefined)};
}

/** How many threads the current backend has. */
export function threadsNow(): ThreadsHere {
  const {threads = 1, whyOneThread: why} = tf.backend() as Partial<SimdBackend>;
  return why ? {threads, most: 1, why} : {...threadsHere(), threads};
}

/** TensorFlow.js's name of a backend: another build than the fastest, and another number of threads than one, are backends of their own. */
function nameOf(backend: Backend, threads: number, wasm?: WasmBuild): string {
  const isSlower = wasm === 'plain' && fastestBuild !== 'plain';
  if (backend !== 'simd' || (!isSlower && threads === 1)) return backend;
  const name = `simd, ${isSlower ? 'plain' : 'fastest'}, threads: ${threads}`;
  registerSimdBackend(name, {build: isSlower ? 'simd' : undefined, threads});
  return name;
}

/**
 * @param threads of `simd`
 * @param wasm its build
 * @throws PageError if the backend doesn't start
 */
export async function chooseBackend(
  backend: Backend,
  threads: number,
  wasm = fastestBuild,
): Promise<void> {
  try {
    if (backend === 'webgl') webgl ??= await import('./webgl.ts');
    if (backend === 'wasm') await import('./wasm.ts');
    if (backend === 'simd' && wasm === 'plain') await fetchPlainBuild();
    if (await tf.setBackend(nameOf(backend, threads, wasm))) return;
  } catch (error) {
    throw new PageError('noBackend', {backend, message: (error as Error).message});
  }
  throw new PageError('noBackend', {backend, message: 'setBackend'});
}

/** What only WebGL has; undefined while another backend is current. */
export const onWebGL = () => (tf.getBackend() === 'webgl' ? webgl : undefined);
