// A GPU whose process dies, as a page sees it: for a task, its context does nothing, reads zeros and says that all is well.
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

/** It dies now; waits until the page knows. */
export async function die(more: Partial<WebGL2RenderingContext> = {}): Promise<void> {
  const gl = glOf();
  const stubs = {...dead, ...more};
  Object.assign(gl, stubs);
  await new Promise(resolve => setTimeout(resolve));
  for (const name of Object.keys(stubs)) delete gl[name as keyof typeof gl];
  gl.getExtension('WEBGL_lose_context')?.loseContext(); // none where it was noticed and given up by now
}
