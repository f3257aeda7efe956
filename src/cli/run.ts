// A run from its first batch, or from a checkpoint, to its end or a signal.
import type {MnistData} from '../data/mnist_data.ts';
import type {Evaluation} from '../evaluation.ts';
import {count} from '../format.ts';
import {UsageError} from './arguments.ts';
import {abortOnSignal, Interruption, isSaved} from './interruption.ts';
import {type Options, settingsOf} from './options.ts';
import {sampleSize} from './place.ts';
import {createProgress} from './progress.ts';
import type {Saver} from './saver.ts';
import type {FinishedRun} from './summary.ts';
import type {Trainer} from './trainer.ts';

/** Where a run is saved. */
export interface Saving {
  saver: Saver;
  /** The checksum of its images and labels. */
  dataset: string;
}

/** @throws UsageError if the options ask for fewer batches than `start`, which are trained already */
export function lengthOf({epochs, batches, batchSize}: Options, data: MnistData, start = 0) {
  const batchesPerEpoch = Math.ceil(data.trainSize / batchSize);
  const total = batches ?? epochs * batchesPerEpoch;
  if (total >= start) return {batches: total, batchesPerEpoch};
  const [option, least, found] = batches
    ? ['--batches', start, batches]
    : ['--epochs', Math.ceil(start / batchesPerEpoch), epochs];
  const expected = `at least ${least}, as the run has ${start} batches`;
  throw new UsageError(`${option}: expected ${expected}, found ${found}`);
}

/**
 * Trains until the end or a signal, showing progress on `out`, and then tests on all test images. Returns only the exit code if
 * a signal came before the first batch was done.
 *
 * @param before the losses of the batches that are trained already, if the run goes on
 * @throws Error if the run is to be saved, and can't be at its start
 */
export async function runTraining(
  trainer: Trainer,
  data: MnistData,
  options: Options,
  out: NodeJS.WriteStream,
  before?: readonly number[],
  saving?: Saving,
): Promise<(FinishedRun & {code: number}) | number> {
  const {batchSize, recipe, learningRate, testEvery, saveEvery} = options;
  const testSize = sampleSize(options, data);
  const losses = before?.slice() ?? [];
  const start = losses.length;
  const {batches, batchesPerEpoch} = lengthOf(options, data, start);

  const progress = createProgress(out, {batches, batchesPerEpoch, start});
  const settings = settingsOf(options, trainer.build);
  const save = async () => {
    if (!saving || saving.saver.batch === losses.length) return;
    const {saver, dataset} = saving;
    const [isFirst, failed] = [saver.batch === undefined, saver.failure !== undefined];
    const state = await trainer.state();
    saver.save({settings, dataset, batch: losses.length, losses, ...state});
    const {batch, failure} = saver;
    if (failure && isFirst) throw new Error(failure);
    if (failure && !failed) progress.note(`${failure}; the training goes on`);
    if (!failure && failed) progress.note(`Saved again, after batch ${count(batch!)}.`);
  };
  const isDue = (batch: number) =>
    batch % batchesPerEpoch === 0 || batch === batches || (saveEvery && batch % saveEvery === 0);

  const signal = abortOnSignal(progress.note, saving !== undefined);
  const started = performance.now();
  const times: number[] = [];
  let tested: {batch: number; evaluation: Evaluation} | undefined;
  let code = 0;
  try {
    if (start === batches) {
      out.write(`All ${count(batches)} batches are done: --epochs or --batches asks for more.\n`);
    } else {
      await save(); // a folder that can't be written to is known before the first batch
      const sizes = {start, batches, batchSize, testEvery, testSize};
      for await (const event of trainer.train({...sizes, recipe, learningRate, signal})) {
        if (event.kind === 'epoch') tested = event;
        progress.show(event);
        if (event.kind !== 'batch') continue;
        losses.push(event.loss);
        times.push(event.ms);
        if (isDue(event.batch)) await save();
      }
    }
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    code = error.code;
    await save();
  } finally {
    isSaved();
    progress.close();
  }
  if (losses.length === 0) return code;
  const evaluation = tested?.batch === losses.length ? tested.evaluation : await trainer.evaluate();
  const seconds = (performance.now() - started) / 1000;
  const epochs = Math.ceil(losses.length / batchesPerEpoch);
  return {losses, times, epochs, seconds, evaluation, code, resumedFrom: before?.length};
}
