// The runner of the tests in pages, when the browser, the page or one test fails.
import type {Page as BrowserPage} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {startBrowser} from '../../src/cli/browser.ts';
import {runPage} from '../browser/run_page.ts';

/** Runs four tests in a page, the second with this body, and `meanwhile` in this program. */
async function outcomesOf(
  second: string,
  timeLimit: number,
  meanwhile?: (page: BrowserPage) => Promise<void>,
) {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.setContent(`<script>
      globalThis.page = {
        listTests: () => ['first', 'second', 'third', 'fourth'].map(name => ({name, skipped: name === 'fourth'})),
        runTest: async index => {
          if (index !== 1) return undefined;
          globalThis.isInSecond = true;
          ${second}
        },
      };
    </script>`);
    const running = runPage(page, timeLimit);
    await meanwhile?.(page);
    const outcomes = await running;
    return outcomes.map(({name, result}) => [
      name,
      result instanceof Error ? result.message : result,
    ]);
  } finally {
    await browser.close();
  }
}

const never = 'await new Promise(() => {});';

test('runPage: killing the browser during a test is one failure, which says so', async () => {
  const outcomes = await outcomesOf(never, 300_000, async page => {
    const session = await page.context().browser()!.newBrowserCDPSession();
    const {processInfo} = await session.send('SystemInfo.getProcessInfo');
    await page.waitForFunction(() => 'isInSecond' in globalThis);
    process.kill(processInfo.find(({type}) => type === 'browser')!.id, 'SIGKILL');
  });
  assert.equal(outcomes, [
    ['first', 'passed'],
    [
      'second',
      'the browser: expected it to run until the tests end, found that it died in this one',
    ],
    ['third', 'not run'],
    ['fourth', 'skipped'],
  ]);
});

test('runPage: a test that hangs is one failure', async () => {
  const outcomes = await outcomesOf(never, 1000);
  // On a busy machine the first test may also take that long.
  const hung = outcomes.findIndex(([, result]) => /^the page: /.test(result));
  assert.ok(hung === 0 || hung === 1, JSON.stringify(outcomes));
  assert.is(
    outcomes[hung][1],
    "the page: expected it to answer, found that it doesn't (it took longer than 1000 ms)",
  );
  const after = outcomes.slice(hung + 1).map(([, result]) => result);
  assert.equal(after, [...after.slice(1).map(() => 'not run'), 'skipped']);
});

test('runPage: a test that fails does not change the others', async () => {
  const outcomes = await outcomesOf(`return {name: 'Error', message: '1 is not 2'};`, 300_000);
  assert.equal(outcomes, [
    ['first', 'passed'],
    ['second', '1 is not 2'],
    ['third', 'passed'],
    ['fourth', 'skipped'],
  ]);
});

test.run();
