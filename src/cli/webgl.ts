// The trainer of `--backend webgl`. Network and data are in a page (webgl_page.ts) of a browser without a window. This program
// asks the page for the events of the training, one by one.
import {readFile} from 'node:fs/promises';
import {fileNames, type MnistFiles} from '../data/mnist_data.ts';
import type {Evaluation} from '../evaluation.ts';
import type {State} from '../recipe.ts';
import {isSoftware} from '../renderer.ts';
import type {TrainingProgress} from '../training.ts';
import {openPage} from './open_page.ts';
import type {Options} from './options.ts';
import type {Place} from './place.ts';
import type {Trainer} from './trainer.ts';
import type {answer as answerOfPage, Opened, Request} from './webgl_page.ts';

declare const answer: typeof answerOfPage;

/**
 * Starts the browser and opens the page.
 *
 * @param place where a run goes on
 * @throws Error if no browser starts, or it has no WebGL
 */
export async function trainerInBrowser(
  files: MnistFiles,
  {net, seed, recipe, batchSize, testEvery, testSize}: Options,
  place?: Place,
): Promise<Trainer> {
  const served: Record<string, Uint8Array> = {
    '/webgl_page.js': await readFile(new URL('webgl_page.js', import.meta.url)),
  };
  for (const part of Object.keys(files) as (keyof MnistFiles)[]) {
    served[`/${fileNames[part]}`] = files[part].bytes;
  }
  const {browser, page, close} = await openPage(path => served[path], ['/webgl_page.js']);
  const gone = 'the browser: expected it to run until the training ends, found it gone';
  const ask = async <T>(request: Request): Promise<T> => {
    const asked = page.evaluate(request => answer(request), request);
    const answered = await asked.catch(cause => {
      throw new Error(gone, {cause});
    });
    if ('failure' in answered) throw new Error(answered.failure);
    return answered.result as T;
  };
  try {
    const sizes = {batchSize, testEvery, testSize};
    const opened = await ask<Opened>({kind: 'open', net, seed, recipe, sizes, place});
    const {parameters, renderer} = opened;
    const gpu = isSoftware(renderer) ? 'a software GPU' : renderer;
    return {
      parameters,
      remark: `in Chromium ${browser.version()} on ${gpu}`,
      async *train({signal, ...options}) {
        signal?.addEventListener('abort', () => void ask({kind: 'abort'}).catch(() => {}));
        await ask({kind: 'train', options});
        for (;;) {
          const next = ask<TrainingProgress | undefined>({kind: 'next'});
          const event = await next.catch(error => {
            signal?.throwIfAborted(); // the page threw because of its own signal
            throw error;
          });
          if (!event) return;
          yield event;
        }
      },
      state: () => ask<State>({kind: 'state'}),
      evaluate: () => ask<Evaluation>({kind: 'evaluate'}),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
