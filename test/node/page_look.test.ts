// How the page looks and answers: screenshots, which stay in dist/screenshots, languages, colours, sizes, the keyboard, no long tasks.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {BrowserContextOptions} from 'playwright-core';
import * as assert from 'uvu/assert';
import type {Inside} from '../../src/page/inside/inside.ts';
import {runVisits, type VisitedPage, visit} from '../visit.ts';

const screenshots = fileURLToPath(new URL('../screenshots/', import.meta.url));
type Violation = {id: string; impact: string; nodes: {html: string}[]};
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The durations of the page's tasks of more than 50 ms in the next three seconds. */
const longTasks = (page: VisitedPage) =>
  page.evaluate(async () => {
    const durations: number[] = [];
    const observer = new PerformanceObserver(list => {
      durations.push(...list.getEntries().map(({duration}) => duration));
    });
    observer.observe({type: 'longtask'});
    await new Promise(resolve => setTimeout(resolve, 3000));
    observer.disconnect();
    return durations;
  });

visit('speed: no task of the page takes more than 50 ms while it trains', {}, async page => {
  await page.allImages();
  await page.train(100_000);
  await page.batch(100);
  for (const backend of ['simd', 'webgl']) {
    await page.choose(backend);
    // Other programs may hold up any task on a shared machine: one of these spans has to be free of long ones.
    const spans: number[][] = [];
    do spans.push(await longTasks(page));
    while (spans.at(-1)!.length > 0 && spans.length < 5);
    assert.is(spans.at(-1)!.length, 0, `${backend}: ${JSON.stringify(spans)}`);
    await page.waitForFunction(
      backend => mnist.moves.at(-1)!.backend === backend && mnist.batch > mnist.moves.at(-1)!.batch,
      backend,
    );
  }
});

const scrollSize = (page: VisitedPage) =>
  page.evaluate(() => {
    const {scrollWidth, scrollHeight} = document.documentElement;
    return [scrollWidth, scrollHeight];
  });

/** What axe-core finds serious, with the elements. */
async function seriousIn(page: VisitedPage): Promise<string[]> {
  const violations = await page.evaluate(async () => {
    const {axe} = globalThis as unknown as {axe: {run(): Promise<{violations: Violation[]}>}};
    return (await axe.run()).violations;
  });
  const serious = violations.filter(
    ({id, impact}) => impact === 'serious' || impact === 'critical' || id === 'landmark-unique',
  );
  return serious.flatMap(({id, nodes}) => [id, ...nodes.map(({html}) => html)]);
}

const looks: Record<string, BrowserContextOptions> = {
  light: {},
  dark: {colorScheme: 'dark'},
  projector: {viewport: {width: 1280, height: 720}},
  phone: {
    viewport: {width: 390, height: 844},
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
  },
  chinese: {locale: 'zh-CN'},
};
for (const [name, options] of Object.entries(looks)) {
  const opening = {...options, hash: '#batches=120'};
  visit(`${name}: nothing scrolls sideways, and axe finds nothing serious`, opening, async page => {
    await page.phase('done');
    await page.choose('cpu');
    await page.trainAll(130);
    await page.locator('#pad').scrollIntoViewIfNeeded();
    await page.draw('30,20 70,20 45,85');
    await page.waitForFunction(() => document.querySelectorAll('#gallery li.right').length > 20);
    await page.waitForTimeout(500);
    mkdirSync(screenshots, {recursive: true});
    await page.evaluate(axe);
    /** The page as it is now, under this name. */
    const check = async (part: string) => {
      const picture = await page.screenshot({fullPage: true});
      writeFileSync(join(screenshots, `${name}${part}.png`), picture);
      const [scrollWidth, scrollHeight] = await scrollSize(page);
      const {width, height} = page.viewportSize()!;
      assert.is(scrollWidth, width, part);
      if (name !== 'phone') assert.is(scrollHeight, height, `one screen${part}`);
      assert.equal(await seriousIn(page), [], part);
    };
    await check('');
    for (const tab of await page.locator('#result-tabs [role=tab]:visible').all()) {
      await tab.click();
      await page.waitForTimeout(300); // a chart that was hidden is drawn
      await check(` ${await tab.getAttribute('aria-controls')}`);
    }
    await page.settings();
    await check(' settings');
    const left = await page.evaluate(() =>
      document.body.textContent!.match(/\{\w+\}|undefined|NaN/),
    );
    assert.is(left, null);
  });
}

const widths = {1920: 3, 1366: 3, 1280: 3, 1150: 2, 900: 2, 390: 1};
for (const [width, columns] of Object.entries(widths)) {
  const viewport = {width: Number(width), height: 800};
  visit(`results: ${width} pixels have room for ${columns} at a time`, {viewport}, async page => {
    const sections = page.locator('#results > section');
    const visible = page.locator('#results > section:visible');
    await page.waitForFunction(() => document.querySelectorAll('#results [hidden]').length > 0);
    const tabs = page.locator('#result-tabs [role=tab]:visible');
    assert.is(await visible.count(), columns);
    assert.is(await tabs.count(), (await sections.count()) - columns + 1);
    // The arrow keys lead to each of the others, and around.
    await tabs.first().focus();
    const seen = new Set<string>();
    for (let i = 0; i < (await tabs.count()); i++) {
      assert.is(await visible.count(), columns);
      seen.add(await visible.last().evaluate(({id}) => id));
      await page.keyboard.press('ArrowRight');
    }
    assert.is(seen.size, await tabs.count());
    assert.ok(await tabs.first().evaluate(tab => tab === document.activeElement));
    await page.keyboard.press('ArrowLeft');
    assert.ok(await page.isVisible('#memory'));
  });
}

visit('lower row: a cell and its code take the place of the results', {}, async page => {
  const left = async (id: string) => (await page.locator(id).boundingBox())!;
  const select = (isSelected: boolean) =>
    page.evaluate(async isSelected => {
      const {inside} = globalThis as unknown as {inside: Inside};
      inside.select(isSelected ? {of: 'conv1', at: [0, 0, 0], isGradient: false} : undefined);
      await new Promise(resolve => setTimeout(resolve, 300));
      return document.body.dataset.view;
    }, isSelected);
  assert.is(await select(true), 'inside');
  assert.not(await page.isVisible('#results'));
  const [cell, code] = [await left('#cell'), await left('#code')];
  assert.ok(cell.x < code.x && cell.width > code.width && code.width > 500, `${cell.width}`);
  await page.evaluate(() => {
    document.getElementById('guide')!.hidden = false;
  });
  const guide = await left('#guide');
  assert.is(guide.width, 24 * 14);
  assert.ok(guide.x < (await left('#cell')).x);
  assert.is(await select(false), 'results');
  assert.not(await page.isVisible('#cell, #code'));
  assert.ok(guide.x < (await left('#curves')).x);
  assert.equal(await scrollSize(page), [1366, 768]);
});

/** Pairs of elements that lie over each other. */
const overlaps = (page: VisitedPage, selector: string) =>
  page.$$eval(selector, elements => {
    const boxes = elements.map(each => each.getBoundingClientRect());
    const names = elements.map(each => each.id || each.textContent!.trim());
    return boxes.flatMap((a, i) =>
      boxes.slice(i + 1).flatMap((b, j) => {
        const isOver =
          Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
        return isOver ? [`${names[i]} and ${names[i + 1 + j]}`] : [];
      }),
    );
  });

visit(
  'narrow window: no control covers another, and cell and code keep their width',
  {},
  async page => {
    await page.click('#guide-open');
    await page.waitForSelector('#guide-title'); // it takes a selection back
    await page.evaluate(() => inside.select({of: 'conv2', at: [3, 4, 5], isGradient: false}));
    await page.waitForSelector('#code-body .line');
    for (const width of [1366, 1160, 1024, 900, 800, 764]) {
      await page.setViewportSize({width, height: 700});
      await page.drawn();
      const controls = 'header :is(button, select, summary, #backends span)';
      assert.equal(
        await overlaps(page, `${controls}:not(details div *, [hidden])`),
        [],
        String(width),
      );
      for (const id of ['guide', 'cell', 'code']) {
        const box = (await page.locator(`#${id}`).boundingBox())!;
        assert.ok(box.width >= 20 * 14 - 1, `${id} is ${box.width} wide at ${width}`);
      }
    }
  },
);

visit('language: at first the browser’s, then for good the chosen one', {}, async page => {
  assert.is(await page.getAttribute('html', 'lang'), 'en');
  await page.click('#language');
  await page.shows('phase', '就绪');
  await page.reload();
  await page.waitForFunction(() => document.documentElement.lang === 'zh');
  assert.is(await page.text('train-title'), '训练');
});

const posix = {locale: 'en-US@posix'}; // Chromium's where LANG is C or unset
visit('language: English where the browser’s locale is no language tag', posix, async page => {
  assert.is(await page.text('train-title'), 'Train');
});

visit('keyboard: it reaches every control, and the focus is visible', {}, async page => {
  const reached = new Set<string>();
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const active = document.activeElement!;
      // A hidden input shows the focus on its label, a backend's on the text after it.
      const shown = 'label:has(> .hidden:focus), #backends :focus + span';
      const {outlineStyle, outlineWidth} = getComputedStyle(
        document.querySelector(shown) ?? active,
      );
      const visible = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
      return {id: active.id || active.getAttribute('value') || active.tagName, visible};
    });
    if (at.id === 'BODY') break;
    if (at.id === 'SUMMARY' && !(await page.isVisible('#seed'))) await page.keyboard.press('Enter');
    assert.ok(at.visible, `the focus on ${at.id} is invisible`);
    reached.add(at.id);
    if (at.id === 'split-tab') await page.keyboard.press('ArrowRight');
  }
  const bar =
    'start one reset preset simd batchSize recipe learningRate seed length unit guide-open language';
  const others = 'pad digits-tab filter digit next split-tab link copy save upload';
  for (const id of `${bar} ${others}`.split(' ')) {
    assert.ok(reached.has(id), `${id} is not reached: ${[...reached]}`);
  }
});

for (const [width, height, least] of [
  [1280, 720, 14],
  [1366, 768, 14],
  [1920, 1080, 19],
]) {
  const opening = {viewport: {width, height}, hash: '#batches=20'};
  visit(
    `text: on ${width} × ${height}, all is at least three quarters of ${least} pixels`,
    opening,
    async page => {
      await page.phase('done');
      await page.settings();
      const textsIn = (selector: string) =>
        page.evaluate(selector => {
          const size = (each: Element) => Number.parseFloat(getComputedStyle(each).fontSize);
          const hasText = ({childNodes}: Element) =>
            [...childNodes].some(
              ({nodeType, textContent}) => nodeType === 3 && textContent!.trim(),
            );
          const shown = [...document.querySelectorAll(`${selector} *`)].filter(
            each => each.checkVisibility() && hasText(each),
          );
          const texts = shown.map(each => [size(each), each.textContent!.trim()] as const);
          return {font: size(document.documentElement), texts};
        }, selector);
      const {font, texts} = await textsIn('body');
      assert.ok(font >= least, `${font}`);
      assert.ok(texts.length > 100, `${texts.length}`);
      assert.equal(
        texts.filter(([size]) => size < 0.75 * font - 0.01),
        [],
      );
      const bar = (await page.locator('header').boundingBox())!;
      assert.ok(bar.height < 3.5 * font, `the bar is one row: ${bar.height}`);
      assert.equal(await scrollSize(page), [width, height]);
      const onSome = '1,000 test images, drawn at random';
      for (const words of ['each batch', onSome, 'all 10,000 test images']) {
        assert.ok(await page.getByText(words).isVisible(), words);
      }
      await page.evaluate(() => {
        const {inside} = globalThis as unknown as {inside: Inside};
        inside.select({of: 'conv2', at: [3, 4, 5], isGradient: false});
      });
      await page.waitForFunction(
        () => document.querySelectorAll('#cell .tiles .term').length > 199,
      );
      const ofCell = (await textsIn('#cell')).texts;
      assert.ok(ofCell.length > 100, `${ofCell.length}`);
      assert.equal(
        ofCell.filter(([size]) => size < 0.75 * font - 0.01),
        [],
        'of a cell',
      );
    },
  );
}

visit('large text: the curves stay as high as they were', {}, async page => {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setFontSizes' as never, {fontSizes: {standard: 32}} as never);
  await page.waitForFunction(() => getComputedStyle(document.documentElement).fontSize === '28px');
  const heights = await page.evaluate(() =>
    ['loss-chart', 'test-chart'].map(id => document.getElementById(id)!.clientHeight),
  );
  assert.ok(Math.min(...heights) > 120, `${heights}`);
  assert.is((await scrollSize(page))[0], 1366);
});

for (const colorScheme of ['light', 'dark'] as const) {
  const opening = {colorScheme, hash: '#batches=2'};
  visit(`${colorScheme}: bars and curves have a contrast of 3 to 1`, opening, async page => {
    await page.phase('done');
    const ratios = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('i'));
      const luminance = (name: string) => {
        probe.style.color = `var(${name})`;
        const [r, g, b] = getComputedStyle(probe)
          .color.match(/[\d.]+/g)!
          .map(value => Number(value) / 255)
          .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const panel = luminance('--panel') + 0.05;
      return ['--faint', '--accent', '--good'].map(name => {
        const ratio = (luminance(name) + 0.05) / panel;
        return Math.max(ratio, 1 / ratio);
      });
    });
    for (const ratio of ratios) assert.ok(ratio >= 3, `${ratios}`);
    const bars = await page.evaluate(
      () => getComputedStyle(document.querySelector('#kernels .bar')!).backgroundImage,
    );
    assert.is(bars.match(/gradient/g)?.length, 2, 'a shade and its foot');
  });
}

const forced = {forcedColors: 'active', hash: '#batches=2'} as const;
visit('forced colours: the chosen backend and tab differ from the others', forced, async page => {
  await page.phase('done');
  const colour = async (selector: string) => {
    const first = page.locator(selector).first();
    return first.evaluate(each => getComputedStyle(each).backgroundColor);
  };
  for (const [chosen, other] of [
    ['#backends input:checked + span', '#backends input:not(:checked) + span'],
    ['[role="tab"][aria-selected="true"]', '[role="tab"][aria-selected="false"]'],
  ]) {
    assert.is.not(await colour(chosen), await colour(other));
  }
});

runVisits();
