// A small data set in a temporary folder.
import {mkdirSync, mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileNames, type MnistFiles} from '../src/data/mnist_data.ts';
import {syntheticFiles} from './synthetic.ts';

/** A temporary folder, which the test removes, and in it a folder with 320 training and 200 test images. */
export function imageFolder(): {temporary: string; folder: string} {
  const temporary = mkdtempSync(join(tmpdir(), 'mnist-ops-images-'));
  const folder = join(temporary, 'images');
  mkdirSync(folder);
  const files = syntheticFiles({train: 320, test: 200});
  for (const part of Object.keys(files) as (keyof MnistFiles)[]) {
    writeFileSync(join(folder, fileNames[part]), files[part].bytes);
  }
  return {temporary, folder};
}
