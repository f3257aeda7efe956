// The guided reading on the page: from the first stop to the last in both languages, each question answered by mouse and keys.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import * as assert from 'uvu/assert';
import {stopNames} from '../../src/page/guide/questions.ts';
import type {Inside} from '../../src/page/inside/inside.ts';
import {runVisits, type VisitedPage, visit} from '../visit.ts';

declare const inside: Inside;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Clicks a cell [row, column, channel] of a picture on the stage. @param across maps in a row */
async function clickCell(
  page: VisitedPage,
  of: string,
  [row, column, channel]: number[],
  {across, rows, columns}: {across: number; rows: number; columns: number},
) {
  const canvas = page.locator(`[data-of="${of}"] canvas`).first();
  await canvas.scrollIntoViewIfNeeded();
  const {x, y, width} = (await canvas.boundingBox())!;
  const gap = across === 1 ? 0 : 1;
  const cell = ((width - gap) / across - gap) / columns;
  const [left, top] = [channel % across, Math.floor(channel / across)];
  await page.mouse.click(
    x + gap + left * (columns * cell + gap) + (column + 0.5) * cell,
    y + gap + top * (rows * cell + gap) + (row + 0.5) * cell,
  );
  const selected = await page.evaluate(() => `${inside.cell!.of} ${inside.cell!.at}`);
  const at = of.endsWith('filter') ? [row, column, 0, channel] : [row, column, channel];
  assert.is(selected, `${of.replace(/^d(?=.*filter)/, '')} ${at}`);
}

/** [row, column, channel] of the first number for which `isIt` holds, as a function's text of the number and the largest. */
const find = (page: VisitedPage, of: string, channels: number, columns: number, isIt: string) =>
  page.evaluate(
    ([of, channels, columns, isIt]) => {
      const {values, gradients} = inside.look!;
      const numbers = of.startsWith('d') ? gradients[of.slice(1)] : values[of];
      const test = new Function('value', 'most', `return ${isIt}`);
      const index = numbers.findIndex(value => test(value, Math.max(...numbers)));
      const pixel = Math.floor(index / channels);
      return [Math.floor(pixel / columns), pixel % columns, index % channels];
    },
    [of, channels, columns, isIt] as const,
  );

const image = {across: 1, rows: 28, columns: 28};
const conv1 = {across: 2, rows: 24, columns: 24};
const pool1 = {across: 2, rows: 12, columns: 12};
const filter1 = {across: 4, rows: 5, columns: 5};

const feedback = (page: VisitedPage) => page.locator('#guide-feedback');
/** Waits for the help after a wrong try. */
const helped = (page: VisitedPage) =>
  page.waitForFunction(() => {
    const said = document.getElementById('guide-feedback')!;
    return said.textContent !== '' && !said.classList.contains('done');
  });
const answered = (page: VisitedPage) => feedback(page).and(page.locator('.done')).waitFor();

type Try = (page: VisitedPage) => Promise<unknown>;
/** At each stop: a wrong try, then an answer. */
const tries: {wrong: Try; right: Try}[] = [
  {
    wrong: async page =>
      clickCell(page, 'image', await find(page, 'image', 1, 28, 'value === 0'), image),
    right: async page =>
      clickCell(page, 'image', await find(page, 'image', 1, 28, 'value > 0.5'), image),
  },
  {
    wrong: async page =>
      clickCell(page, 'conv1', await find(page, 'conv1', 8, 24, 'value < 0'), conv1),
    right: async page =>
      clickCell(page, 'conv1', await find(page, 'conv1', 8, 24, 'value > 0.8 * most'), conv1),
  },
  {
    wrong: page => clickCell(page, 'conv1', [3, 3, 3], conv1),
    async right(page) {
      const [row, column, channel] = await find(page, 'conv1', 8, 24, 'value === most');
      const at = [Math.floor(row / 2), Math.floor(column / 2), channel];
      await clickCell(page, 'pool1', at, pool1);
      await page.waitForFunction(
        () => document.getElementById('guide-feedback')!.textContent === '',
      );
      await page.click('#cell .winner');
    },
  },
  {
    async wrong(page) {
      await page.fill('#guide-answer', '25');
      await page.keyboard.press('Enter');
    },
    async right(page) {
      await page.fill('#guide-answer', '200');
      await page.keyboard.press('Enter');
    },
  },
  {
    wrong: async page =>
      page.click(`.values .bars.dense li:nth-child(${1 + (await logit(page, 'min'))})`),
    right: async page =>
      page.click(`.values .bars.dense li:nth-child(${1 + (await logit(page, 'max'))})`),
  },
  {
    wrong: async page => page.click(`#labels label:nth-of-type(${1 + (await logit(page, 'max'))})`),
    right: async page => page.click(`#labels label:nth-of-type(${1 + (await logit(page, 'min'))})`),
  },
  {
    wrong: async page =>
      clickCell(
        page,
        'dconv1.filter',
        await find(page, 'dconv1.filter', 8, 5, 'value > 0'),
        filter1,
      ),
    right: async page =>
      clickCell(
        page,
        'dconv1.filter',
        await find(page, 'dconv1.filter', 8, 5, 'value < 0'),
        filter1,
      ),
  },
  {
    async wrong(page) {
      await page.click('#settings-more summary');
      await page.fill('#learningRate', '0.2');
    },
    async right(page) {
      await page.fill('#length', '100');
      await page.click('#settings-more summary');
      await page.click('#one');
    },
  },
  {
    wrong: page => page.click('#one'),
    async right(page) {
      await page.click('#start');
      await page.done(100);
    },
  },
  {wrong: page => page.click('#next-digit'), right: page => page.click('#wrong-digit')},
];

const logit = (page: VisitedPage, which: 'min' | 'max') =>
  page.evaluate(which => {
    const logits = inside.look!.values.dense;
    return logits.indexOf(Math[which](...logits));
  }, which);

for (const locale of ['en-GB', 'zh-CN']) {
  visit(
    `guide, ${locale}: from the first stop to the last, with a wrong try and an answer at each`,
    {locale},
    async page => {
      await page.allImages();
      await page.waitForFunction(() => inside.look);
      assert.is(await page.locator('#guide').isVisible(), false);
      await page.click('#guide-open');
      await page.waitForSelector('#guide-title');
      const [titles, links] = [[] as string[], [] as string[]];
      for (const [i, {wrong, right}] of tries.entries()) {
        titles.push(await page.text('guide-title'));
        for (const link of await page.locator('#guide-files a').all()) {
          links.push((await link.getAttribute('href'))!);
        }
        assert.is(await page.inputValue('#guide-stops'), String(i));
        assert.ok((await page.locator('[data-guided]').count()) > 0, titles[i]);
        assert.not.match(await page.text('guide'), /[{}*]|undefined|NaN/);
        const next = await page.text('guide-next');
        const labelBefore = await page.evaluate(() => inside.label);
        await wrong(page);
        await helped(page);
        assert.not.match(await page.text('guide'), /[{}*]|undefined|NaN/);
        await right(page);
        await answered(page);
        const isLast = i === tries.length - 1;
        if (!isLast) assert.is.not(await page.text('guide-next'), next);
        await page.click('#guide-next');
        if (titles.length === 6) {
          const label = await page.evaluate(() => inside.label);
          assert.is(label, labelBefore, 'the label that was tried is put back');
        }
        if (i !== 3) continue;
        await page.reload(); // left and resumed
        await page.waitForFunction(() => inside.look);
        await page.allImages();
        await page.shows(
          'guide-open',
          locale === 'en-GB' ? 'Go on reading (5 of 10)' : '继续导读（5/10）',
        );
        await page.click('#guide-open');
        await page.waitForSelector('#guide-title');
        const marked = await page.locator('#guide-stops option', {hasText: '✓'}).count();
        assert.is(marked, 4);
      }
      assert.is(await page.locator('#guide').isVisible(), false);
      assert.is(await page.locator('[data-guided]').count(), 0);
      assert.is(new Set(titles).size, stopNames.length);
      const isChinese = locale === 'zh-CN';
      for (const title of titles) assert.is(/[一-龥]/.test(title), isChinese, title);
      for (const link of links) {
        const response = await page.request.get(new URL(link, page.url()).href);
        assert.is(response.status(), 200, link);
        assert.match(response.headers()['content-type'], 'text/plain');
      }
    },
  );
}

visit(
  'guide: Escape and × close it, the focus goes back, and nothing else of the page changes',
  {},
  async page => {
    await page.shows('guide-open', 'New here?');
    await page.click('#guide-open');
    await page.waitForFunction(() => document.activeElement?.id === 'guide-title');
    await page.keyboard.press('Escape');
    assert.is(await page.locator('#guide').isVisible(), false);
    assert.is(await page.evaluate(() => document.activeElement!.id), 'guide-open');
    await page.waitForFunction(
      () => document.getElementById('guide-open')!.textContent === 'Guide',
    ); // no longer the invitation
    await page.keyboard.press('Enter');
    await page.click('#guide-close');
    assert.is(await page.locator('#guide').isVisible(), false);
  },
);

visit('guide: switching the language changes its text, and the stop stays', {}, async page => {
  await page.click('#guide-open');
  await page.waitForSelector('#guide-title');
  await page.selectOption('#guide-stops', '6');
  await page.shows('guide-title', 'The gradients');
  assert.is(await page.evaluate(() => inside.mode), 'gradients');
  await page.click('#language');
  await page.shows('guide-title', '梯度');
  assert.match(await page.text('guide-question'), '过滤器');
});

visit(
  'guide: where nothing can be stored it works, and begins at the first stop again',
  {},
  async page => {
    await page.evaluate(() =>
      localStorage.setItem('mnist-ops guide', '{"stop": 99, "answered": 1}'),
    );
    await page.reload();
    await page.waitForFunction(() => inside.look);
    await page.evaluate(() => {
      Storage.prototype.setItem = () => {
        throw new Error('full');
      };
    });
    await page.click('#guide-open');
    await page.waitForSelector('#guide-title');
    await page.waitForSelector('#guide-title >> text=Data');
    await page.click('#guide-next');
    await page.shows('guide-title', 'Convolution');
  },
);

for (const colorScheme of ['light', 'dark'] as const) {
  visit(`guide, ${colorScheme}: axe finds nothing in it`, {colorScheme}, async page => {
    await page.waitForFunction(() => inside.look);
    await page.click('#guide-open');
    await page.waitForSelector('#guide-title');
    await tries[0].wrong(page);
    await helped(page);
    await page.addScriptTag({content: axe});
    const check = () =>
      page.evaluate(async () => {
        const {violations} = await (
          globalThis as unknown as {axe: {run(at: string): Promise<{violations: {id: string}[]}>}}
        ).axe.run('#guide');
        return violations.map(({id}) => id);
      });
    assert.equal(await check(), []);
    await tries[0].right(page);
    await answered(page);
    assert.equal(await check(), []);
  });
}

visit(
  'guide: without a connection it says so; a reload tries again',
  {},
  async (page, problems) => {
    await page.context().setOffline(true);
    await page.click('#guide-open');
    await page.shows('guide', 'The guide could not be loaded.');
    await page.shows('guide-open', 'Close the guide');
    await page.click('#guide-open');
    assert.not(await page.isVisible('#guide'));
    await page.context().setOffline(false);
    await page.reload();
    await page.waitForFunction(() => inside.look);
    await page.click('#guide-open');
    await page.waitForSelector('#guide-title >> text=Data');
    assert.is(await page.locator('#guide .bad').count(), 0);
    assert.ok(problems.splice(0).every(problem => problem.includes('ERR_INTERNET_DISCONNECTED')));
  },
);

runVisits();
