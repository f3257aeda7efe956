// Stands in for uvu in the page: collects the tests, of which browser.test.ts makes tests of Node's uvu.
type Work = () => unknown;

interface PageTest {
  name: string;
  /** None for a test that is skipped. */
  work?: Work;
}

/** What the page says of a test: nothing, if it passed. */
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

/** What browser.test.ts calls. */
export const page = {listTests, runTest};
export type Page = typeof page;
Object.assign(globalThis, {page});
