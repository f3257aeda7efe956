// The fragment programs of both networks as TensorFlow.js gives them to WebGL, without WebGL: the build runs a pass on the backend
// `webgl` over a context that draws nothing and keeps the text of each program.
import {GPGPUContext, MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import '../../kernels/webgl/register.ts';
import {createNetwork} from '../../network.ts';
import {type Preset, weightShapes} from '../../presets.ts';
import {passOf} from '../worker/pass.ts';

/** Texts of programs by station and kernel, as in `conv1.mnist.Conv2D`. */
export type Shaders = Record<string, string[]>;

/** A program of a kernel of ours has this function; others convert a texture's layout. */
const OURS = 'void outputAt(';

export async function compileShaders(): Promise<Record<Preset, Shaders>> {
  let compiled: string[] = [];
  const gl = silentContext(source => {
    if (source.includes(OURS)) compiled.push(source);
  });
  const flags = {WEBGL_VERSION: 2, WEBGL_MAX_TEXTURE_SIZE: 16384, WEBGL_MAX_TEXTURES_IN_SHADER: 16};
  for (const [flag, value] of Object.entries(flags)) tf.env().set(flag, value);
  tf.env().set('WEBGL_RENDER_FLOAT32_CAPABLE', true);
  const backend = new MathBackendWebGL(new GPGPUContext(gl));
  tf.registerBackend('webgl', () => backend);
  await tf.setBackend('webgl');

  let station = '';
  let shaders: Shaders = {};
  for (const kernel of tf.getKernelsForBackend('webgl')) {
    const {kernelName, kernelFunc} = kernel;
    if (!kernelName.startsWith('mnist.')) continue;
    kernel.kernelFunc = call => {
      Object.assign(backend, {binaryCache: {}}); // else a program that another station has too would not be compiled again
      compiled = [];
      const output = kernelFunc(call);
      shaders[`${kernelName === 'mnist.Softmax' ? 'softmax' : station}.${kernelName}`] = compiled;
      return output;
    };
  }
  const of = (preset: Preset): Shaders => {
    shaders = {};
    const network = createNetwork(preset);
    tf.tidy(() => {
      const batch = {xs: tf.zeros<tf.Rank.R2>([1, 784]), labels: tf.zeros<tf.Rank.R2>([1, 10])};
      passOf(network, batch, (name, _, run) => {
        station = name;
        return run();
      });
    });
    return shaders;
  };
  const presets = Object.keys(weightShapes) as Preset[];
  return Object.fromEntries(presets.map(preset => [preset, of(preset)])) as Record<Preset, Shaders>;
}

/** A context in which every call succeeds and does nothing. */
function silentContext(compile: (source: string) => void): WebGL2RenderingContext {
  const answers: Record<string, unknown> = {
    shaderSource: (shader: {isFragment: boolean}, source: string) => {
      if (shader.isFragment) compile(source);
    },
    createShader: (type: unknown) => ({isFragment: type === 'FRAGMENT_SHADER'}),
    getError: () => 'NO_ERROR',
    isContextLost: () => false,
    checkFramebufferStatus: () => 'FRAMEBUFFER_COMPLETE',
    getParameter: () => 16384,
    getSupportedExtensions: () => ['EXT_color_buffer_float'],
  };
  // A constant is its own name, but TensorFlow.js counts with this one.
  const constants: Record<string, unknown> = {TEXTURE0: 0};
  return new Proxy(answers, {
    get: (known, name: string) =>
      known[name] ?? constants[name] ?? (/^[A-Z]/.test(name) ? name : () => ({})),
  }) as unknown as WebGL2RenderingContext;
}
