// The page's memory: tensors that steps leave behind, and a GPU that is lost.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {inWorker, open, runVisits, visit} from '../visit.ts';

const brief = {hash: '#batches=30'};
visit('memory: steps leave no tensor behind; one that does turns it red', brief, async page => {
  await page.phase('done');
  const memory = (await page.evaluate(() => mnist.memory))!;
  assert.is(memory.left, 0);
  assert.ok(memory.tensors > 5 && memory.bytes > 4 * 5994);
  assert.not.ok(await page.evaluate(() => document.getElementById('memory')!.matches('.leaks')));
  await page.evaluate(() => {
    mnist.memory!.left = 3;
    mnist.changed();
  });
  await page.waitForSelector('#memory-tab.leaks');
  await page.click('#memory-tab');
  await page.waitForSelector('#memory.leaks');
  assert.is(await page.text('left-behind'), '3');
});

visit('memory: no question makes a step on webgl leave a tensor behind', {}, async page => {
  const left = await page.evaluateHandle(() => {
    const counts = new Set<number>();
    const {worker} = mnist as unknown as {worker: Worker};
    worker.addEventListener('message', ({data}) => {
      if (data.kind === 'batch') counts.add(data.memory.left);
    });
    const ask = async () => {
      await mnist.ask({kind: 'predict', images: new Uint8Array(784).fill(9)});
      void ask();
    };
    void ask();
    return counts;
  });
  await page.choose('webgl');
  await page.trainAll(25);
  assert.equal(await left.evaluate(counts => [...counts]), [0]);
});

const onWebGL = {hash: '#backend=webgl&batches=40'};
visit('lost context: training goes on from the last copy of the weights', onWebGL, async page => {
  await page.clickAt(14, 'lose');
  await page.phase('lost');
  const lost = await page.evaluate(() => [mnist.why!.values!.at, mnist.batch]);
  const [at, back] = lost.map(Number);
  assert.ok(back % 10 === 0 && back >= 10 && at >= back && at < back + 10, `${at}, ${back}`);
  const sentence = `lost after batch ${at}; the run is back at batch ${back}`;
  assert.match(await page.text('why'), sentence);
  const before = await page.losses();
  assert.is(before.length, back);
  assert.is(await page.text('start'), 'Go on');
  await page.click('#start');
  await page.phase('done');
  const after = await page.losses();
  assert.equal(after.slice(0, back), before);
  assert.is(await page.text('why'), '');
  await page.reset();
  await page.trainAll(40);
  assert.equal(after, await page.losses(), 'as if it had not been lost');

  // And while nothing is trained: another backend takes over.
  await page.click('#memory-tab');
  await page.click('#lose');
  await page.phase('lost');
  await page.choose('simd');
  await page.phase('done');
  await page.trainAll(60);
  // Back on webgl, the context is a new one.
  await page.choose('webgl');
  await page.waitForFunction(() => mnist.settings.backend === 'webgl' && mnist.phase === 'done');
  await page.trainAll(65);
  assert.ok((await page.losses()).every(Number.isFinite));
  assert.ok((await page.losses()).at(-1)! < 1.5);
});

/** On a message of this channel, every canvas hears of a loss. */
const reportsLosses = inWorker(`
  const canvases = [];
  const {getContext} = OffscreenCanvas.prototype;
  OffscreenCanvas.prototype.getContext = function (...values) {
    canvases.push(this);
    return getContext.apply(this, values);
  };
  new BroadcastChannel('losses').onmessage = () => {
    for (const canvas of canvases) canvas.dispatchEvent(new Event('webglcontextlost'));
  };`);
test('lost context: the browser’s report costs no batch once training has noticed the loss', () =>
  open({...onWebGL, routes: reportsLosses}, async page => {
    await page.clickAt(14, 'lose');
    await page.phase('lost');
    const state = () => page.evaluate(() => [mnist.phase, mnist.batch, mnist.why!.values!.at]);
    const before = await state();
    assert.ok((before[1] as number) >= 10, `${before}`);
    await page.evaluate(async () => {
      new BroadcastChannel('losses').postMessage('');
      await new Promise(resolve => setTimeout(resolve, 200));
      await mnist.ask({kind: 'testLabels'});
    });
    assert.equal(await state(), before);
  }));

runVisits();
