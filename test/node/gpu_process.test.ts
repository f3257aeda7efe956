// Kills Chromium's GPU process during training: no result of the dead GPU may be reported.
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import type {Browser} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {type OpenPage, openPage} from '../../src/cli/open_page.ts';
import type {Read} from '../../src/cli/serve.ts';
import {Random} from '../../src/random.ts';
import type {GpuProcessPage, Trained} from '../browser/gpu_process_page.ts';

declare const page: GpuProcessPage;

const KILLS = 20;
const random = new Random(1, 'kills');

const dist = fileURLToPath(new URL('..', import.meta.url));

interface Opened extends OpenPage {
  /** The page calls this when training reaches the requested batch. */
  onReached: () => void;
}

async function open(): Promise<Opened> {
  const read: Read = path => (path === '/' ? undefined : readFile(`${dist}${path}`));
  const opened = {
    ...(await openPage(read, ['/page/browser/gpu_process_page.js'])),
    onReached() {},
  };
  await opened.page.exposeFunction('reached', () => opened.onReached());
  return opened;
}

/** The id of the GPU process; undefined if the browser has none of its own for the GPU. */
async function gpuProcess(browser: Browser): Promise<number | undefined> {
  const session = await browser.newBrowserCDPSession();
  const {processInfo} = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.find(({type}) => type === 'GPU')?.id;
}

/** Trains, and kills the GPU process `ms` milliseconds after this batch. */
async function trainAndKill(opened: Opened, batch: number, ms: number): Promise<Trained> {
  const reached = new Promise<void>(resolve => {
    opened.onReached = resolve;
  });
  const trained = opened.page.evaluate(batch => page.trainUntilLost(batch), batch);
  await Promise.race([reached, trained]);
  await new Promise(resolve => setTimeout(resolve, ms));
  process.kill((await gpuProcess(opened.browser))!, 'SIGKILL');
  return trained;
}

/** The batch whose weights the network has at the end, by the error's message. */
const backAt = (end: string): number => Number(/ weights of batch (\d+)\.$/.exec(end)?.[1] ?? 0);

/** The differences between a training whose GPU was killed and the undisturbed one. */
function faults({losses, end, weights}: Trained, expected: Trained[]): string[] {
  const found: string[] = [];
  const last = losses.length;
  for (const [i, loss] of losses.entries()) {
    const undisturbed = expected.at(-1)!.losses[i];
    if (loss !== undisturbed) found.push(`loss ${loss} of batch ${i + 1}, not ${undisturbed}`);
  }
  if (!/^The WebGL context was lost /.test(end)) found.push(end);
  const back = backAt(end);
  if (back > last + 1 || back < last - 10) found.push(`batch ${last}, then ${end}`);
  if (JSON.stringify(weights) !== JSON.stringify(expected[back].weights)) {
    found.push(`other weights than those of batch ${back}`);
  }
  return found;
}

const first = await open().catch(error => error as Error);
if (first instanceof Error) {
  test('a browser starts and opens the page', () => {
    throw first;
  });
} else if ((await gpuProcess(first.browser)) === undefined) {
  await first.close();
  test.skip(`Chromium ${first.browser.version()} has no GPU process to kill`);
} else {
  let opened = first;
  const version = first.browser.version();
  let expected: Trained[];
  /** The kills after which the browser gave no new context. */
  const refused: {why: string; loss: number; expected: number}[] = [];

  test(`Chromium ${version}: killing the GPU process during training, ${KILLS} times, loses at most ten batches each time`, async () => {
    expected = await opened.page.evaluate(() => page.trainUndisturbed());
    const found: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const batch = random.below(30);
      const ms = random.below(50);
      const trained = await trainAndKill(opened, batch, ms);
      for (const fault of faults(trained, expected)) {
        found.push(`killed ${ms} ms after batch ${batch}: ${fault}`);
      }
      const why = await opened.page.evaluate(() => page.renew());
      if (!why) continue;
      const back = backAt(trained.end);
      const loss = await opened.page.evaluate(back => page.goOnElsewhere(back), back);
      refused.push({why, loss, expected: expected.at(-1)!.losses[back]});
      await opened.close();
      opened = await open();
    }
    assert.equal(found, []);
  });
  test.after(() => opened.close());

  test('after too many kills of the GPU process, another backend goes on from the same weights', () => {
    assert.ok(refused.length > 0, 'there was always a new context');
    for (const {why, loss, expected} of refused) {
      assert.match(why, /^renewContext: .* another backend works/);
      // The bound for ten steps: src/README.md, "Decisions at the corners".
      assert.ok(Math.abs(loss - expected) <= 1e-4 * expected, `loss ${loss}, not ${expected}`);
    }
  });
}

test.run();
