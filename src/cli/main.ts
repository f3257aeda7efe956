// The command line: `npm run train -- --help` lists its options and exit codes.
import '../index.ts';
import {backends} from '../backends.ts';
import {MnistData} from '../data/mnist_data.ts';
import {readMnist} from '../data/node.ts';
import {liesOnItsSide} from '../data/transposed.ts';
import {count} from '../format.ts';
import {simdSupported} from '../kernels/simd/backend/register.ts';
import {newestCheckpoint} from '../weights/checkpoint_files.ts';
import {UsageError} from './arguments.ts';
import {checksumOf} from './checkpoint.ts';
import {endWithoutOutput} from './interruption.ts';
import {helpText, type Options, parseOptions} from './options.ts';
import {guardOutput} from './output.ts';
import {failureLine, header, report} from './report.ts';
import {findRun} from './resume.ts';
import {lengthOf, runTraining} from './run.ts';
import {Saver} from './saver.ts';
import {summarise} from './summary.ts';
import {chooseBackend, type Trainer, trainerHere} from './trainer.ts';
import {trainerInBrowser} from './webgl.ts';

guardOutput('mnist-ops', endWithoutOutput);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  complain(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

// While a program ends by itself, Node has no handlers of signals any more: a second Ctrl-C would count as the cause of its end.
process.stdout.write('', () => setImmediate(process.exit)); // an error comes after this call

function complain(message: string): void {
  const [sentence] = message.split('\n');
  process.stderr.write(`mnist-ops: ${sentence}\n`);
}

async function main(args: string[]): Promise<number> {
  const asked = parseOptions(args);
  if (asked === 'help') {
    process.stdout.write(helpText);
    return 0;
  }
  if (asked.save !== undefined) checkUnused(asked.save);
  const resumed =
    asked.resume === undefined ? undefined : await findRun(asked.resume, args, complain);
  let options = resumed?.options ?? asked;
  if (options.backend === 'simd' && !simdSupported) {
    throw new UsageError('--backend: expected cpu where WebAssembly has no SIMD, found "simd"');
  }
  const files = resumed?.files ?? (await readMnist(options.data));
  const data = new MnistData(files, {seed: options.seed});
  const {trainSize, testSize} = data;
  checkSize('--batch-size', options.batchSize, trainSize, 'training');
  checkSize('--test-size', options.testSize, testSize, 'test');
  const place = resumed?.checkpoint;
  lengthOf(options, data, place?.batch); // checks it

  let trainer: Trainer;
  if (!backends[options.backend].inNode) {
    trainer = await trainerInBrowser(files, options, place);
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
    trainer = await trainerHere(data, options, remark, place);
  }
  try {
    const {parameters, remark} = trainer;
    const out = options.json ? process.stderr : process.stdout;
    const folder = options.save ?? options.resume;
    const notes: string[] = [];
    if (resumed) {
      notes.push(`going on after batch ${count(resumed.checkpoint.batch)}, from ${resumed.path}`);
    }
    if (folder !== undefined) notes.push(`saving into ${folder}`);
    out.write(`${header({...options, parameters, remark, trainSize, testSize, notes})}\n`);
    const hint = 'The ones lie on their side: the images seem to be transposed, as EMNIST’s are.';
    if (liesOnItsSide(data)) out.write(`${hint}\n\n`);
    const saver = folder === undefined ? undefined : new Saver(folder, resumed?.names);
    const saving = saver && {saver, dataset: place?.dataset ?? checksumOf(files)};
    const run = await runTraining(trainer, data, options, out, place?.losses, saving);
    if (typeof run === 'number') {
      out.write('Interrupted before the first batch was done.\n');
      return run;
    }
    const failure = failureLine(run.evaluation, run.losses, options.learningRate);
    out.write(report(run.evaluation, run.code === 0 ? undefined : run.losses.length, failure));
    if (options.json) {
      process.stdout.write(`${JSON.stringify(summarise(options, run, trainer))}\n`);
    }
    if (saver?.failure === undefined) return run.code;
    complain(`${saver.failure}; the last checkpoint is that of batch ${count(saver.batch!)}`);
    return 1;
  } finally {
    await trainer.close();
  }
}

function checkSize(option: string, size: number | undefined, most: number, images: string) {
  if (size === undefined || size <= most) return;
  throw new UsageError(`${option}: expected at most the ${most} ${images} images, found ${size}`);
}

/** Two runs in a folder would replace each other's checkpoints. */
function checkUnused(folder: string): void {
  const found = newestCheckpoint(folder);
  if (found === undefined) return;
  const expected = 'a folder without checkpoints (--resume goes on with those)';
  throw new UsageError(`--save: expected ${expected}, found ${found} in ${folder}`);
}
