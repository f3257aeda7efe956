// The command line: `npm run train -- --help` tells what it can do. Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.
import '../index.ts';
import * as tf from '@tensorflow/tfjs-core';
import {MnistData} from '../data/mnist_data.ts';
import {readMnist} from '../data/node.ts';
import {simdSupported} from '../kernels/simd/backend/register.ts';
import {createNetwork} from '../network.ts';
import {median} from '../numbers.ts';
import {
  type Evaluation,
  evaluate,
  type TrainingOptions,
  type TrainingProgress,
  train,
} from '../training.ts';
import {UsageError} from './arguments.ts';
import {helpText, type Options, parseOptions} from './options.ts';
import {createProgress, type Progress} from './progress.ts';
import {header, report, type Summary} from './report.ts';
import {trainerInBrowser} from './webgl.ts';

const interruptedCode = 130; // 128 + SIGINT

// `| head` closes the pipe when it has read enough: that is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : 1),
  );
}
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const [sentence] = (error instanceof Error ? error.message : String(error)).split('\n');
  process.stderr.write(`mnist-ops: ${sentence}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === 'help') {
    process.stdout.write(helpText);
    return 0;
  }
  if (options.backend === 'simd' && !simdSupported) {
    throw new UsageError('--backend: expected cpu where WebAssembly has no SIMD, found "simd"');
  }
  const files = await readMnist(options.data);
  const data = new MnistData(files, {seed: options.seed});
  const {trainSize, testSize} = data;
  checkSize('--batch-size', options.batchSize, trainSize, 'training');
  checkSize('--test-size', options.testSize, testSize, 'test');

  const trainer =
    options.backend === 'webgl'
      ? await trainerInBrowser(files, options)
      : await trainerHere(data, options);
  try {
    const {parameters, place} = trainer;
    const out = options.json ? process.stderr : process.stdout;
    out.write(`${header({...options, parameters, place, trainSize, testSize})}\n`);

    const run = await runTraining(trainer, data, options, out);
    if (!run) {
      out.write('Interrupted before the first batch was done.\n');
      return interruptedCode;
    }
    out.write(report(run.evaluation, run.interrupted ? run.losses.length : undefined));
    if (options.json) process.stdout.write(`${JSON.stringify(summarise(options, run))}\n`);
    return run.interrupted ? interruptedCode : 0;
  } finally {
    await trainer.close();
  }
}

/** A network and its data, in this program or in a browser. */
export interface Trainer {
  parameters: number;
  /** What there is to say about where its backend runs. */
  place: string;
  train(options: TrainingOptions): AsyncIterable<TrainingProgress>;
  evaluate(): Promise<Evaluation>;
  close(): Promise<void>;
}

async function trainerHere(data: MnistData, {backend, net, seed}: Options): Promise<Trainer> {
  tf.enableProdMode(); // or the CPU backend greets everyone who runs it in Node
  if (!(await tf.setBackend(backend))) {
    throw new Error(`--backend: expected ${backend} to run here, found that it cannot`);
  }
  const network = createNetwork(net, {seed});
  return {
    parameters: network.variables.reduce((sum, {size}) => sum + size, 0),
    place: simdSupported ? '' : '(WebAssembly has no SIMD here)',
    train: options => train(network, data, options),
    evaluate: () => evaluate(network, data),
    close: async () => {},
  };
}

function checkSize(option: string, size: number | undefined, most: number, images: string) {
  if (size === undefined || size <= most) return;
  throw new UsageError(`${option}: expected at most the ${most} ${images} images, found ${size}`);
}

interface FinishedRun {
  losses: number[];
  /** Milliseconds of each step. */
  times: number[];
  epochs: number;
  seconds: number;
  evaluation: Evaluation;
  interrupted: boolean;
}

/**
 * Trains, showing progress on `out`, until the end or until Ctrl-C; either way the network is then tested on all test images.
 * Undefined if it was interrupted before the first batch was done.
 */
async function runTraining(
  trainer: Trainer,
  data: MnistData,
  options: Options,
  out: NodeJS.WriteStream,
): Promise<FinishedRun | undefined> {
  const {batchSize, learningRate, testEvery} = options;
  const testSize = options.testSize ?? Math.min(1000, data.testSize);
  const batchesPerEpoch = Math.ceil(data.trainSize / batchSize);
  const batches = options.batches ?? options.epochs * batchesPerEpoch;
  const progress = createProgress(out, {batches, batchesPerEpoch});
  const signal = abortOnInterrupt(progress);

  const started = performance.now();
  const losses: number[] = [];
  const times: number[] = [];
  let epochs = 0;
  let tested: {batch: number; evaluation: Evaluation} | undefined;
  let interrupted = false;
  try {
    const settings = {batches, batchSize, learningRate, testEvery, testSize, signal};
    for await (const event of trainer.train(settings)) {
      if (event.kind === 'batch') {
        losses.push(event.loss);
        times.push(event.ms);
        epochs = event.epoch;
      } else if (event.kind === 'epoch') {
        tested = event;
      }
      progress.show(event);
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    interrupted = true;
  } finally {
    progress.close();
  }
  if (losses.length === 0) return undefined;
  const evaluation = tested?.batch === losses.length ? tested.evaluation : await trainer.evaluate();
  const seconds = (performance.now() - started) / 1000;
  return {losses, times, epochs, seconds, evaluation, interrupted};
}

/** A signal that the first Ctrl-C aborts. The second one ends the program at once. */
function abortOnInterrupt(progress: Progress): AbortSignal {
  const controller = new AbortController();
  let since = 0;
  process.on('SIGINT', () => {
    if (!controller.signal.aborted) {
      since = performance.now();
      controller.abort();
      progress.note('Stopping, to test what was learnt so far; Ctrl-C again quits at once.');
    } else if (performance.now() - since > 500) {
      // Sooner, it's the same key press: npm passes on the signal that the terminal has sent to all.
      process.exit(interruptedCode);
    }
  });
  return controller.signal;
}

function summarise(options: Options, run: FinishedRun): Summary {
  const {losses, times, evaluation} = run;
  const thousandths = (x: number) => Math.round(1000 * x) / 1000;
  return {
    backend: options.backend,
    net: options.net,
    seed: options.seed,
    epochs: run.epochs,
    batches: losses.length,
    batchSize: options.batchSize,
    learningRate: options.learningRate,
    msPerStep: thousandths(median(times.length > 5 ? times.slice(5) : times)),
    seconds: thousandths(run.seconds),
    firstLoss: losses[0],
    lastLoss: losses[losses.length - 1],
    testCorrect: evaluation.correct,
    testTotal: evaluation.total,
    testAccuracy: evaluation.correct / evaluation.total,
  };
}
