// A browser that many tests share, when it dies.
import type {Browser} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {messageOf} from '../errors.ts';
import {MortalBrowser} from '../mortal_browser.ts';

async function kill(browser: Browser): Promise<void> {
  const page = await browser.newPage();
  const session = await browser.newBrowserCDPSession();
  await Promise.all([page.evaluate(() => new Promise(() => {})), session.send('Browser.crash')]);
}

test('MortalBrowser: a browser that dies fails its test with a sentence, and the next test gets a new one', async () => {
  const browsers = new MortalBrowser();
  let runs = 0;
  const look = () =>
    browsers.lend(async browser => {
      runs++;
      assert.ok(browser.isConnected());
    });
  try {
    await look();
    assert.match(await messageOf(browsers.lend(kill)), /^the browser died \(/);
    await look();
    const failure = browsers.lend(() => Promise.reject(new Error('a test fails')));
    assert.is(await messageOf(failure), 'a test fails');
    assert.match(await messageOf(browsers.lend(kill)), /^the browser died, for the second time: /);
    assert.is(runs, 2);
    await look();
    assert.is(runs, 2, 'no test runs after two deaths');
  } finally {
    await browsers.close();
  }
});

test('MortalBrowser: if no browser starts, one test fails', async () => {
  let starts = 0;
  const browsers = new MortalBrowser(() => {
    starts++;
    return Promise.reject(new Error('none starts'));
  });
  assert.is(await messageOf(browsers.lend(async () => {})), 'none starts');
  await browsers.lend(async () => assert.unreachable());
  assert.is(starts, 1);
  await browsers.close();
});

test.run();
