// A run as a link and as a file: both give the same run again, and a bad one is refused in a sentence.
import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type {Download, Route} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {readMnist} from '../../src/data/node.ts';
import {createNetwork, MnistData, train as trainNetwork} from '../../src/index.ts';
import {registerSimdBackend} from '../../src/kernels/simd/backend/register.ts';
import {noRelaxedSimd, open, runVisits, type VisitedPage, visit} from '../visit.ts';

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
  const settings =
    '#net=mnist-core&seed=7&batch-size=32&recipe=sgd&learning-rate=0.05&backend=simd';
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
  for (const opening of [
    {hash: '#seed=3&batches=30&wasm=plain'}, // asked for
    {hash: '#seed=3&batches=30', routes: noRelaxedSimd}, // the only one that runs
  ]) {
    await open(opening, async page => {
      await page.done(30);
      assert.is(await page.backend(), 'simd');
      assert.equal(await page.losses(), expected);
      assert.match(await page.inputValue('#link'), /&wasm=plain$/);
    });
  }
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

/** The run's weights, bit for bit. */
const bitsOf = (page: VisitedPage) =>
  page.evaluate(async () => {
    const {weights} = (await mnist.ask({kind: 'save'}))!;
    return weights.map(({buffer}) => [...new Uint32Array(buffer)]);
  });

/** Saves the run in a format. @returns the downloads: names and bytes */
async function save(page: VisitedPage, format: string, count: number) {
  await page.selectOption('#format', format);
  const downloads: Download[] = [];
  const all = page.waitForEvent('download', download => downloads.push(download) === count);
  await Promise.all([all, page.click('#save')]);
  await page.notice(count > 1 ? 'savedBoth' : 'saved');
  const files = downloads.map(async download => ({
    name: download.suggestedFilename(),
    mimeType: '',
    buffer: readFileSync(await download.path()),
  }));
  return Promise.all(files);
}

for (const [format, names, batch, recognised] of [
  ['safetensors', ['mnist-ops-tutorial-12.safetensors'], 12, 'safetensors, recognised'],
  ['pytorch', ['mnist-ops-tutorial-12-pytorch.safetensors'], 0, 'safetensors, recognised'],
  ['onnx', ['mnist-ops-tutorial-12.onnx'], 12, 'ONNX, recognised'],
  ['layers', ['model.json', 'weights.bin'], 12, 'Layers'],
] as const) {
  visit(`weights file: what is saved as ${format} is opened again`, {}, async page => {
    await page.enter('seed', '3');
    await page.trainAll(12);
    await page.click('#share-tab');
    const expected = await bitsOf(page);
    const files = await save(page, format, names.length);
    assert.equal(files.map(({name}) => name).sort(), names);
    await page.reset();
    assert.not.equal(await bitsOf(page), expected);
    await page.setInputFiles('#upload', files);
    await page.notice('restored');
    await page.drawn();
    assert.match(await page.text('notice'), recognised);
    await page.waitForFunction(() => mnist.tests.length === 1 && !mnist.isBusy);
    assert.equal(await bitsOf(page), expected);
    assert.equal(await page.evaluate(() => mnist.batch), batch);
    if (names.length === 1) return;

    await page.reset();
    // As a browser names them that has such files already.
    const again = files.map(file => ({...file, name: file.name.replace('.', ' (1).')}));
    await page.setInputFiles('#upload', again);
    await page.notice('restored');
    assert.equal(await bitsOf(page), expected);
    await page.setInputFiles('#upload', again.find(({name}) => name.endsWith('json'))!);
    await page.notice('fileApart');
  });
}

const noCode = {'**/weights_file-*.js': (route: Route) => route.abort()};
visit(
  'weights file: where the code for it cannot be loaded the page says so',
  {routes: noCode},
  async (page, problems) => {
    await page.click('#share-tab');
    await page.click('#save');
    await page.notice('weightsFailed');
    await page.trainAll(3);
    await page.upload('upload', 'x', '', 'anything');
    await page.notice('weightsFailed');
    assert.ok(problems.splice(0).every(problem => problem.includes('ERR_FAILED')));
  },
);

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
