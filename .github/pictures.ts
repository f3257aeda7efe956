// The README's pictures, in light and in dark: the page itself, trained for an epoch, with a 3 drawn on its pad and one number explained;
// and the accuracies of bench/seeds.json.
//   npm run pictures
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {reportHtml} from '../bench/report/report_html.ts';
import {startBrowser} from '../src/cli/browser.ts';
import {folderReader, serve} from '../src/cli/serve.ts';
import type {App} from '../src/page/app.ts';

declare const mnist: App;

const colorSchemes = ['light', 'dark'] as const;
const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url)); // from dist/pictures/
const pictureOf = (name: string, colorScheme: string) =>
  folder(`../../.github/${name}${colorScheme === 'dark' ? '-dark' : ''}.png`);

const served = await serve(folderReader(folder('../site/')));
const browser = await startBrowser();
try {
  for (const colorScheme of colorSchemes) {
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
    const path = pictureOf('page', colorScheme);
    await page.screenshot({path, animations: 'disabled'});
    await page.close();
    console.log(path);
  }
  const seeds = JSON.parse(readFileSync(folder('../../bench/seeds.json'), 'utf8'));
  const report = reportHtml(seeds, readFileSync(folder('../bench/report.js'), 'utf8'));
  for (const colorScheme of colorSchemes) {
    const viewport = {width: 840, height: 600};
    const page = await browser.newPage({viewport, colorScheme, deviceScaleFactor: 2});
    await page.setContent(report);
    const path = pictureOf('seeds', colorScheme);
    await page.locator('.plot svg').waitFor();
    await page.locator('.plot').screenshot({path});
    await page.close();
    console.log(path);
  }
} finally {
  await browser.close();
  served.close();
}
