// This machine, and the line that shows how far the work is.
import {availableParallelism, cpus, loadavg} from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type {Machine} from '../report/results.ts';

export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: availableParallelism(),
  load: loadavg()[0],
  tfjs: tf.version_core,
});

export const thisRuntime = `Node ${process.versions.node}, V8 ${process.versions.v8}`;

/** Shows a line in the place of the last one; on a terminal only. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
