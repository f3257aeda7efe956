// The bench: `npm run bench -- --help` tells what it can do. Exit codes: 0 done, 1 failed or kernels disagree, 2 wrong use.
import '../src/index.ts';
import {open, writeFile} from 'node:fs/promises';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../src/data/mnist_data.ts';
import {loadMnist} from '../src/data/node.ts';
import {simdSupported} from '../src/kernels/simd/backend/register.ts';
import {batchSize, cases} from './cases.ts';
import {type Case, disagreement} from './contest.ts';
import {compareSpeed, type Effort} from './measure.ts';
import {createPeak, type Peak} from './peak.ts';
import {comparePyTorch, type NotTimed, type PyTorchComparison} from './pytorch.ts';
import {environment, environmentText, pytorchTable, type Row, table} from './report.ts';

const thorough: Effort = {warmUpMs: 250, leastRounds: 5, mostRounds: 15, ms: 400};
const quick: Effort = {warmUpMs: 150, leastRounds: 3, mostRounds: 3, ms: 0};
const pytorchRounds = 15;

const helpText = `Times our kernels on simd and on cpu beside the stock TensorFlow.js kernels, in this process and in turns.

usage: npm run bench -- [options]

  --case NAME  only the cases of that name, or whose name begins with it: tutorial, tutorial/conv2,
               tutorial/conv2/forward; may be given several times
  --quick      three rounds a case, and of the networks only tutorial unless --case says otherwise
  --pytorch    afterwards also the step of tutorial in PyTorch, with one thread and with two, if it is installed
  --json FILE  also write the numbers to that file
  --help, -h   show this text

Cases:
${cases.map(({name}) => `  ${name}`).join('\n')}

Exit codes: 0 done, 1 failed or kernels disagree, 2 wrong use.
`;

class UsageError extends Error {}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${firstLine(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(helpText);
    return 0;
  }
  const chosen = chooseCases(options.case ?? (options.quick ? ['tutorial'] : []));
  if (options.json !== undefined) await checkWritable(options.json);

  if (!simdSupported) throw new Error('simd: expected WebAssembly with SIMD, found none');
  tf.enableProdMode(); // or the CPU backend greets everyone who runs it in Node
  await tf.setBackend('simd');
  const machine = environment();
  process.stdout.write(`${environmentText(machine)}\n`);

  const data = await loadMnist();
  const peak = createPeak();
  const rows: Row[] = [];
  for (const [i, each] of chosen.entries()) {
    showProgress(`${i + 1} of ${chosen.length}: ${each.name}`);
    rows.push(await runCase(each, data, peak, options.quick ? quick : thorough));
  }
  showProgress('');
  process.stdout.write(table(rows));
  const pytorch = options.pytorch ? await runPyTorch(data) : undefined;
  if (pytorch) process.stdout.write(`\n${pytorchTable(pytorch)}`);
  if (options.json !== undefined) {
    const results = {environment: machine, rows, ...(pytorch && {pytorch})};
    await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  const wrong = pytorch && 'problem' in pytorch && !pytorch.missing;
  return wrong || rows.some(row => 'problem' in row) ? 1 : 0;
}

async function runCase(
  {name, prepare}: Case,
  data: MnistData,
  peak: Peak,
  effort: Effort,
): Promise<Row> {
  try {
    const contest = await prepare(data);
    const {contenders, flops, images} = contest;
    try {
      const problem = await disagreement(contest);
      if (problem) return {name, problem};
      return {name, flops, images, comparison: await compareSpeed(contenders, flops, peak, effort)};
    } finally {
      for (const contender of contenders) contender.dispose();
    }
  } catch (error) {
    return {name, problem: `it failed, ${firstLine(error)}`};
  }
}

async function runPyTorch(data: MnistData): Promise<PyTorchComparison | NotTimed> {
  showProgress('PyTorch');
  try {
    return await comparePyTorch(data, batchSize, pytorchRounds);
  } catch (error) {
    return {problem: `it failed, ${firstLine(error)}`, missing: false};
  } finally {
    showProgress('');
  }
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        case: {type: 'string', multiple: true},
        quick: {type: 'boolean'},
        pytorch: {type: 'boolean'},
        json: {type: 'string'},
        help: {type: 'boolean', short: 'h'},
      },
    }).values;
  } catch (error) {
    // Node adds advice in further sentences.
    throw new UsageError(`${firstLine(error).split('. ')[0].replace(/\.$/, '')} (see --help)`);
  }
}

/** The cases of those names, or below them; all of them if there are no names. */
function chooseCases(names: string[]): Case[] {
  const matches = (name: string, each: Case) =>
    each.name === name || each.name.startsWith(`${name}/`);
  const unknown = names.find(name => !cases.some(each => matches(name, each)));
  if (unknown !== undefined) {
    throw new UsageError(
      `--case: expected ${cases.map(({name}) => name).join(', ')} or the beginning of one up to a slash, found "${unknown}"`,
    );
  }
  return cases.filter(each => names.length === 0 || names.some(name => matches(name, each)));
}

/** Before two minutes of work, not after: appending nothing leaves an older result as it is. */
async function checkWritable(file: string): Promise<void> {
  try {
    await (await open(file, 'a')).close();
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    throw new Error(`--json: expected a file that can be written, found "${file}" (${code})`);
  }
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
