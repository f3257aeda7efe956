// When WebGL's context is lost: the GPU's driver or the browser's GPU process dies, or another page takes what it has. Every
// texture is gone then. Reads return zeros or wait forever, no call throws, and TensorFlow.js goes on computing with that
// (tfjs#756). For a while `isContextLost()` denies it, so nothing read is believed until the GPU has answered after it. The
// weights have copies outside of the GPU, which the network gets back; a new context can go on from them.
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
  if (!(await tf.setBackend('webgl'))) {
    fail(
      'renewContext',
      'a new WebGL context',
      'none, as browsers refuse them once the GPU has died a few times; another backend works (tf.setBackend)',
    );
  }
}

const gpgpuOf = (backend?: tf.KernelBackend) =>
  (backend as Partial<MathBackendWebGL> | undefined)?.gpgpu;

/** Copies of a network's weights outside of the GPU. On a backend that has no context to lose there is nothing to keep. */
export class KeptWeights {
  private batch?: number;
  private values: Float32Array[] = [];
  private readonly context = watchContext();

  constructor(private readonly network: Network) {}

  /** Copies the weights as they are now, after batch `batch`; 0: before the first. */
  async keep(when: string, batch: number): Promise<void> {
    if (!this.context) return;
    this.values = await this.during(when, () =>
      Promise.all(this.network.variables.map(variable => variable.data<'float32'>())),
    );
    this.batch = batch;
  }

  /**
   * Works on the GPU, waits for what is read back, and then for a sign of life: what was read before it is no dead GPU's.
   *
   * @throws ContextLostError instead of anything that the work returns or throws, if the context is lost by then; the network
   *     is back at the kept weights
   */
  async during<T>(when: string, work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      throw this.restore(when, error) ?? error;
    }
    const lost = this.restore(when);
    if (lost) throw lost;
    return result;
  }

  /**
   * If the context is lost, gives the network the kept weights back.
   *
   * @returns the error that says so; undefined if the context is there
   */
  restore(when: string, cause?: unknown): ContextLostError | undefined {
    if (!this.context?.isDead()) return undefined;
    // On the lost backend these stay CPU values waiting for upload; the next backend that uses them takes them over.
    tf.tidy(() => {
      this.values.forEach((values, i) => {
        const variable = this.network.variables[i];
        variable.assign(tf.tensor(values, variable.shape));
      });
    });
    return new ContextLostError(when, this.batch, {cause});
  }
}

/**
 * Whether the current backend has a WebGL context that is lost. Where it is not, everything that was read before is what the
 * GPU computed.
 */
export const contextIsLost = (): boolean => watchContext()?.isDead() ?? false;

/** Lost once is lost forever, though a browser may restore it, empty. */
interface Context {
  /** As far as the browser says. */
  readonly lost: boolean;
  /** Asks the GPU itself, and waits for it. */
  isDead(): boolean;
}

const contexts = new WeakMap<object, Context>();

/** The current backend's WebGL context, if it has one. */
function watchContext(): Context | undefined {
  const gpgpu = gpgpuOf(tf.backend());
  if (!gpgpu || contexts.has(gpgpu)) return gpgpu && contexts.get(gpgpu);
  const gl = gpgpu.gl as WebGL2RenderingContext;
  let noticed = false;
  gl.canvas.addEventListener('webglcontextlost', () => {
    noticed = true;
  });
  const answers = answering(gl);
  askPrecision(answers);
  const context: Context = {
    get lost() {
      return noticed || gl.isContextLost();
    },
    isDead() {
      noticed ||= gl.isContextLost() || !answers();
      return noticed;
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
 * Whether textures hold float32, TensorFlow.js asks once, before the first of them. It would take a dead GPU's no for an answer
 * and compute with float16 in every later context.
 */
function askPrecision(answers: () => boolean): void {
  const flags = tf.env().getFlags();
  const known = new Set(Object.keys(flags));
  tf.env().get('WEBGL_RENDER_FLOAT32_ENABLED');
  tf.env().get('WEBGL_SIZE_UPLOAD_UNIFORM'); // follows from it
  if (answers()) return;
  for (const name of Object.keys(flags)) if (!known.has(name)) delete flags[name];
}

/** A function that tells whether the GPU gives a number back that it has never been sent before. It works in order. */
function answering(gl: WebGL2RenderingContext): () => boolean {
  const target = gl.COPY_WRITE_BUFFER; // which nothing else is bound to
  const sent = new Int32Array(1);
  const received = new Int32Array(1);
  const buffer = gl.createBuffer();
  gl.bindBuffer(target, buffer);
  gl.bufferData(target, sent, gl.DYNAMIC_COPY);
  return () => {
    sent[0]++;
    gl.bindBuffer(target, buffer);
    gl.bufferSubData(target, 0, sent);
    gl.getBufferSubData(target, 0, received);
    return received[0] === sent[0];
  };
}
