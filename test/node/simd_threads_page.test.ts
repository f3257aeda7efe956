// The threads of `simd` in a page: its worker has them, its main thread, which may not wait, has none.
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {openPage} from '../../src/cli/open_page.ts';
import type {ThreadsPage} from '../browser/threads_page.ts';

declare const page: ThreadsPage;

const dist = fileURLToPath(new URL('..', import.meta.url));

test('threads: a page’s worker trains with the same bits on 1, 2 and 3, its main thread on one', async () => {
  const opened = await openPage(
    path => (path === '/' ? undefined : readFile(`${dist}${path}`)),
    ['/page/browser/threads_page.js'],
  );
  try {
    const [one, two, three] = await opened.page.evaluate(async () => [
      await page.trainInWorker(1),
      await page.trainInWorker(2),
      await page.trainInWorker(3),
    ]);
    assert.ok(one.losses.length === 3 && one.losses.every(Number.isFinite), `${one.losses}`);
    assert.equal(two, {...one, threads: 2});
    assert.equal(three, {...one, threads: 3});
    const onMain = await opened.page.evaluate(() => page.trainOn(2));
    assert.equal(onMain, {...one, threads: 1, whyOneThread: 'mainThread'});
  } finally {
    await opened.close();
  }
});

test.run();
