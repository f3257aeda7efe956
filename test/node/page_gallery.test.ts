// The page's test digits, its confusion matrix, and the answers of weights that were never trained.
import * as assert from 'uvu/assert';
import {writeWeights} from '../../src/page/weights_file.ts';
import {runVisits, visit} from '../visit.ts';

visit(
  'gallery: answers, mistakes, wrong labels, the matrix',
  {hash: '#batches=150'},
  async page => {
    await page.phase('done');
    const evaluation = (await page.evaluate(() => mnist.evaluation))!;
    await page.waitForFunction(() => document.querySelectorAll('#gallery li.right').length > 20);
    await page.selectOption('#filter', 'mistakes');
    await page.selectOption('#digit', '5');
    await page.waitForFunction(() => document.querySelectorAll('#gallery li.wrong').length > 3);
    await page.waitForTimeout(100);
    const wrongFives = Array.from({length: 10}, (_, answer) => answer)
      .filter(answer => answer !== 5)
      .reduce((sum, answer) => sum + evaluation.confusion[50 + answer], 0);
    await page.waitForFunction(
      total => document.getElementById('range')!.textContent!.endsWith(`/ ${total}`),
      wrongFives,
    );
    assert.is(await page.locator('#gallery li.right:visible').count(), 0);
    const titles = await page
      .locator('#gallery li:visible')
      .evaluateAll(items => items.map(item => (item as HTMLElement).title));
    for (const title of titles) {
      assert.match(title, /^Test image [\d,]+, labelled 5\. Taken for an? [^5] \(\d+\.\d %\)\./);
    }
    await page.selectOption('#digit', '');
    await page.selectOption('#filter', 'wrong');
    await page.waitForFunction(
      () => document.querySelectorAll('#gallery li.doubt:not([hidden])').length === 15,
    );
    assert.match(
      (await page.locator('#gallery li').first().getAttribute('title'))!,
      /^Test image 947, labelled 8\..*suggest 9/,
    );

    await page.focus('#digits-tab');
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('#confusion tbody tr');
    const cells = (await page.locator('#confusion tbody td').allTextContents()).map(cell =>
      cell === '·' ? 0 : Number(cell),
    );
    assert.equal(cells, Object.values(evaluation.confusion));
  },
);

visit('gallery: an answer like people’s votes has no cross', {hash: '#batches=300'}, async page => {
  await page.phase('done');
  await page.locator('#filter').selectOption('wrong');
  await page.waitForFunction(() => document.querySelectorAll('#gallery li.doubt').length >= 15);
  const items = await page.evaluate(() =>
    [...document.querySelectorAll('#gallery li')].map(({className, textContent}) => ({
      className,
      textContent: textContent ?? '',
    })),
  );
  const agreeing = items.filter(({textContent}) => textContent.includes('≈'));
  assert.ok(agreeing.length > 3, `${agreeing.length}`);
  for (const {className} of agreeing) assert.not.match(className, /wrong|right/);
  for (const {className, textContent} of items) {
    if (/wrong/.test(className)) assert.match(textContent, /\d✗\d/);
  }
  assert.is(await page.locator('#accuracy').getAttribute('aria-live'), 'polite');
});

visit('answers: opened weights of the same settings give their own', {}, async page => {
  await page.draw('50,20 50,80');
  await page.shows('probabilities', ' %');
  const before = await page.text('probabilities');
  const {settings, batch, weights} = (await page.evaluate(async () => {
    const run = (await mnist.ask({kind: 'save'}))!;
    return {...run, weights: run.weights.map(values => Array.from(values, value => -value))};
  }))!;
  const negated = weights.map(values => Float32Array.from(values));
  await page.upload('upload', 'w', '', writeWeights({settings, batch, weights: negated}));
  await page.waitForFunction(
    before => document.getElementById('probabilities')!.textContent !== before,
    before,
  );
});

runVisits();
