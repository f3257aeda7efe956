// A run as a link and as a file: both give the same run again, and a bad one is refused in a sentence.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {readMnist} from '../../src/data/node.ts';
import {createNetwork, MnistData, train as trainNetwork} from '../../src/index.ts';
import {registerSimdBackend} from '../../src/kernels/simd/backend/register.ts';
import {open, runVisits, visit} from '../visit.ts';

test('link: a link trains the same run again', async () => {
  let link = '';
  let expected: number[] = [];
  await open({permissions: ['clipboard-read', 'clipboard-write']}, async page => {
    await page.selectOption('#preset', 'mnist-core');
    await page.enter('seed', '7');
    await page.enter('batchSize', '32');
    await page.enter('learningRate', '0.05');
    await page.train(1000);
    await page.clickAt(20, 'start'); // pauses it
    await page.phase('paused');
    expected = await page.losses();
    await page.click('#share-tab');
    await page.click('#copy');
    await page.notice('copied');
    link = await page.evaluate(() => navigator.clipboard.readText());
  });
  const {hash} = new URL(link);
  const settings = '#net=mnist-core&seed=7&batch-size=32&learning-rate=0.05&backend=simd';
  assert.match(hash, `${settings}&batches=${expected.length}`);
  await open({hash}, async page => {
    await page.phase('done');
    assert.equal(await page.losses(), expected);
    assert.is(await page.inputValue('#link'), link);
  });
});

test('link: with the plain build, the page trains as Node does on it, to the last bit', async () => {
  registerSimdBackend('plain', {build: 'simd'});
  await tf.setBackend('plain');
  const blockSize = 6000; // which the page has before it begins
  const data = new MnistData(await readMnist(), {seed: 3, blockSize});
  const network = createNetwork('tutorial', {seed: 3});
  const options = {batches: 30, batchSize: 64, learningRate: 0.15};
  const expected: number[] = [];
  for await (const event of trainNetwork(network, data, options)) {
    if (event.kind === 'batch') expected.push(event.loss);
  }
  await open({hash: '#seed=3&batches=30&wasm=plain'}, async page => {
    await page.done(30);
    assert.equal(await page.losses(), expected);
    assert.match(await page.inputValue('#link'), /&wasm=plain$/);
  });
});

visit('link: a bad link is refused, and the run goes on', {}, async page => {
  await page.trainAll(30);
  for (const [hash, sentence] of [
    ['#batches=-3', 'batches should be a whole number from 1 to 1,000,000, and is “-3”.'],
    ['#backend=abacus', 'backend should be one of simd, cpu, webgl, wasm, and is “abacus”.'],
    ['#colour=red', 'A link can set'],
  ]) {
    await page.evaluate(hash => {
      location.hash = hash;
    }, hash);
    await page.waitForFunction(() => mnist.notice !== undefined);
    await page.shows('notice', sentence);
    assert.is(await page.evaluate(() => mnist.batch), 30);
  }
});

visit('link: a bad link that opens the page is refused', {hash: '#seed=one'}, async page => {
  await page.phase('ready');
  assert.match(await page.text('notice'), 'seed should be a whole number');
  assert.equal(await page.losses(), []);
});

visit('link: a link fills the field that has the focus too', {}, async page => {
  await page.enter('seed', '5');
  await page.evaluate(() => {
    location.hash = '#seed=9&batches=3';
  });
  await page.done(3);
  assert.equal([await page.inputValue('#seed'), await page.inputValue('#length')], ['9', '3']);
  assert.is(await page.evaluate(() => document.activeElement!.id), 'seed');
});

visit('weights file: a saved run goes on where it was', {}, async page => {
  await page.trainAll(50);
  const expected = await page.losses();
  await page.reset();
  await page.trainAll(30);
  await page.click('#share-tab');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
  assert.is(download.suggestedFilename(), 'mnist-ops-tutorial-30.safetensors');
  const file = await download.path();
  await page.reset();
  await page.setInputFiles('#upload', file);
  await page.waitForFunction(() => mnist.phase === 'paused' && mnist.batch === 30);
  await page.trainAll(50);
  assert.equal((await page.losses()).slice(30), expected.slice(30));

  await page.upload('upload', 'x', '', 'no weights at all');
  await page.notice('fileHeaderLength');
  await page.drawn();
  assert.match(await page.text('notice'), 'This is no weights file');
  assert.is(await page.evaluate(() => mnist.batch), 50);
});

runVisits();
