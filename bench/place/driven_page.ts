// The page for ./browser.ts, which asks it for one piece of news after the other.
import type {Request} from '../cases/cases.ts';
import type {News} from '../run.ts';
import {drawing, firstSteps, runHere} from './page.ts';

let running: AsyncGenerator<News> | undefined;

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
};
export type Page = typeof page;
Object.assign(globalThis, {page});
