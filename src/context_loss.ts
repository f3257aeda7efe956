// When WebGL's context is lost: the GPU's driver restarts, its process dies, or another page takes what it has. Every texture
// is gone then. Reads return zeros or wait forever, and TensorFlow.js goes on computing with that (tfjs#756). So the weights
// have copies outside of the GPU, which the network gets back; a new context can go on from them.
// A browser notices some time after its GPU's process has died: until then isContextLost() is false, reads return zeros and
// shaders don't compile. So nothing that was read is believed before the GPU has answered once more.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import type {Network} from './network.ts';
import {fail} from './ops/checks.ts';

/**
 * The WebGL context was lost, and the network is back at the weights that were kept. They lie outside of the GPU: after
 * `renewContext()`, or `tf.setBackend` of another backend, training can go on.
 */
export class ContextLostError extends Error {
  constructor(
    when: string,
    /**
     * The batch that these weights are from, counted as in TrainingProgress; 0: the network started with them. Undefined if the
     * context was lost before any were kept: the network was left as it is.
     */
    readonly batch: number | undefined,
    options?: ErrorOptions,
  ) {
    const weights =
      batch === undefined
        ? 'was left as it is'
        : `is back at the weights ${batch === 0 ? 'that it started with' : `of batch ${batch}`}`;
    super(`The WebGL context was lost ${when}, and the network ${weights}.`, options);
  }
}

/**
 * Gives the backend `webgl` a new context, and makes it the current backend. What only the old context had stays lost.
 *
 * @throws Error if there is none to be had
 */
export async function renewContext(): Promise<void> {
  const {registry: backends, registryFactory} = tf.engine();
  if (!registryFactory.webgl) fail('renewContext', 'a browser with WebGL', 'none');
  const {factory, priority} = registryFactory.webgl;
  // Where the browser has restored the old context, empty, nothing in it can be deleted without an error.
  gpgpuOf(backends.webgl)?.gl.getExtension('WEBGL_lose_context')?.loseContext();
  // A second backend beside the old one would be given programs that are compiled for the lost context. With the backend they
  // are removed; the kernels stay registered.
  tf.removeBackend('webgl');
  tf.registerBackend('webgl', factory, priority);
  if (await tf.setBackend('webgl')) return;
  fail(
    'renewContext',
    'a new WebGL context',
    'none: a browser that has lost its GPU several times gives no more of them; another backend works, such as cpu',
  );
}

const gpgpuOf = (backend?: tf.KernelBackend) =>
  (backend as Partial<MathBackendWebGL> | undefined)?.gpgpu;

/** Copies of a network's weights outside of the GPU. On a backend that has no context to lose there is nothing to keep. */
export class KeptWeights {
  private batch?: number;
  private values: Float32Array[] = [];
  private readonly context = watchContext();

  constructor(private readonly network: Network) {}

  /** Whether these are of this network, in the context that it is in now. */
  isFor(network: Network): boolean {
    return this.network === network && this.context === watchContext();
  }

  /** Copies the weights as they are now, after batch `batch`; 0: before the first. */
  async keep(when: string, batch: number): Promise<void> {
    if (!this.context) return;
    this.values = await this.during(when, () =>
      Promise.all(this.network.variables.map(variable => variable.data<'float32'>())),
    );
    this.batch = batch;
  }

  /**
   * Works on the GPU and waits for what is read back.
   *
   * @throws ContextLostError instead of anything that the work returns or throws, if the context is lost by then; the network
   *     has got the kept weights back
   */
  async during<T>(when: string, work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      if (this.context?.answers() === false) throw this.giveBack(when, error);
      throw error;
    }
    if (this.context?.answers() === false) throw this.giveBack(when);
    return result;
  }

  private giveBack(when: string, cause?: unknown): ContextLostError {
    // The lost backend holds these as what is yet to be uploaded. The backend that uses them next moves them to itself.
    tf.tidy(() => {
      this.values.forEach((values, i) => {
        const variable = this.network.variables[i];
        variable.assign(tf.tensor(values, variable.shape));
      });
    });
    return new ContextLostError(when, this.batch, {cause});
  }
}

interface Context {
  /** Lost once is lost forever, though a browser may restore it, empty. */
  readonly lost: boolean;
  /** Asks the GPU. If it answers, all that was read before came from it. */
  answers(): boolean;
}

const contexts = new WeakMap<object, Context>();

/** Whether all that was read from the current backend came from where it was computed: not from a WebGL context that is lost. */
export const readsAreGood = (): boolean => watchContext()?.answers() ?? true;

/** The current backend's WebGL context, if it has one. */
function watchContext(): Context | undefined {
  const gpgpu = gpgpuOf(tf.backend());
  if (!gpgpu || contexts.has(gpgpu)) return gpgpu && contexts.get(gpgpu);
  const {gl} = gpgpu;
  let known = false;
  gl.canvas.addEventListener('webglcontextlost', () => {
    known = true;
  });
  const draws = canary(gl);
  const context = {
    get lost() {
      return known || gl.isContextLost();
    },
    answers() {
      known ||= gl.isContextLost() || !draws();
      return !known;
    },
  };
  contexts.set(gpgpu, context);
  // Whoever reads waits for a fence, which a lost context never passes: they would wait, and TensorFlow.js poll, forever.
  const pollFence = gpgpu.pollFence.bind(gpgpu);
  gpgpu.pollFence = fence =>
    pollFence({...fence, isFencePassed: () => context.lost || fence.isFencePassed()});
  return context;
}

/**
 * A texel that the GPU gives another colour each time, and that is read: a dead context can't know the colour. Commands run in
 * their order, so what was read before was read from a context that lived.
 */
function canary(gl: WebGLRenderingContext): () => boolean {
  const before = gl.getParameter(gl.FRAMEBUFFER_BINDING);
  const framebuffer = gl.createFramebuffer();
  const texel = gl.createRenderbuffer();
  gl.bindRenderbuffer(gl.RENDERBUFFER, texel);
  gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA4, 1, 1);
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, texel);
  gl.bindFramebuffer(gl.FRAMEBUFFER, before);
  let count = 0;
  return () => {
    count++;
    const bits = [0, 1, 2].map(i => (count >> i) & 1);
    const read = new Uint8Array(4);
    const bound = gl.getParameter(gl.FRAMEBUFFER_BINDING);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.clearColor(bits[0], bits[1], bits[2], 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, read);
    gl.bindFramebuffer(gl.FRAMEBUFFER, bound);
    return [...bits, 1].every((bit, i) => read[i] === 255 * bit);
  };
}
