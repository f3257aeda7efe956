// How much of an accuracy is luck: one training with many seeds, for `npm run bench -- --seeds N`. A seed decides the initial
// weights and the order of the images.
import * as tf from '@tensorflow/tfjs-core';
import {MnistData, type MnistFiles} from '../src/data/mnist_data.ts';
import {readMnist} from '../src/data/node.ts';
import {clock, percent} from '../src/format.ts';
import {build} from '../src/kernels/simd/backend/module.ts';
import {createNetwork, type Network} from '../src/network.ts';
import {type TrainingOptions, train} from '../src/training.ts';
import {showProgress, thisMachine, thisRuntime} from './place/here.ts';
import {keepWhenStopped} from './place/stops.ts';
import {checkWritable, writeResults} from './report/results_file.ts';
import {BATCHES, moments, SEEDS_FORMAT, type SeedRun, type Seeds} from './report/seeds.ts';

/**
 * Trains with the seeds 1 to n, and writes the file after each, so that whatever ends the program leaves the numbers so far.
 *
 * @throws Error where WebAssembly has no SIMD
 */
export async function measureSeeds(n: number, file: string): Promise<Seeds> {
  if (!build) throw new Error('--seeds: expected WebAssembly with SIMD, found it without');
  await checkWritable(file);
  tf.enableProdMode(); // without the CPU backend's greeting in Node
  const files = await readMnist();
  const {testSize: testImages} = new MnistData(files);
  const [date, machine] = [new Date().toISOString(), thisMachine()];
  const seeds: Seeds = {
    ...{format: SEEDS_FORMAT, date, machine, runtime: thisRuntime, build, testImages},
    incomplete: true,
    runs: [],
  };
  keepWhenStopped(async () => {
    await writeResults(file, seeds);
    return file;
  });
  const start = performance.now();
  for await (const run of runSeeds(n, files)) {
    const done = seeds.runs.push(run);
    if (done === n) delete seeds.incomplete;
    await writeResults(file, seeds);
    const left = clock(((performance.now() - start) / done) * (n - done));
    const [early, late] = [run.early, run.late].map(right => percent(right / testImages));
    const found = `${early} ${moments.early}, ${late} ${moments.late}`;
    const text = `seed ${done} of ${n}: ${found}; ${left} left`;
    if (process.stderr.isTTY) showProgress(text);
    else process.stderr.write(`${text}\n`);
  }
  keepWhenStopped(undefined);
  showProgress('');
  return seeds;
}

/**
 * Trains `tutorial` on simd for one epoch with each of the seeds 1 to n, and tests it on all test images, after the tutorial's 100
 * batches too. These are the runs of `npm run train -- --seed N`, with `--batches 100` and with `--epochs 1`.
 */
async function* runSeeds(n: number, files: MnistFiles): AsyncGenerator<SeedRun> {
  await tf.setBackend('simd');
  for (let seed = 1; seed <= n; seed++) {
    const data = new MnistData(files, {seed});
    const network = createNetwork('tutorial', {seed});
    const early = await rightAnswers(network, data, {batches: BATCHES});
    const late = await rightAnswers(network, data, {start: BATCHES, epochs: 1});
    network.dispose();
    yield {seed, early, late};
  }
}

/** Trains the network, and returns the number of test images that it recognises in the end. */
async function rightAnswers(network: Network, data: MnistData, options: TrainingOptions) {
  let right = 0;
  for await (const event of train(network, data, options)) {
    if (event.kind === 'epoch') right = event.evaluation.correct;
  }
  return right;
}
