// `npm run weights`: trains as `npm run train -- --wasm plain` does, which rounds the same everywhere, and writes the weights that
// `npm run predict` takes by default. The test of this file makes them again, and expects the same bytes.

import {writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {loadMnist} from '../src/data/node.ts';
import {count} from '../src/format.ts';
import {createNetwork, train} from '../src/index.ts';
import {registerSimdBackend} from '../src/kernels/simd/backend/register.ts';
import {presets} from '../src/presets.ts';
import {formats} from '../src/weights/write_weights.ts';

const [file = 'weights/tutorial.safetensors'] = process.argv.slice(2);
const [preset, seed, batchSize, epochs] = ['tutorial', 1, 64, 5] as const;
const {learningRate} = presets[preset];

tf.enableProdMode();
registerSimdBackend('plain', {build: 'simd'});
await tf.setBackend('plain');
const data = await loadMnist(undefined, {seed});
const network = createNetwork(preset, {seed});
let accuracy = '';
for await (const event of train(network, data, {epochs, batchSize, learningRate})) {
  if (event.kind !== 'epoch') continue;
  const {correct, total} = event.evaluation;
  accuracy = `${count(correct)} of MNIST’s ${count(total)} test images`;
  console.log(`epoch ${event.epoch} of ${epochs}: ${accuracy}`);
}
const weights = network.variables.map(variable => variable.dataSync<'float32'>());
const settings = {
  net: preset,
  seed,
  epochs,
  'batch-size': batchSize,
  'learning-rate': learningRate,
};
const texts = Object.entries(settings).map(([name, value]) => [name, String(value)]);
const metadata = {...Object.fromEntries(texts), wasm: 'plain', right: accuracy};
const [{bytes}] = formats.safetensors({preset, weights, metadata});
writeFileSync(file, bytes);
