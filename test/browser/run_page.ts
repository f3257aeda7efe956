// Runs the tests of a page, which uvu.ts has collected, one after the other. If the page hangs or dies, the running test fails, and
// the tests after it are not run.
import type {Page as BrowserPage} from 'playwright-core';
import type {Failure, Page} from './uvu.ts';

declare const page: Page;

export interface Outcome {
  name: string;
  result: 'passed' | 'skipped' | 'not run' | Error;
  ms: number;
}

/** @param timeLimit in milliseconds: a test that takes longer hangs, and so does its page */
export async function runPage(browserPage: BrowserPage, timeLimit: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let gone = false;
  const tests = await browserPage.evaluate(() => page.listTests());
  for (const [index, {name, skipped}] of tests.entries()) {
    if (skipped || gone) {
      outcomes.push({name, result: skipped ? 'skipped' : 'not run', ms: 0});
      continue;
    }
    const start = performance.now();
    let result: Outcome['result'] = 'passed';
    try {
      const run = browserPage.evaluate(index => page.runTest(index), index);
      const failure = await within<Failure>(timeLimit, run);
      if (failure) result = Object.assign(new Error(), failure);
    } catch (error) {
      // An error of the page: a test's own error is a Failure.
      gone = true;
      result = Object.assign(new Error(died(browserPage, error as Error)), {stack: ''});
    }
    outcomes.push({name, result, ms: performance.now() - start});
  }
  return outcomes;
}

function died(browserPage: BrowserPage, error: Error): string {
  if (browserPage.context().browser()?.isConnected() === false) {
    return 'the browser: expected it to run until the tests end, found that it died in this one';
  }
  return `the page: expected it to answer, found that it doesn't (${error.message.split('\n', 1)})`;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  work.catch(() => {}); // its error after the time limit is ignored
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
