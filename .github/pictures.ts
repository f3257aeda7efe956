// The README's pictures of the page, from the page itself: trained for an epoch, with a 3 drawn on its pad, in light and in dark.
//   npm run pictures
import {fileURLToPath} from 'node:url';
import {startBrowser} from '../src/cli/browser.ts';
import {folderReader, serve} from '../src/cli/serve.ts';
import type {App} from '../src/page/app.ts';

declare const mnist: App;

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url)); // from dist/pictures/
const served = await serve(folderReader(folder('../site/')));
const browser = await startBrowser();
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({viewport: {width: 1366, height: 768}, colorScheme});
    await page.goto(served.origin);
    await page.click('#start');
    await page.waitForFunction(() => mnist.phase === 'done', undefined, {timeout: 120_000});
    const pad = (await page.locator('#pad').boundingBox())!;
    const three = [
      [0.3, 0.25],
      [0.5, 0.15],
      [0.68, 0.28],
      [0.6, 0.42],
      [0.45, 0.48],
      [0.62, 0.54],
      [0.7, 0.7],
      [0.52, 0.85],
      [0.3, 0.75],
    ];
    for (const [i, [x, y]] of three.entries()) {
      await page.mouse.move(pad.x + x * pad.width, pad.y + y * pad.height, {steps: 8});
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
    await page.waitForTimeout(500); // the answer, and what is drawn of it
    const path = folder(`../../.github/page${colorScheme === 'dark' ? '-dark' : ''}.png`);
    await page.screenshot({path, animations: 'disabled'});
    await page.close();
    console.log(path);
  }
} finally {
  await browser.close();
  served.close();
}
