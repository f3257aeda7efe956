// The page's tests run on WebGL 2, and index.ts sets the default backend in a page too.
import {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {relu} from '../../src/index.ts';
import {isSoftware, rendererOf} from '../../src/renderer.ts';

test('importing index.ts makes simd the default backend, and registers webgl', async () => {
  await tf.ready();
  assert.is(tf.getBackend(), 'simd');
  const {registryFactory} = tf.engine();
  assert.ok(registryFactory.simd.priority > registryFactory.webgl.priority);
});

test('backend webgl is WebGL 2 with float32 textures, and computes', () => {
  assert.ok(tf.setBackend('webgl'));
  assert.is(tf.getBackend(), 'webgl');
  const backend = tf.backend() as MathBackendWebGL;
  assert.instance(backend, MathBackendWebGL);
  const {gl} = backend.gpgpu;
  assert.instance(gl, WebGL2RenderingContext);
  assert.is(tf.env().getNumber('WEBGL_VERSION'), 2);
  assert.ok(tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED'));
  // Large enough to be computed on WebGL: TensorFlow.js computes small tensors on the CPU.
  const y = relu(tf.fill([1000], 1 + 2 ** -23));
  assert.ok(backend.texData.get(y.dataId).texture, 'the result is in a texture');
  assert.equal(Array.from(y.dataSync()), new Array(1000).fill(1 + 2 ** -23));
  y.dispose();

  const renderer = rendererOf(gl);
  console.log(`WebGL 2 on ${renderer}${isSoftware(renderer) ? ', a software renderer' : ''}`);
});

test.run();
