// The README's pictures of the page, from the page itself: trained for an epoch, with a 3 drawn on its pad and one number explained, in
// light and in dark.
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
    await page.goto(`${served.origin}/#cell=conv1[8,14,3]`);
    await page.click('#start');
    await page.waitForFunction(() => mnist.phase === 'done', undefined, {timeout: 120_000});
    const pad = (await page.locator('#pad').boundingBox())!;
    const three = '30,25 50,15 68,28 60,42 45,48 62,54 70,70 52,85 30,75'; // x,y in percents of the pad
    for (const [i, point] of three.split(' ').entries()) {
      const [x, y] = point.split(',').map(percent => Number(percent) / 100);
      await page.mouse.move(pad.x + x * pad.width, pad.y + y * pad.height, {steps: 8});
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
    await page.check('#labels input[value="3"]', {force: true});
    await page.waitForTimeout(1500); // the answer, and what is drawn of it
    const path = folder(`../../.github/page${colorScheme === 'dark' ? '-dark' : ''}.png`);
    await page.screenshot({path, animations: 'disabled'});
    await page.close();
    console.log(path);
  }
} finally {
  await browser.close();
  served.close();
}
