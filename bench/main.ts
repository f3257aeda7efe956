// The bench: `npm run bench -- --help` tells what it can do. Exit codes: 0 done, 1 failed or kernels disagree, 2 wrong use.
import '../src/index.ts';
import {open, writeFile} from 'node:fs/promises';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../src/data/mnist_data.ts';
import {loadMnist} from '../src/data/node.ts';
import {simdSupported} from '../src/kernels/simd/backend/register.ts';
import {type Preset, presets} from '../src/network.ts';
import {BenchPage, type FirstSteps} from './browser.ts';
import {batchSize, nodeCases, pageCases} from './cases.ts';
import type {Case} from './contest.ts';
import type {Effort} from './measure.ts';
import {createPeak} from './peak.ts';
import {comparePyTorch, type NotTimed, type PyTorchComparison} from './pytorch.ts';
import {
  browserText,
  environment,
  environmentText,
  nodeTable,
  pageTable,
  pytorchTable,
} from './report.ts';
import {firstLine, type Row, runCase} from './rows.ts';

const thorough: Effort = {warmUpMs: 250, leastRounds: 5, mostRounds: 15, ms: 400};
const quick: Effort = {warmUpMs: 150, leastRounds: 3, mostRounds: 3, ms: 0};
const pytorchRounds = 15;

const helpText = `Times our kernels on simd and on cpu beside the stock TensorFlow.js kernels, in this process and in turns; or, in
a browser, those on webgl.

usage: npm run bench -- [options]

  --browser    our kernels on WebGL, beside stock WebGL and tf.layers, in a page of a browser that is started
  --case NAME  only the cases of that name, or whose name begins with it: tutorial, tutorial/conv2,
               tutorial/conv2/forward; may be given several times
  --quick      three rounds a case, and of the networks only tutorial unless --case says otherwise
  --pytorch    afterwards also the step of tutorial in PyTorch, with one thread and with two, if it is installed
  --json FILE  also write the numbers to that file
  --help, -h   show this text

Cases:
${nodeCases.map(({name}) => `  ${name}`).join('\n')}
In a browser: those of tutorial and mnist-core

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
  const chosen = chooseCases(
    options.browser ? pageCases : nodeCases,
    options.case ?? (options.quick ? ['tutorial'] : []),
  );
  if (options.browser && options.pytorch) {
    throw new UsageError('--pytorch: expected it without --browser, found both');
  }
  if (options.json !== undefined) await checkWritable(options.json);

  if (!simdSupported) throw new Error('simd: expected WebAssembly with SIMD, found none');
  tf.enableProdMode(); // or the CPU backend greets everyone who runs it in Node
  await tf.setBackend('simd');
  const machine = environment();
  process.stdout.write(`${environmentText(machine)}\n`);

  const effort = options.quick ? quick : thorough;
  if (options.browser) {
    const found = await runInBrowser(chosen, effort);
    if (options.json !== undefined) await writeJson(options.json, {environment: machine, ...found});
    return found.rows.some(row => 'problem' in row) ? 1 : 0;
  }
  const data = await loadMnist();
  const peak = createPeak();
  const rows: Row[] = [];
  for (const [i, each] of chosen.entries()) {
    showProgress(`${i + 1} of ${chosen.length}: ${each.name}`);
    rows.push(await runCase(each, data, peak, effort));
  }
  showProgress('');
  process.stdout.write(nodeTable(rows));
  const pytorch = options.pytorch ? await runPyTorch(data) : undefined;
  if (pytorch) process.stdout.write(`\n${pytorchTable(pytorch)}`);
  if (options.json !== undefined) {
    await writeJson(options.json, {environment: machine, rows, ...(pytorch && {pytorch})});
  }
  const wrong = pytorch && 'problem' in pytorch && !pytorch.missing;
  return wrong || rows.some(row => 'problem' in row) ? 1 : 0;
}

async function runInBrowser(chosen: Case[], effort: Effort) {
  showProgress('starting a browser');
  const page = await BenchPage.open();
  try {
    const {version, renderer} = page;
    showProgress('');
    process.stdout.write(`${browserText(page)}\n`);
    const rows: Row[] = [];
    for (const [i, each] of chosen.entries()) {
      showProgress(`${i + 1} of ${chosen.length}: ${each.name}`);
      rows.push(await page.run(each, effort));
    }
    const firstSteps: FirstSteps[] = [];
    for (const preset of Object.keys(presets) as Preset[]) {
      if (!chosen.some(({name}) => name === `${preset}/step`)) continue;
      showProgress(`${preset}: first steps`);
      firstSteps.push(await page.firstSteps(preset));
    }
    showProgress('');
    process.stdout.write(pageTable(rows, firstSteps));
    return {browser: {version, renderer}, rows, firstSteps};
  } finally {
    await page.close();
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
        browser: {type: 'boolean'},
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
function chooseCases(cases: readonly Case[], names: string[]): Case[] {
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

function writeJson(file: string, results: object): Promise<void> {
  return writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
}
