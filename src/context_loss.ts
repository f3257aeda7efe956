// A WebGL context is lost when the GPU's driver or the browser's GPU process dies, or when another page takes the GPU's memory.
// Every texture is gone then. Reads return zeros or wait forever, no call throws, and TensorFlow.js computes on with the zeros
// (tfjs#756). `isContextLost()` denies the loss for a while, so a value that was read counts only after the GPU has answered
// once more. Copies of the weights outside of the GPU go back into the network, and training continues in a new context.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {fail} from './ops/checks.ts';

/**
 * The WebGL context was lost, and the network is back at the weights that were kept outside of the GPU. Training can go on
 * after `renewContext()`, or `tf.setBackend` with another backend.
 */
export class ContextLostError extends Error {
  constructor(
    when: string,
    /**
     * The batch that these weights are from, counted as in TrainingProgress; 0 for the weights at the start. Undefined if the
     * context was lost before any weights were kept; the network then stays as it is.
     */
    readonly batch: number | undefined,
    options?: ErrorOptions,
  ) {
    const weights = batch === 0 ? 'that it started with' : `of batch ${batch}`;
    const network = batch === undefined ? 'was left as it is' : `is back at the weights ${weights}`;
    super(`The WebGL context was lost ${when}, and the network ${network}.`, options);
  }
}

/**
 * Gives the backend `webgl` a new context, and makes it the current backend. Tensors that only the old context had stay lost.
 *
 * @throws Error if the browser gives no context
 */
export async function renewContext(): Promise<void> {
  const {registry: backends, registryFactory} = tf.engine();
  if (!registryFactory.webgl) fail('renewContext', 'a browser with WebGL', 'none');
  const {factory, priority} = registryFactory.webgl;
  // If the browser has restored the old context, it is empty, and deleting anything in it is an error.
  gpgpuOf(backends.webgl)?.gl.getExtension('WEBGL_lose_context')?.loseContext();
  // Removing the backend also removes the programs compiled for the lost context. The kernels stay registered.
  tf.removeBackend('webgl');
  tf.registerBackend('webgl', factory, priority);
  if (await tf.setBackend('webgl')) return;
  const found = 'none, as browsers refuse them once the GPU has died a few times';
  fail('renewContext', 'a new WebGL context', `${found}; another backend works (tf.setBackend)`);
}

const gpgpuOf = (backend?: tf.KernelBackend) =>
  (backend as Partial<MathBackendWebGL> | undefined)?.gpgpu;

/** Copies of variables outside of the GPU. On a backend without a WebGL context it keeps nothing. */
export class KeptWeights {
  private batch?: number;
  private values: Float32Array[] = [];
  private readonly context = watchContext();

  /** @param variables a network's weights, and whatever else has to go back with them */
  constructor(private readonly variables: readonly tf.Variable[]) {}

  /** Copies the current weights, those after batch `batch`; 0 before the first. */
  async keep(when: string, batch: number): Promise<void> {
    if (!this.context) return;
    this.values = await this.during(when, () =>
      Promise.all(this.variables.map(variable => variable.data<'float32'>())),
    );
    this.batch = batch;
  }

  /**
   * Does the work, then asks the GPU for a sign of life. Its answer proves that the GPU was alive for everything read before.
   *
   * @throws ContextLostError if there is no answer, whatever the work returned or threw; the network is back at the kept weights
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
   * @param when completes the sentence "The WebGL context was lost …"
   * @returns the error that says so; undefined if the context is alive
   */
  restore(when: string, cause?: unknown): ContextLostError | undefined {
    if (!this.context?.isDead()) return undefined;
    // On the lost backend these stay CPU values waiting for upload; the next backend that uses them takes them over.
    tf.tidy(() => {
      for (const [i, values] of this.values.entries()) {
        const variable = this.variables[i];
        variable.assign(tf.tensor(values, variable.shape));
      }
    });
    return new ContextLostError(when, this.batch, {cause});
  }
}

/** Whether the current backend has lost its WebGL context. If not, the GPU computed everything that was read before this call. */
export const contextIsLost = (): boolean => watchContext()?.isDead() ?? false;

/** Once lost, always lost: a context that the browser restores comes back empty. */
interface Context {
  /** Whether the browser says so. */
  readonly lost: boolean;
  /** Asks the GPU itself, and waits for its answer. */
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
  const answers = signOfLife(gl);
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
  // A lost context never signals its fences, so pending reads would poll forever. Report such fences as passed.
  const pollFence = gpgpu.pollFence.bind(gpgpu);
  gpgpu.pollFence = fence =>
    pollFence({...fence, isFencePassed: () => context.lost || fence.isFencePassed()});
  return context;
}

/**
 * TensorFlow.js asks once, before the first texture, whether textures hold float32. A dead GPU says no, and every later context
 * would compute in float16: forget the answers of a dead GPU.
 */
function askPrecision(answers: () => boolean): void {
  const flags = tf.env().getFlags();
  const known = new Set(Object.keys(flags));
  tf.env().get('WEBGL_RENDER_FLOAT32_ENABLED');
  tf.env().get('WEBGL_SIZE_UPLOAD_UNIFORM'); // follows from it
  if (answers()) return;
  for (const name of Object.keys(flags)) if (!known.has(name)) delete flags[name];
}

/**
 * A function that sends the GPU a new number, and tells whether it comes back. The GPU works in order, so the answer follows
 * all work before it.
 */
function signOfLife(gl: WebGL2RenderingContext): () => boolean {
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
