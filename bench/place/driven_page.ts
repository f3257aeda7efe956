// The page for ./browser.ts and ../soak/main.ts, which ask it for one piece of news after the other.
import * as tf from '@tensorflow/tfjs-core';
import type {Backend} from '../../src/backends.ts';
import type {Request} from '../cases/cases.ts';
import type {News} from '../run.ts';
import {type News as NewsOfSoak, soak} from '../soak/soak.ts';
import {data, drawing, firstSteps, runHere} from './page.ts';

let running: AsyncGenerator<News> | undefined;
let soaking: AsyncGenerator<NewsOfSoak> | undefined;

export const page = {
  firstSteps,
  drawing,
  start(request: Request) {
    running = runHere(request);
  },
  async next(): Promise<News | undefined> {
    const {value, done} = await running!.next();
    return done ? undefined : value;
  },

  /** False if the backend does not start here. */
  async startSoak(backend: Backend, steps: number): Promise<boolean> {
    soaking = soak(steps, await data);
    return tf.setBackend(backend).catch(() => false);
  },
  nextOfSoak: () => soaking!.next(),
};
export type Page = typeof page;
Object.assign(globalThis, {page});
