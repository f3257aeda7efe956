// Fetched when the backend is first chosen.
import '../../kernels/webgl/register.ts';
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';

/** Number of programs compiled in the current context. */
export const programs = (): number =>
  Object.keys((tf.backend() as unknown as {binaryCache: object}).binaryCache).length;

export const context = (): WebGLRenderingContext => (tf.backend() as MathBackendWebGL).gpgpu.gl;
