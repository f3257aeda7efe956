// The runner of the tests in pages, if the browser, the page or one test fails.
import type {Page as BrowserPage} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {startBrowser} from '../../src/cli/browser.ts';
import {runPage} from '../browser/run_page.ts';

/** Runs four tests in a page, of which `second` is the second one's body, and `meanwhile` in Node. */
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
    assert.is(outcomes.map(({name}) => name).join(), 'first,second,third,fourth');
    return outcomes.map(({result}) => (result instanceof Error ? result.message : result));
  } finally {
    await browser.close();
  }
}

const never = 'await new Promise(() => {});';

test('runPage: if the browser is killed during a test, that test fails and says so', async () => {
  const outcomes = await outcomesOf(never, 300_000, async page => {
    const session = await page.context().browser()!.newBrowserCDPSession();
    const {processInfo} = await session.send('SystemInfo.getProcessInfo');
    await page.waitForFunction(() => 'isInSecond' in globalThis);
    process.kill(processInfo.find(({type}) => type === 'browser')!.id, 'SIGKILL');
  });
  const died =
    'the browser: expected it to run until the tests end, found that it died in this one';
  assert.equal(outcomes, ['passed', died, 'not run', 'skipped']);
});

test('runPage: a test that hangs fails, and the tests after it are not run', async () => {
  const outcomes = await outcomesOf(never, 1000);
  // On a busy machine the first test may also take that long.
  const before = outcomes[0] === 'passed' ? ['passed'] : [];
  const hung =
    "the page: expected it to answer, found that it doesn't (it took longer than 1000 ms)";
  const after = before.length ? ['not run'] : ['not run', 'not run'];
  assert.equal(outcomes, [...before, hung, ...after, 'skipped']);
});

test('runPage: a test that fails does not change the others', async () => {
  const outcomes = await outcomesOf(`return {name: 'Error', message: '1 is not 2'};`, 300_000);
  assert.equal(outcomes, ['passed', '1 is not 2', 'passed', 'skipped']);
});

test.run();
