// The backends: which of them this browser has, and how the others get here.
import '@tensorflow/tfjs-backend-cpu'; // of which build.mjs takes ./cpu.ts
import '../../kernels/cpu/register.ts';
import '../../kernels/reference/register.ts';
import * as tf from '@tensorflow/tfjs-core';
import {simdSupported} from '../../kernels/simd/backend/register.ts';
import {Refusal} from '../refusal.ts';
import type {Backend} from '../settings.ts';
import type {TextKey} from '../texts.ts';

tf.enableProdMode();

export function findMissing(): Partial<Record<Backend, TextKey>> {
  const missing: Partial<Record<Backend, TextKey>> = {};
  if (!simdSupported) missing.simd = 'noSimd';
  if (!hasWebGL()) missing.webgl = 'noWebGL';
  if (typeof WebAssembly === 'undefined') missing.wasm = 'noWasm';
  return missing;
}

function hasWebGL(): boolean {
  if (typeof OffscreenCanvas === 'undefined') return false;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return gl !== null;
}

let webgl: typeof import('./webgl.ts') | undefined;

/** @throws Refusal where it doesn't start */
export async function chooseBackend(backend: Backend): Promise<void> {
  try {
    if (backend === 'webgl') webgl ??= await import('./webgl.ts');
    if (backend === 'wasm') await import('./wasm.ts');
    if (await tf.setBackend(backend)) return;
  } catch (error) {
    throw new Refusal('noBackend', {backend, message: (error as Error).message});
  }
  throw new Refusal('noBackend', {backend, message: 'setBackend'});
}

/** What only WebGL has; undefined on other backends. */
export const onWebGL = () => (tf.getBackend() === 'webgl' ? webgl : undefined);
