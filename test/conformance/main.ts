// Other people's tests of the ops that we have too. `npm run test:conformance -- --help` tells what it can do. Exit codes: 0 all
// passed, 1 some failed or did not run, 2 wrong use.
import '../backends.ts';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {optionLines, readArguments, UsageError} from '../../src/cli/arguments.ts';
import {openPage} from '../../src/cli/open_page.ts';
import {guardOutput} from '../../src/cli/output.ts';
import {check} from './check.ts';
import {onnxFolder} from './onnx.ts';
import type {Page} from './page.ts';
import type {Sample} from './sample.ts';
import {type Loaded, loadSuite, suites} from './suites.ts';

declare const page: Page;

/** `wasm` runs the reference kernels. */
const backends = ['simd', 'cpu', 'webgl', 'wasm'];

const table = {
  backend: {value: 'NAME', help: `only that backend: ${backends.join(', ')}`},
  filter: {value: 'TEXT', help: 'only the tests whose name contains the text'},
  onnx: {value: 'FOLDER', help: `where ONNX's tests are (default ${onnxFolder})`},
  help: {short: 'h', help: 'show this text'},
};

const helpText = `Runs ONNX's node tests and PyTorch's OpInfo samples of the ops that we have too, on our backends.

usage: npm run test:conformance -- [options]

${optionLines(table)}

A suite that is not installed is skipped, with a sentence that says how to install it. The browser of webgl is the one that
MNIST_OPS_BROWSER names, or an installed Chrome or Chromium; MNIST_OPS_GPU=1 takes the machine's own GPU.

Exit codes: 0 all passed, 1 some failed or did not run, 2 wrong use.
`;

guardOutput('test:conformance');
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`test:conformance: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<number> {
  const given = readArguments(table, args);
  if (given.has('help')) {
    process.stdout.write(helpText);
    return 0;
  }
  const only = given.get('backend');
  if (only !== undefined && !backends.includes(only)) {
    throw new UsageError(`--backend: expected one of ${backends.join(', ')}, found "${only}"`);
  }
  const filter = given.get('filter') ?? '';
  const loaded: Loaded[] = [];
  for (const suite of suites(given.get('onnx'))) {
    const found = loadSuite(suite, filter);
    if (found) loaded.push(found);
    else process.stdout.write(`SKIPPED ${suite.name}: ${suite.install}\n`);
  }
  if (
    loaded.length > 0 &&
    loaded.every(({samples, refused}) => samples.length + refused.size === 0)
  ) {
    throw new Error(
      `--filter: expected a part of a test's name, found "${filter}", which is in none`,
    );
  }
  const rows: string[] = [];
  let complete = true;
  for (const backend of only ? [only] : backends) {
    const runner = await (backend === 'webgl' ? inBrowser(loaded) : here(backend));
    try {
      for (const {suite, samples, refused} of loaded) {
        const failed = await runSuite(runner, `${backend}, ${suite.name}`, samples);
        const passed = samples.length - failed;
        const least = filter === '' ? suite.least : 0;
        if (passed < least) {
          process.stdout.write(
            `FAILED ${backend}, ${suite.name}: expected at least ${least} to pass, found ${passed}\n`,
          );
        }
        complete &&= failed === 0 && passed >= least;
        const refusals = [...refused.values()].reduce((sum, n) => sum + n, 0);
        rows.push(`| ${suite.name} | ${backend} | ${passed} | ${refusals} | ${failed} |`);
      }
    } finally {
      await runner.close();
    }
  }
  if (loaded.length > 0) {
    const head = '| suite | backend | passed | refused by design | failed |\n|---|---|--:|--:|--:|';
    process.stdout.write(`\n${head}\n${rows.join('\n')}\n\n${reasonTable(loaded)}\n`);
  }
  return complete ? 0 : 1;
}

interface Runner {
  /** Undefined if the sample passes, else what differs. */
  check(sample: Sample): Promise<string | undefined>;
  close(): Promise<void>;
}

async function here(backend: string): Promise<Runner> {
  if (backend === 'wasm') {
    const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
    setWasmPaths(`${folder}/`);
    // Its loader takes itself for a CommonJS module, and asks for the folder before it uses the path.
    Object.assign(globalThis, {__dirname: folder});
  }
  if (!(await tf.setBackend(backend))) {
    throw new Error(`${backend}: expected it to start, it did not`);
  }
  return {check: async sample => check(sample), close: async () => {}};
}

async function inBrowser(loaded: Loaded[]): Promise<Runner> {
  const all = loaded.flatMap(({samples}) => samples.map(({sample}) => sample));
  const {page: opened, close} = await openPage(
    path =>
      path === '/samples.json'
        ? new TextEncoder().encode(JSON.stringify(all))
        : readFile(fileURLToPath(new URL(`.${path}`, import.meta.url))),
    ['/page.js'],
  );
  await opened
    .evaluate(() => page.start())
    .catch(async error => {
      await close();
      throw error;
    });
  return {check: sample => opened.evaluate(index => page.check(index), all.indexOf(sample)), close};
}

/** Returns the number of samples that fail. */
async function runSuite(runner: Runner, title: string, samples: Loaded['samples']) {
  let failed = 0;
  for (const [i, {name, sample}] of samples.entries()) {
    if (process.stderr.isTTY && i % 10 === 0) {
      process.stderr.write(`\r${title}: ${i} of ${samples.length}\x1b[K\r`);
    }
    const difference = await runner.check(sample);
    if (difference === undefined) continue;
    failed++;
    process.stdout.write(`FAILED ${title}, ${name}: ${difference}\n`);
  }
  if (process.stderr.isTTY) process.stderr.write('\x1b[K');
  return failed;
}

/** Why tests are refused, and how many of each suite. */
function reasonTable(loaded: Loaded[]): string {
  const reasons = new Set(loaded.flatMap(({refused}) => [...refused.keys()]));
  return [
    `| refused by design | ${loaded.map(({suite}) => suite.name).join(' | ')} |`,
    `|---|${loaded.map(() => '--:|').join('')}`,
    ...[...reasons]
      .sort()
      .map(
        reason =>
          `| ${reason} | ${loaded.map(({refused}) => refused.get(reason) ?? 0).join(' | ')} |`,
      ),
  ].join('\n');
}
