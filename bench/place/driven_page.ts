// The page that ./browser.ts drives: it asks for one piece of news after the other.

import {isSoftware} from '../../src/renderer.ts';
import type {Request} from '../cases/cases.ts';
import type {News} from '../run.ts';
import {firstSteps, renderer, runHere} from './page.ts';

let running: AsyncGenerator<News> | undefined;

export const page = {
  firstSteps,
  async renderer() {
    const name = await renderer();
    return {renderer: name, software: name !== undefined && isSoftware(name)};
  },
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
