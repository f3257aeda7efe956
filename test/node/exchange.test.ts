// Weights in other people's programs, and theirs in ours: on all test images the same logits, and the same answers.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import ort from 'onnxruntime-node';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import '../../src/index.ts';
import {createNetwork, type Preset, setWeights} from '../../src/network.ts';
import {trainStep} from '../../src/training.ts';
import {readWeights, type WeightsInput} from '../../src/weights/read_weights.ts';
import {formats} from '../../src/weights/write_weights.ts';
import {loadMnist} from '../mnist.ts';
import {testWhere} from '../skips.ts';

tf.enableProdMode();
const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${dirname(wasm)}/`);
// Its loader expects a CommonJS module's __dirname, though it uses the path above.
Object.assign(globalThis, {__dirname: dirname(wasm)});

/** Debian's packages belong to its own Python, which need not be the first on the path. */
const python = ['python3', '/usr/bin/python3'].find(
  each =>
    spawnSync(each, ['-c', 'import importlib.util; assert importlib.util.find_spec("torch")'])
      .status === 0,
);
const testWithTorch = testWhere(python !== undefined, 'no Python here has PyTorch (python3-torch)');

const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-exchange-'));
test.after(() => rmSync(folder, {recursive: true}));

const data = await loadMnist();
const pixels = data.testBatch(0, data.testSize).xs;

/** Of an image's largest logit, which is a float32 sum of hundreds of products. */
const TOLERANCE = 1e-5;

function expectSame(actual: Float32Array, expected: Float32Array): void {
  assert.is(actual.length, data.testSize * 10);
  let most = 0;
  for (let at = 0; at < expected.length; at += 10) {
    const [found, wanted] = [actual, expected].map(logits => logits.subarray(at, at + 10));
    const error = Math.max(...found.map((logit, i) => Math.abs(logit - wanted[i])));
    most = Math.max(most, error / Math.max(...wanted.map(Math.abs)));
  }
  assert.ok(most <= TOLERANCE, `logits differ by ${most} of the largest`);
  assert.equal(answersOf(actual), answersOf(expected));
}

/** Images at a time: WebAssembly keeps the memory that it once took, and other tests run in this process. */
const PORTION = 500;

const answersOf = (logits: Float32Array): number[] =>
  Array.from({length: logits.length / 10}, (_, i) => {
    const row = logits.subarray(10 * i, 10 * i + 10);
    return row.indexOf(Math.max(...row));
  });

async function logitsOf(preset: Preset, weights: readonly Float32Array[]): Promise<Float32Array> {
  await tf.setBackend('simd');
  const network = createNetwork(preset);
  setWeights(network, weights);
  const [count, size] = pixels.shape;
  const logits = new Float32Array(count * 10);
  for (let start = 0; start < count; start += PORTION) {
    tf.tidy(() => {
      const portion = tf.slice2d(pixels, [start, 0], [PORTION, size]);
      logits.set(network.forward(portion).dataSync(), start * 10);
    });
  }
  network.dispose();
  return logits;
}

/** The weights after 100 batches, and their logits. */
async function trained(preset: Preset) {
  await tf.setBackend('simd');
  const network = createNetwork(preset);
  const optimizer = tf.train.sgd(0.1);
  for (let step = 0; step < 100; step++) {
    const batch = data.nextTrainBatch(64);
    tf.dispose([trainStep(network, optimizer, batch), batch.xs, batch.labels]);
  }
  const weights = network.variables.map(variable => variable.dataSync().slice() as Float32Array);
  network.dispose();
  return {preset, weights, metadata: {}, logits: await logitsOf(preset, weights)};
}

const runs = [await trained('tutorial'), await trained('mnist-core')];

const images = pixels.dataSync() as Float32Array;

async function logitsOfOnnx(model: Uint8Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(model);
  const shape = [data.testSize, 1, 28, 28];
  const {logits} = await session.run({image: new ort.Tensor('float32', images, shape)});
  assert.equal(logits.dims, [data.testSize, 10]);
  return logits.data as Float32Array;
}

/** Opens a Layers model, and gives its logits on the stock backend wasm. */
async function logitsOfLayers([model, numbers]: WeightsInput[]) {
  await tf.setBackend('wasm');
  const {modelTopology, weightsManifest} = JSON.parse(new TextDecoder().decode(model.bytes));
  const weightSpecs = weightsManifest[0].weights;
  const weightData = Uint8Array.from(numbers.bytes).buffer;
  const opened = await layers.loadLayersModel(
    tf.io.fromMemory({modelTopology, weightSpecs, weightData}),
  );
  const logits = tf.tidy(() => {
    const xs = tf.tensor(images, [data.testSize, 28, 28, 1]);
    return (opened.predict(xs, {batchSize: 1000}) as tf.Tensor).dataSync() as Float32Array;
  });
  return {opened, logits};
}

for (const run of runs) {
  const {preset, weights, logits} = run;

  test(`exchange: onnxruntime has the logits of ${preset} on all test images`, async () => {
    const [{bytes}] = formats.onnx(run);
    expectSame(await logitsOfOnnx(bytes), logits);
  });

  test(`exchange: a Layers model has the logits of ${preset} on all test images, and is read back as Layers saves it`, async () => {
    const {opened, logits: found} = await logitsOfLayers(formats.layers(run));
    expectSame(found, logits);
    const names = opened.weights.map(weight => weight.originalName);
    const biases = preset === 'tutorial';
    const conv = (n: number) => [`conv${n}/kernel`, ...(biases ? [`conv${n}/bias`] : [])];
    assert.equal(names, [...conv(1), ...conv(2), 'dense/kernel', 'dense/bias']);

    let saved: WeightsInput[] = [];
    const handler = tf.io.withSaveHandler(async artifacts => {
      const {modelTopology, weightSpecs, weightData} = artifacts;
      const paths = ['group1-shard1of2.bin', 'group1-shard2of2.bin'];
      const weightsManifest = [{paths, weights: weightSpecs}];
      const json = JSON.stringify({format: 'layers-model', modelTopology, weightsManifest});
      const numbers = new Uint8Array(weightData as ArrayBuffer);
      saved = [
        {name: paths[1], bytes: numbers.subarray(1001)},
        {name: 'model.json', bytes: new TextEncoder().encode(json)},
        {name: paths[0], bytes: numbers.subarray(0, 1001)},
      ];
      return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
    });
    await opened.save(handler);
    assert.equal(readWeights(saved).weights, weights);
    opened.dispose();
  });

  testWithTorch(
    `exchange: PyTorch has the logits of ${preset} on all test images, and we have those of its weights`,
    async () => {
      const names = ['ours.safetensors', 'images', 'logits', 'theirs.safetensors', 'theirs.onnx'];
      const paths = names.map(name => join(folder, name));
      const [ours, imageFile, logitFile, ...theirs] = paths;
      writeFileSync(ours, formats.pytorch(run)[0].bytes);
      writeFileSync(
        imageFile,
        Uint8Array.from(images, pixel => Math.round(255 * pixel)),
      );
      const script = fileURLToPath(new URL('../../test/node/torch_network.py', import.meta.url));
      const args = ['-W', 'ignore', script, preset, ...paths];
      const {status, stdout, stderr} = spawnSync(python!, args, {encoding: 'utf8'});
      assert.is(status, 0, stderr);
      process.stdout.write(stdout);
      const found = new Float32Array(Uint8Array.from(readFileSync(logitFile)).buffer);
      expectSame(found.subarray(0, logits.length), logits);
      for (const path of theirs.filter(existsSync)) {
        const read = readWeights([{name: path, bytes: readFileSync(path)}]);
        assert.is(read.preset, preset);
        expectSame(await logitsOf(preset, read.weights), found.subarray(logits.length));
      }
    },
  );
}

test.run();
