// Tests that some machines can't run: they are skipped there, and the output says why.
import {existsSync} from 'node:fs';
import {test} from 'uvu';

export function testWhere(canRun: boolean, why: string) {
  if (!canRun) console.log(`SKIPPED: ${why}`);
  return canRun ? test : test.skip;
}

const hasFullDisk = existsSync('/dev/full');
export const testWithFullDisk = testWhere(hasFullDisk, 'only Linux has a file that is always full');

const hasPackage = process.platform === 'linux' && process.arch === 'x64';
export const testWithPackage = testWhere(hasPackage, '@sparticuz/chromium is for Linux on x64');
