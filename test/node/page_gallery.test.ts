// The page's test digits, its confusion matrix, and the answers of weights that were never trained.
import * as assert from 'uvu/assert';
import {writeRun} from '../saved_file.ts';
import {runVisits, visit} from '../visit.ts';

const briefly = {hash: '#batches=150'};
visit('gallery: right and wrong answers, known wrong labels, the matrix', briefly, async page => {
  await page.phase('done');
  const evaluation = (await page.evaluate(() => mnist.evaluation))!;
  await page.waitForFunction(() => document.querySelectorAll('#gallery li.right').length > 20);
  await page.selectOption('#filter', 'mistakes');
  await page.selectOption('#digit', '5');
  await page.waitForFunction(() => document.querySelectorAll('#gallery li.wrong').length > 3);
  await page.waitForTimeout(100);
  const fives = Array.from({length: 10}, (_, answer) => evaluation.confusion[50 + answer]);
  fives[5] = 0; // right
  await page.shows('range', `/ ${fives.reduce((sum, count) => sum + count, 0)}`);
  assert.is(await page.locator('#gallery li.right:visible').count(), 0);
  const titles = () =>
    page.$$eval('#gallery li:not([hidden])', items =>
      items.map(item => item.getAttribute('title')!),
    );
  for (const title of await titles()) {
    assert.match(title, /^Test image [\d,]+, labelled 5\. Taken for an? [^5] \(\d+\.\d %\)\./);
  }
  await page.selectOption('#digit', '');
  await page.selectOption('#filter', 'wrong');
  const doubts = '#gallery li.doubt:not([hidden])';
  await page.waitForFunction(doubts => document.querySelectorAll(doubts).length === 15, doubts);
  assert.match((await titles())[0], /^Test image 947, labelled 8\..*suggest 9/);
  await page.locator(doubts).first().click();
  await page.shows('test-digit', 'Test digit 947'); // it flows through the network

  await page.focus('#digits-tab');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('#confusion tbody tr');
  const cells = await page.locator('#confusion tbody td').allTextContents();
  const counts = cells.map(cell => (cell === '·' ? 0 : Number(cell)));
  assert.equal(counts, Object.values(evaluation.confusion));
});

visit('gallery: an answer like people’s votes has no cross', {hash: '#batches=300'}, async page => {
  await page.phase('done');
  await page.locator('#filter').selectOption('wrong');
  await page.waitForFunction(() => document.querySelectorAll('#gallery li.doubt').length >= 15);
  const items = await page.$$eval('#gallery li', items =>
    items.map(({className, textContent}) => [className, textContent!]),
  );
  const agreeing = items.filter(([, text]) => text.includes('≈'));
  assert.ok(agreeing.length > 3, `${agreeing.length}`);
  for (const [className] of agreeing) assert.not.match(className, /wrong|right/);
  for (const [className, text] of items) {
    if (/wrong/.test(className)) assert.match(text, /\d✗\d/);
  }
  assert.is(await page.locator('#accuracy').getAttribute('aria-live'), 'polite');
});

visit('answers: opened weights give their own, with the same settings too', {}, async page => {
  await page.draw('50,20 50,80');
  await page.shows('probabilities', ' %');
  const before = await page.text('probabilities');
  const {settings, batch, weights} = await page.evaluate(async () => {
    const run = (await mnist.ask({kind: 'save'}))!;
    return {...run, weights: run.weights.map(values => Array.from(values, value => -value))};
  });
  const negated = weights.map(values => Float32Array.from(values));
  await page.upload(
    'upload',
    'w',
    '',
    writeRun({settings, batch, weights: negated, velocities: []}),
  );
  await page.waitForFunction(
    before => document.getElementById('probabilities')!.textContent !== before,
    before,
  );
});

runVisits();
