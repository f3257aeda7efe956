// How long it takes until the network recognises 98.5 % of the test images, for `npm run bench -- --speedrun`. One run is luck, so
// it is the time of a training that recognises so many on average over seeds.
import {MnistData, type MnistFiles} from '../src/data/mnist_data.ts';
import {readMnist} from '../src/data/node.ts';
import {percent} from '../src/format.ts';
import {build} from '../src/kernels/simd/backend/module.ts';
import {createNetwork} from '../src/network.ts';
import {train} from '../src/training.ts';
import {showProgress, thisMachine, thisRuntime} from './place/here.ts';
import {keepWhenStopped} from './place/stops.ts';
import {checkWritable, writeResults} from './report/results_file.ts';
import {SPEEDRUN_FORMAT, type Speedrun} from './report/speedrun.ts';

/**
 * Trains `tutorial` on the current backend with the recipe `fast`, one epoch with each of the seeds 1 to n, and writes the file
 * after each. These are the runs of `npm run train -- --recipe fast --epochs 1 --seed N`.
 *
 * @param threads how many run
 * @throws Error where WebAssembly has no SIMD
 */
export async function measureSpeedrun(n: number, file: string, threads: number): Promise<Speedrun> {
  if (!build) throw new Error('--speedrun: expected WebAssembly with SIMD, found it without');
  await checkWritable(file);
  const files = await readMnist();
  const {testSize: testImages} = new MnistData(files);
  const speedrun: Speedrun = {
    ...{format: SPEEDRUN_FORMAT, date: new Date().toISOString(), machine: thisMachine()},
    ...{runtime: thisRuntime, build, threads, testImages},
    incomplete: true,
    runs: [],
  };
  keepWhenStopped(async () => {
    await writeResults(file, speedrun);
    return file;
  });
  await timedRun(files, 0); // V8 compiles what a run needs
  for (let seed = 1; seed <= n; seed++) {
    const run = await timedRun(files, seed);
    speedrun.runs.push({seed, ...run});
    if (seed === n) delete speedrun.incomplete;
    await writeResults(file, speedrun);
    const found = `${run.seconds.toFixed(2)} s, ${percent(run.right / testImages)}`;
    const text = `seed ${seed} of ${n}: ${found}`;
    if (process.stderr.isTTY) showProgress(text);
    else process.stderr.write(`${text}\n`);
  }
  keepWhenStopped(undefined);
  showProgress('');
  return speedrun;
}

async function timedRun(files: MnistFiles, seed: number) {
  const data = new MnistData(files, {seed});
  const network = createNetwork('tutorial', {seed});
  const start = performance.now();
  let [seconds, right] = [0, 0];
  for await (const event of train(network, data, {recipe: 'fast'})) {
    if (event.kind === 'batch') seconds = (performance.now() - start) / 1000;
    if (event.kind === 'epoch') right = event.evaluation.correct;
  }
  network.dispose();
  return {seconds, right};
}
