// The page's form and its runs: on every backend, through pauses and switches, to an end or a failure.
import type {Route} from 'playwright-core';
import * as assert from 'uvu/assert';
import {wilsonInterval} from '../../src/statistics.ts';
import {runVisits, visit} from '../visit.ts';

const mean = (losses: number[]) => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;

visit('train: 100 batches on simd reach 85 % of the test images', {}, async page => {
  await page.trainAll(100);
  const {correct, total} = (await page.evaluate(() => mnist.evaluation))!;
  assert.is(total, 10_000);
  assert.ok(correct / total >= 0.85, `${correct} of ${total}`);
  assert.is(await page.text('accuracy'), `${(correct / 100).toFixed(1)} % of all test images`);
  const interval = await page.text('interval');
  assert.match(interval, `${(correct / 100).toFixed(2)} % of all test images`);
  const [low, high] = wilsonInterval(correct, total).map(share => `${(100 * share).toFixed(2)} %`);
  assert.match(interval, `95 % interval ${low} to ${high}`);
  assert.is(await page.text('batch'), '100 / 100');
  assert.match(await page.text('ms'), /^[\d.]+ ms$/);
  assert.match(await page.text('speed'), /^[\d,]+ images\/s$/);
  assert.is((await page.losses()).length, 100);
  assert.is((await page.evaluate(() => mnist.tests)).length, 100 / 20 + 1);
  const loss = mean((await page.losses()).slice(80));
  await page.click('#numbers summary');
  await page.waitForSelector('#numbers tbody tr');
  const cells = await page.locator('#numbers tbody tr:last-child td').allTextContents();
  assert.equal(cells, ['100', loss.toFixed(4), `${(correct / 100).toFixed(1)} %`]);
  await page.shows('loss-text', '100 batches');
  assert.match(await page.text('loss-text'), /The loss went from 2\.\d+ to 0\.\d+ nats/);
});

visit('train: a run moves to webgl and back, and its curve goes on', {}, async page => {
  const phases = await page.evaluateHandle(() => {
    const seen: string[] = [];
    mnist.onChange(() => void (seen.at(-1) === mnist.phase || seen.push(mnist.phase)));
    return seen;
  });
  /** Waits for this many batches after the last of this many moves. */
  const trained = (moves: number, batches: number) =>
    page.waitForFunction(
      ([moves, batches]) =>
        mnist.moves.length === moves && mnist.batch >= mnist.moves[moves - 1].batch + batches,
      [moves, batches],
    );
  await page.train(2000);
  await page.batch(60);
  await page.choose('webgl');
  await trained(2, 12);
  await page.choose('simd');
  await trained(3, 30);
  await page.click('#start');
  await page.phase('paused');
  const moves = await page.evaluate(() => mnist.moves);
  const backends = moves.map(({backend}) => backend);
  assert.equal(backends, ['simd', 'webgl', 'simd']);
  assert.ok((await phases.evaluate(seen => seen)).includes('compiling'));
  assert.match(await page.text('compiled'), /^\d+ shaders compiled in [\d.]+ s\.$/);
  const all = await page.losses();
  assert.is(all.filter(Number.isFinite).length, await page.evaluate(() => mnist.batch));
  assert.ok(mean(all.slice(moves[1].batch)) < mean(all.slice(0, 60)), 'it still learns');

  const heads = await page.locator('#kernels thead th').allTextContents();
  assert.equal(heads, ['Kernel', 'simd, ms', 'webgl, ms']);
  const convolution = page.locator('#kernels tbody tr', {hasText: 'Conv2D [64,12,12,8]'}).first();
  const times = (await convolution.locator('td').allTextContents()).map(Number);
  const measured = await page.evaluate(() =>
    ['simd', 'webgl'].map(backend => {
      const {kernels} = mnist.splits.find(split => split.backend === backend)!;
      return kernels.find(({kernel}) => kernel.startsWith('Conv2D [64,12,12,8]'))!.ms;
    }),
  );
  for (const i of [0, 1]) assert.ok(Math.abs(times[i] - measured[i]) <= 0.05, `${times}`);
  assert.ok(measured.every(ms => ms > 0));
  const cells = await page.locator('#kernels tbody td:nth-child(2)').allTextContents();
  const rows = cells.map(Number);
  const [whole, rest] = [rows.pop()!, rows.pop()!];
  const inKernels = rows.reduce((total, ms) => total + ms, 0);
  const error = Math.abs(rest - Math.max(0, whole - inKernels));
  assert.ok(error <= 0.001 * rows.length, `${inKernels} and ${rest} of ${whole} ms`);
  const restHead = page.locator('#kernels tbody tr:nth-last-child(2) th');
  assert.is(await restHead.textContent(), 'everything else');
});

visit('train: a run on two backends has the losses of a run on one', {}, async page => {
  await page.trainAll(12);
  const expected = await page.losses();
  await page.reset();
  for (let i = 1; i <= 4; i++) {
    await page.click('#one');
    await page.waitForFunction(i => mnist.batch === i && mnist.phase === 'paused', i);
  }
  await page.choose('webgl');
  await page.waitForFunction(() => mnist.settings.backend === 'webgl' && mnist.phase === 'paused');
  await page.click('#start');
  await page.phase('done');
  const found = await page.losses();
  assert.equal(found.slice(0, 4), expected.slice(0, 4));
  for (let i = 4; i < 12; i++) {
    const message = `batch ${i + 1}: ${found[i]}, ${expected[i]}`;
    assert.ok(Math.abs(found[i] / expected[i] - 1) < 1e-3, message);
  }
});

visit('train: the recipe fast, with its own rate, momentum, and an end', {}, async page => {
  await page.settings();
  await page.selectOption('#recipe', 'fast');
  await page.drawn();
  assert.is(await page.inputValue('#learningRate'), '0.1');
  assert.match(await page.text('recipe-note'), /^Momentum: each weight has a velocity/);
  await page.enter('length', '1000');
  await page.drawn();
  assert.is(await page.inputValue('#learningRate'), '0.08');
  await page.enter('learningRate', '0.07');
  await page.trainAll(12);
  const losses = await page.losses();
  assert.ok(await page.isHidden('#more'), 'no epoch more');
  const isReadOnly = (id: string) =>
    page.locator(id).evaluate(el => (el as HTMLInputElement).readOnly);
  assert.ok(await isReadOnly('#length'));
  assert.ok(await page.isDisabled('#recipe'));
  assert.match(await page.inputValue('#link'), '&recipe=fast&learning-rate=0.07&');

  // One by one, and moved to another backend and back, it has the same velocities and the same rates.
  await page.reset();
  await page.click('#one');
  await page.waitForFunction(() => mnist.batch === 1 && mnist.phase === 'paused');
  for (const backend of ['cpu', 'simd']) {
    await page.choose(backend);
    await page.waitForFunction(
      backend => mnist.settings.backend === backend && mnist.phase === 'paused',
      backend,
    );
  }
  await page.click('#start');
  await page.done(12);
  assert.equal(await page.losses(), losses);

  await page.reset();
  await page.settings();
  await page.selectOption('#recipe', 'sgd');
  await page.drawn();
  assert.is(await page.inputValue('#learningRate'), '0.07', 'the visitor’s own rate stays');
  assert.not(await isReadOnly('#length'));
});

visit('train: with two threads, and with one again, the losses are the same', {}, async page => {
  await page.trainAll(12);
  const losses = await page.losses();
  assert.is(await page.text('threads-why'), '');
  await page.reset();
  await page.settings();
  await page.selectOption('#threads', '2');
  await page.waitForFunction(() => mnist.threads.threads === 2);
  await page.click('#one');
  await page.waitForFunction(() => mnist.batch === 1 && mnist.phase === 'paused');
  await page.settings();
  await page.selectOption('#threads', '1');
  await page.waitForFunction(() => mnist.threads.threads === 1);
  await page.settings();
  await page.selectOption('#threads', '2');
  await page.waitForFunction(() => mnist.threads.threads === 2);
  await page.click('#start');
  await page.done(12);
  assert.equal(await page.losses(), losses);
});

/** A server that sends the page without the headers that isolate it. */
const withoutIsolation = {
  '**/*': async (route: Route) => {
    const response = await route.fetch();
    const headers = Object.entries(response.headers()).filter(
      ([name]) => !/^cross-origin/.test(name),
    );
    await route.fulfill({response, headers: Object.fromEntries(headers)});
  },
};
visit(
  'train: where threads can’t be had, the page says why',
  {routes: withoutIsolation},
  async page => {
    await page.settings();
    const why = 'simd has one thread: threads need a page that is isolated';
    assert.match(await page.text('threads-why'), why);
    assert.ok(await page.isDisabled('#threads'));
    await page.trainAll(3);
  },
);

visit('train: too large a learning rate stops the run at an infinite loss', {}, async page => {
  await page.selectOption('#preset', 'mnist-core');
  await page.enter('learningRate', '500');
  await page.train(200);
  await page.phase('diverged');
  const sentence =
    /The loss became (NaN|Infinity) at batch \d+: a learning rate of 500 is too large/;
  assert.match(await page.text('why'), sentence);
  assert.ok(await page.isDisabled('#start'));
  await page.reset();
  assert.is(await page.text('why'), '');
});

visit('form: each field says what is wrong with it, until a reset', {}, async page => {
  await page.enter('batchSize', '0');
  await page.enter('learningRate', 'fast');
  await page.drawn();
  const batchSize = 'Batch size should be a whole number from 1 to 4,096, and is “0”.';
  assert.match(await page.text('wrong'), batchSize);
  assert.ok(await page.isDisabled('#start'));
  await page.enter('batchSize', '16');
  await page.drawn();
  const rate = 'Learning rate should be a number from 0.000001 to 1,000, and is “fast”.';
  assert.match(await page.text('wrong'), rate);
  assert.ok(await page.isDisabled('#start'));
  await page.click('#reset');
  await page.drawn();
  assert.is(await page.text('wrong'), '');
  const values = ['#batchSize', '#learningRate'].map(id => page.inputValue(id));
  assert.equal(await Promise.all(values), ['16', '0.15']);
  assert.ok(await page.isEnabled('#start'));
});

visit('settings: they open over the stage, and close on Escape and elsewhere', {}, async page => {
  const isOpen = () => page.isVisible('#seed');
  const stage = () => page.locator('#stage').boundingBox();
  const before = await stage();
  assert.not(await isOpen());
  await page.focus('#settings-more summary');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.is(await page.evaluate(() => document.activeElement!.id), 'batchSize');
  assert.equal(await stage(), before);
  await page.keyboard.press('Escape');
  assert.not(await isOpen());
  assert.is(await page.evaluate(() => document.activeElement!.tagName), 'SUMMARY');

  await page.settings();
  await page.click('h1');
  assert.not(await isOpen());
  await page.settings();
  await page.focus('#guide-open');
  assert.not(await isOpen());

  // What is wrong stays in sight.
  await page.enter('seed', 'one');
  await page.click('h1');
  await page.drawn();
  assert.not(await isOpen());
  assert.ok(await page.isVisible('#wrong'));
  const [wrong, main] = [page.locator('#wrong'), page.locator('main')];
  const foot = ({y, height}: {y: number; height: number}) => y + height;
  assert.ok(foot((await wrong.boundingBox())!) <= (await main.boundingBox())!.y, 'above the stage');
});

visit('form: a length in epochs stays that many epochs at any batch size', {}, async page => {
  const batches = () => page.evaluate(() => mnist.settings.batches);
  await page.settings();
  await page.selectOption('#unit', 'epochs');
  await page.enter('length', '2');
  assert.is(await batches(), 2 * 938);
  await page.enter('batchSize', '128');
  assert.is(await batches(), 2 * 469);
  await page.enter('length', '500');
  await page.enter('batchSize', '1');
  assert.is(await batches(), 1_000_000, 'no more than a link may have');
  await page.enter('batchSize', '128');
  await page.enter('length', '0.1');
  assert.is(await batches(), 47);
  await page.focus('#unit');
  await page.selectOption('#unit', 'batches');
  await page.drawn();
  assert.is(await page.inputValue('#length'), '47');
});

visit('reset: nothing of the run is left', {}, async page => {
  await page.train(5000);
  await page.batch(100);
  await page.reset();
  const left = await page.evaluate(() => {
    const {batch, losses, tests, moves, evaluation, memory, speed} = mnist;
    return [batch, losses, tests, moves, evaluation, memory, speed];
  });
  assert.equal(left, [0, [], [], [], undefined, undefined, undefined]);
  await page.shows('loss-text', 'Nothing was trained here yet.');
});

const short = {hash: '#batches=3&batch-size=1000'};
visit('train: a run at its end can have one epoch more', short, async page => {
  await page.phase('done');
  await page.getByRole('button', {name: 'One epoch more'}).click();
  await page.done(3 + 60);
  assert.is(await page.inputValue('#length'), '63');
  await page.settings();
  await page.press('#length', 'Enter'); // not by accident
  assert.is(await page.evaluate(() => mnist.settings.batches), 63);
});

visit('buttons: a button that goes off keeps the focus, and does nothing', {}, async page => {
  const focused = () => page.evaluate(() => document.activeElement!.id);
  const commands = await page.evaluateHandle(() => {
    const {worker} = mnist as unknown as {worker: Worker};
    const sent: string[] = [];
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message: {kind: string}) => {
      if (['train', 'trainOne', 'pause'].includes(message.kind)) sent.push(message.kind);
      post(message);
    };
    return sent;
  });
  await page.enter('length', '2');
  await page.press('#length', 'Enter');
  await page.done(2);
  assert.is(await focused(), 'length');
  await page.press('#length', 'Enter');
  for (const [i, id] of ['start', 'one'].entries()) {
    const batches = 3 + i;
    await page.enter('length', String(batches));
    await page.drawn();
    await page.press(`#${id}`, 'Enter');
    await page.done(batches);
    assert.is(await focused(), id);
    assert.ok(await page.isDisabled(`#${id}`));
    await page.keyboard.press('Enter');
  }
  assert.equal(await commands.jsonValue(), ['train', 'train', 'trainOne']);
  await page.focus('#next');
  await page.keyboard.press('Enter');
  await page.shows('range', '33');
  await page.focus('#previous');
  await page.keyboard.press('Enter');
  await page.shows('range', '1–');
  assert.is(await focused(), 'previous');
  assert.ok(await page.isDisabled('#previous'));
});

runVisits();
