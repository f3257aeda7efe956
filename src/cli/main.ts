// The command line: `npm run train -- --help` lists its options and exit codes.
import {abortOnSignal, Interruption} from './interruption.ts'; // before all others
import '../index.ts';
import {backends} from '../backends.ts';
import {MnistData} from '../data/mnist_data.ts';
import {readMnist} from '../data/node.ts';
import {liesOnItsSide} from '../data/transposed.ts';
import type {Evaluation} from '../evaluation.ts';
import {simdSupported} from '../kernels/simd/backend/register.ts';
import {UsageError} from './arguments.ts';
import {helpText, type Options, parseOptions} from './options.ts';
import {guardOutput} from './output.ts';
import {createProgress} from './progress.ts';
import {failureLine, header, report} from './report.ts';
import {type FinishedRun, summarise} from './summary.ts';
import {chooseBackend, type Trainer, trainerHere} from './trainer.ts';
import {trainerInBrowser} from './webgl.ts';

guardOutput('mnist-ops');
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const [sentence] = (error instanceof Error ? error.message : String(error)).split('\n');
  process.stderr.write(`mnist-ops: ${sentence}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

// While a program ends by itself, Node has no handlers of signals any more: a second Ctrl-C would count as the cause of its end.
process.stdout.write('', () => setImmediate(process.exit)); // an error comes after this call

async function main(args: string[]): Promise<number> {
  let options = parseOptions(args);
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

  let trainer: Trainer;
  if (!backends[options.backend].inNode) {
    trainer = await trainerInBrowser(files, options);
  } else {
    let remark = simdSupported ? '' : '(WebAssembly has no SIMD here)';
    const why = await chooseBackend(options);
    if (why !== undefined) {
      const {backend, backendIsAsked} = options;
      if (backendIsAsked) {
        throw new Error(`--backend: expected ${backend} to run here, found that it cannot: ${why}`);
      }
      remark = `(${backend} cannot run here: ${why})`;
      options = parseOptions(['--backend', 'cpu', ...args]) as Options;
      await chooseBackend(options);
    }
    trainer = trainerHere(data, options, remark);
  }
  try {
    const {parameters, remark} = trainer;
    const out = options.json ? process.stderr : process.stdout;
    out.write(`${header({...options, parameters, remark, trainSize, testSize})}\n`);
    const hint = 'The ones lie on their side: the images seem to be transposed, as EMNIST’s are.';
    if (liesOnItsSide(data)) out.write(`${hint}\n\n`);
    const run = await runTraining(trainer, data, options, out);
    if (typeof run === 'number') {
      out.write('Interrupted before the first batch was done.\n');
      return run;
    }
    const failure = failureLine(run.evaluation, run.losses, options.learningRate);
    out.write(report(run.evaluation, run.code === 0 ? undefined : run.losses.length, failure));
    if (options.json) {
      process.stdout.write(`${JSON.stringify(summarise(options, run, trainer.build))}\n`);
    }
    return run.code;
  } finally {
    await trainer.close();
  }
}

function checkSize(option: string, size: number | undefined, most: number, images: string) {
  if (size === undefined || size <= most) return;
  throw new UsageError(`${option}: expected at most the ${most} ${images} images, found ${size}`);
}

/**
 * Trains until the end or a signal, showing progress on `out`, and then tests on all test images. Returns only the exit code if
 * a signal came before the first batch was done.
 */
async function runTraining(
  trainer: Trainer,
  data: MnistData,
  options: Options,
  out: NodeJS.WriteStream,
): Promise<(FinishedRun & {code: number}) | number> {
  const {batchSize, learningRate, testEvery} = options;
  const testSize = options.testSize ?? Math.min(1000, data.testSize);
  const batchesPerEpoch = Math.ceil(data.trainSize / batchSize);
  const batches = options.batches ?? options.epochs * batchesPerEpoch;
  const progress = createProgress(out, {batches, batchesPerEpoch});
  const signal = abortOnSignal(progress.note);

  const started = performance.now();
  const losses: number[] = [];
  const times: number[] = [];
  let epochs = 0;
  let tested: {batch: number; evaluation: Evaluation} | undefined;
  let code = 0;
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
    if (!(error instanceof Interruption)) throw error;
    code = error.code;
  } finally {
    progress.close();
  }
  if (losses.length === 0) return code;
  const evaluation = tested?.batch === losses.length ? tested.evaluation : await trainer.evaluate();
  const seconds = (performance.now() - started) / 1000;
  return {losses, times, epochs, seconds, evaluation, code};
}
