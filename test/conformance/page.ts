// The page that main.ts drives, for backend webgl.
import '../backends.ts';
import * as tf from '@tensorflow/tfjs-core';
import {check} from './check.ts';
import type {Sample} from './sample.ts';

let samples: Sample[] = [];

export const page = {
  async start() {
    if (!(await tf.setBackend('webgl'))) throw new Error('webgl: expected it to start, it did not');
    samples = await (await fetch('/samples.json')).json();
  },
  check: (index: number) => check(samples[index]),
};
export type Page = typeof page;
Object.assign(globalThis, {page});
