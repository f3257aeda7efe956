// What the tests in a browser say when it dies, and that MNIST_OPS_GPU=1 takes no software for a GPU.
import type {Browser} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {firstOnGPU, startBrowser} from '../src/cli/browser.ts';
import {MortalBrowser} from './mortal_browser.ts';

async function kill(browser: Browser): Promise<void> {
  const page = await browser.newPage();
  const session = await browser.newBrowserCDPSession();
  await Promise.all([page.evaluate(() => new Promise(() => {})), session.send('Browser.crash')]);
}

const messageOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => assert.unreachable('expected an error'),
    error => error.message,
  );

test('a browser that dies fails its test in a sentence, and the next test has a new one', async () => {
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
    assert.is(runs, 2, 'nothing is run once two have died');
  } finally {
    await browsers.close();
  }
});

test('where no browser starts, one test fails', async () => {
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

/** A browser whose page names that renderer. */
const drawnBy = (renderer: string | undefined, closed: string[]) => ({
  newPage: async () => ({evaluate: async () => renderer, close: async () => {}}) as never,
  close: async () => void closed.push(String(renderer)),
});

test('MNIST_OPS_GPU: the first flags that reach a GPU are taken, and the other browsers closed', async () => {
  const closed: string[] = [];
  const renderers = [
    'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device))',
    undefined,
    'ANGLE (NVIDIA)',
  ];
  const given: string[][] = [];
  const candidates = [['--use-angle=vulkan'], [], ['--use-angle=gl-egl'], ['--never']];
  const {flags} = await firstOnGPU(candidates, async flags => {
    given.push(flags);
    return drawnBy(renderers[given.length - 1], closed);
  });
  assert.equal(flags, ['--use-angle=gl-egl']);
  assert.equal(given, candidates.slice(0, 3));
  assert.equal(closed, [renderers[0], 'undefined']);
});

test('MNIST_OPS_GPU: where there is software only, a sentence says what was reached', async () => {
  const start = async () => drawnBy('llvmpipe (LLVM 15)', []);
  assert.is(
    await messageOf(firstOnGPU([['--use-angle=vulkan'], []], start)),
    'MNIST_OPS_GPU: expected a browser whose WebGL runs on a GPU, found llvmpipe (LLVM 15) with --use-angle=vulkan; ' +
      'llvmpipe (LLVM 15) with no flags',
  );
});

test('text fields and menus, which need a font, do not end the browser', async () => {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.setContent('<input value="1"><select><option>2</select><textarea>3</textarea>');
    await page.screenshot();
    assert.is(await page.locator('input').inputValue(), '1');
  } finally {
    await browser.close();
  }
});

test.run();
