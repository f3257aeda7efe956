// Tests that not every machine can run: they are skipped there, and the output says why.
import {test} from 'uvu';

export function testWhere(canRun: boolean, why: string) {
  if (!canRun) console.log(`SKIPPED: ${why}`);
  return canRun ? test : test.skip;
}

const hasPackage = process.platform === 'linux' && process.arch === 'x64';
export const testWithPackage = testWhere(hasPackage, '@sparticuz/chromium is for Linux on x64');
