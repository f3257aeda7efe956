// The trainer of `--backend webgl`. Network and data are in a page (webgl_page.ts) of a browser without a window, which is
// asked for one event of the training after the other.
import {readFile} from 'node:fs/promises';
import type {Browser} from 'playwright-core';
import type {MnistFiles} from '../data/mnist_data.ts';
import type {Evaluation} from '../evaluation.ts';
import {isSoftware} from '../renderer.ts';
import type {TrainingProgress} from '../training.ts';
import {startBrowser} from './browser.ts';
import type {Trainer} from './main.ts';
import type {Options} from './options.ts';
import {serve} from './serve.ts';
import type {answer as answerOfPage, Opened, Request} from './webgl_page.ts';

declare const answer: typeof answerOfPage;

/**
 * Starts the browser and opens the page.
 *
 * @throws Error if no browser starts, or it has no WebGL
 */
export async function trainerInBrowser(files: MnistFiles, {net, seed}: Options): Promise<Trainer> {
  const page = await readFile(new URL('webgl_page.js', import.meta.url));
  const served: Record<string, Uint8Array> = {
    '/webgl_page.js': page,
    '/train-images-idx3-ubyte': files.trainImages.bytes,
    '/train-labels-idx1-ubyte': files.trainLabels.bytes,
    '/t10k-images-idx3-ubyte': files.testImages.bytes,
    '/t10k-labels-idx1-ubyte': files.testLabels.bytes,
  };
  const server = await serve(path => served[path]);
  let browser: Browser | undefined;
  const close = async () => {
    await browser?.close();
    server.close();
  };
  // At the exit that a signal alone would not make, Playwright removes the browser's profile.
  const quit = (_: string, signal: number) => process.exit(128 + signal);
  process.on('SIGINT', quit).on('SIGTERM', quit).on('SIGHUP', quit);
  try {
    browser = await startBrowser();
    const ask = await openPage(browser, server.origin);
    const {parameters, renderer} = await ask<Opened>({kind: 'open', net, seed});
    const gpu = isSoftware(renderer) ? 'a software GPU' : renderer;
    process.off('SIGINT', quit).off('SIGTERM', quit).off('SIGHUP', quit); // from now on they are the training's
    return {
      parameters,
      place: `in Chromium ${browser.version()} on ${gpu}`,
      async *train({signal, ...options}) {
        signal?.addEventListener('abort', () => void ask({kind: 'abort'}).catch(() => {}));
        await ask({kind: 'train', options});
        for (;;) {
          const next = ask<TrainingProgress | undefined>({kind: 'next'});
          const event = await next.catch(error => {
            signal?.throwIfAborted(); // the page has thrown the same, its own
            throw error;
          });
          if (!event) return;
          yield event;
        }
      },
      evaluate: () => ask<Evaluation>({kind: 'evaluate'}),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens the page. What it answers to a request is returned, and what it fails with is thrown as it was there. */
async function openPage(browser: Browser, origin: string) {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.addScriptTag({url: '/webgl_page.js', type: 'module'});
  return async <T>(request: Request): Promise<T> => {
    const answered = await page
      .evaluate(request => answer(request), request)
      .catch(error => {
        throw new Error(`the browser: expected it to run until the training ends, found it gone`, {
          cause: error,
        });
      });
    if ('failure' in answered) throw new Error(answered.failure);
    return answered.result as T;
  };
}
