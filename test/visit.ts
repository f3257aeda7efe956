// The built page as a visitor uses it: in a browser, from a server that only serves the files of dist/site. Each test opens the page
// anew; each test file starts one browser.
import {fileURLToPath} from 'node:url';
import type {Browser, BrowserContextOptions, Page, Route} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {folderReader, serve} from '../src/cli/serve.ts';
import type {App} from '../src/page/app.ts';
import type {Inside} from '../src/page/inside/inside.ts';
import type {Phase} from '../src/page/protocol.ts';
import {MortalBrowser} from './mortal_browser.ts';

declare global {
  /** What the page knows, in the page. */
  const mnist: App;
}

export const site = fileURLToPath(new URL('../site/', import.meta.url));

/** Milliseconds, many times as long as the slowest step of a test takes. */
const timeout = 60_000;

let served: Awaited<ReturnType<typeof serve>> | undefined;
export let browser = new MortalBrowser();

/** Runs the file's tests. Browser and server end with them. */
export function runVisits(): void {
  test.after(async () => {
    served?.close();
    served = undefined;
    await browser.close();
    browser = new MortalBrowser();
  });
  test.run();
}

interface Opening extends BrowserContextOptions {
  hash?: string;
  origin?: string;
  /** Answers a request in the server's place. */
  routes?: Record<string, (route: Route) => unknown>;
}

/** @param problems errors in the console, and requests to other hosts: no visitor sees them, and none may be left at the end */
type Visit = (page: VisitedPage, problems: string[]) => Promise<unknown>;

/** A test in one visit to the page. */
export const visit = (title: string, opening: Opening, work: Visit) =>
  test(title, () => open(opening, work));

export const open = (opening: Opening, work: Visit) =>
  browser.lend(browser => openIn(browser, opening, work));

async function openIn(browser: Browser, opening: Opening, work: Visit) {
  served ??= await serve(folderReader(site));
  const {hash = '', origin = served.origin, routes = {}, ...options} = opening;
  const viewport = {width: 1366, height: 768};
  const context = await browser.newContext({viewport, locale: 'en-GB', ...options});
  try {
    const opened = await context.newPage();
    const page = Object.assign(opened, actions(opened));
    page.setDefaultTimeout(timeout);
    const problems: string[] = [];
    page.on('pageerror', error => problems.push(error.message));
    page.on('console', message => {
      const driver = message.text().includes('GL Driver Message'); // its remarks on performance
      if (['error', 'warning'].includes(message.type()) && !driver) problems.push(message.text());
    });
    page.on('request', request => {
      const {hostname, protocol} = new URL(request.url());
      if (protocol.startsWith('http') && hostname !== '127.0.0.1') problems.push(request.url());
    });
    for (const [path, answer] of Object.entries(routes)) await page.route(path, answer);
    await page.goto(`${origin}/${hash}`);
    await page.started();
    await work(page, problems);
    assert.equal(problems, []);
  } finally {
    await context.close();
  }
}

/** Opens the page in another tab of the same browser, after closing this one if so wished. */
export async function openTab(page: VisitedPage, {hash = '', closing = false} = {}) {
  const opened = await page.context().newPage();
  const url = new URL(`/${hash}`, page.url()).href;
  if (closing) await page.close();
  const tab = Object.assign(opened, actions(opened));
  tab.setDefaultTimeout(timeout);
  await tab.goto(url);
  await tab.started();
  return tab;
}

/** Routes that run this script in the worker before its own. */
export const inWorker = (script: string) => ({
  '**/worker.js': async (route: Route) => {
    const response = await route.fetch();
    await route.fulfill({response, body: `{${script}}${await response.text()}`});
  },
});

/** Routes that make the worker refuse any module but the smallest, as without relaxed SIMD it refuses the fastest build of `simd`. */
export const noRelaxedSimd = inWorker(
  'const {validate} = WebAssembly; WebAssembly.validate = bytes => bytes.length < 99 && validate(bytes);',
);

/** Routes that run this script in the page before its own. */
export const inPage = (script: string) => ({
  '**/main.js': async (route: Route) => {
    const response = await route.fetch();
    await route.fulfill({response, body: `{${script}}${await response.text()}`});
  },
});

/** What a visitor does on a page, and what a test asks of it. */
const actions = (page: Page) => ({
  async started() {
    await page.waitForFunction(() => mnist.phase !== 'starting');
    await this.drawn();
  },
  /** Loads the page again. */
  async again() {
    await page.reload();
    await this.started();
  },
  /** Waits until the page has drawn what it knows by now. */
  drawn: () =>
    page.evaluate(() => {
      const {inside} = globalThis as unknown as {inside: Inside};
      mnist.changed();
      return new Promise<void>(resolve => mnist.onChange(() => inside.onChange(resolve))); // the stage follows
    }),
  async phase(wanted: Phase) {
    await page.waitForFunction(wanted => mnist.phase === wanted, wanted);
    await this.drawn();
  },
  /** Waits for the end of a run of this many batches. */
  async done(batches: number) {
    await page.waitForFunction(n => mnist.phase === 'done' && mnist.batch === n, batches);
    await this.drawn();
  },
  /** Waits until this many batches are trained. */
  batch: (wanted: number) => page.waitForFunction(wanted => mnist.batch >= wanted, wanted),
  /** Waits until all training images are there. */
  allImages: () => page.waitForFunction(() => mnist.arrived === 60_000),
  /** Waits for a notice with this text's key. */
  notice: (key: string) => page.waitForFunction(key => mnist.notice?.key === key, key),
  /** Waits until the element with this id shows a text. */
  shows: (id: string, text: string) =>
    page.waitForFunction(
      ([id, text]) => document.getElementById(id)?.textContent?.includes(text),
      [id, text],
    ),
  /** Clicks a button as soon as this many batches are trained: through the driver, that would be later on a fast machine. */
  clickAt: (wanted: number, id: string) =>
    page.waitForFunction(
      ([wanted, id]) => {
        if (mnist.batch < wanted) return false;
        document.getElementById(id)!.click();
        return true;
      },
      [wanted, id] as const,
    ),
  losses: () => page.evaluate(() => mnist.losses),
  backend: () => page.evaluate(() => mnist.settings.backend),
  text: async (id: string) => (await page.textContent(`#${id}`)) ?? '',
  /** Opens the settings, in which a phone has the backends too. */
  async settings() {
    if (!(await page.isVisible('#length'))) await page.click('#settings-more summary');
  },
  /** Fills a field of the settings. */
  async enter(id: 'batchSize' | 'learningRate' | 'seed' | 'length', text: string) {
    await this.settings();
    await page.fill(`#${id}`, text);
  },
  async choose(backend: string) {
    const radio = page.locator(`#backends input[value=${backend}]`);
    if (!(await radio.isVisible())) await this.settings();
    await radio.check({force: true});
  },
  async train(batches: number) {
    await this.enter('length', String(batches));
    await page.click('#start');
  },
  /** Trains a run of this many batches to its end. */
  async trainAll(batches: number) {
    await this.train(batches);
    await this.done(batches);
  },
  async reset() {
    await page.click('#reset');
    await this.phase('ready');
  },
  /** Opens a file: weights, or a picture. */
  upload: (id: 'upload' | 'picture', name: string, mimeType: string, bytes: unknown) =>
    page.setInputFiles(`#${id}`, {name, mimeType, buffer: Buffer.from(bytes as Uint8Array)}),
  /** Moves the pointer over the pad, held down, along points x,y in percents of its side. */
  async draw(points: string) {
    const box = (await page.locator('#pad').boundingBox())!;
    for (const [i, point] of points.split(' ').entries()) {
      const [x, y] = point.split(',').map(percent => Number(percent) / 100);
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, {steps: i ? 10 : 1});
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
  },
});
export type VisitedPage = Page & ReturnType<typeof actions>;
