// Replaces uvu in a page: it collects the tests, which browser.test.ts runs and reports to Node's uvu.
type Work = () => unknown;

interface PageTest {
  name: string;
  /** Undefined for a skipped test. */
  work?: Work;
}

/** The error of a test; undefined if it passed. */
export type Failure = {name: string; message: string; stack?: string; details?: string} | undefined;

const tests: PageTest[] = [];

export const test = Object.assign(
  (name: string, work: Work) => {
    tests.push({name, work});
  },
  {
    skip(name: string) {
      tests.push({name});
    },
    run() {},
  },
);

async function runTest(index: number): Promise<Failure> {
  try {
    await tests[index].work?.();
    return undefined;
  } catch (error) {
    const {name, message, stack, details} = error as Error & {details?: string};
    return {name, message, stack, details};
  }
}

const listTests = () => tests.map(({name, work}) => ({name, skipped: !work}));

/** Called by run_page.ts. */
export const page = {listTests, runTest};
export type Page = typeof page;
Object.assign(globalThis, {page});
