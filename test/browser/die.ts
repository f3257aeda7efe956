// Imitates the death of the GPU's process: for one task the context does nothing, reads zeros and says that it is not lost.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';

export const glOf = () => (tf.backend() as MathBackendWebGL).gpgpu.gl;

const dead: Partial<WebGL2RenderingContext> = {
  drawArrays() {},
  drawElements() {},
  bufferSubData() {},
  readPixels() {},
  getBufferSubData() {},
  clientWaitSync: () => WebGL2RenderingContext.ALREADY_SIGNALED,
};

/** The context dies at once; `more` replaces further methods of it. Resolves when the page knows of the death. */
export async function die(more: Partial<WebGL2RenderingContext> = {}): Promise<void> {
  const gl = glOf();
  const stubs = {...dead, ...more};
  Object.assign(gl, stubs);
  await new Promise(resolve => setTimeout(resolve));
  for (const name of Object.keys(stubs)) delete gl[name as keyof typeof gl];
  gl.getExtension('WEBGL_lose_context')?.loseContext(); // null if the page has dropped the context meanwhile
}
