// `npm run soak`: trains for a long time, and compares what there is in the end with what there was after the warm-up.
import '../../src/index.ts';
import {Session} from 'node:inspector/promises';
import * as tf from '@tensorflow/tfjs-core';
import {type Backend, backends} from '../../src/backends.ts';
import {type OptionTable, optionLines, readArguments, UsageError} from '../../src/cli/arguments.ts';
import {openPage} from '../../src/cli/open_page.ts';
import {guardOutput} from '../../src/cli/output.ts';
import {loadMnist} from '../../src/data/node.ts';
import {clock} from '../../src/format.ts';
import {readBenchFile} from '../place/browser.ts';
import type {Page} from '../place/driven_page.ts';
import {showProgress, thisRuntime} from '../place/here.ts';
import {tableText} from '../report/terminal.ts';
import {type Holdings, LEAST_STEPS, type News, soak} from './soak.ts';
import {HEAP, problemsOf, type Run, soakTable} from './verdict.ts';

declare const page: Page;

const names = Object.keys(backends) as Backend[];

const table: OptionTable = {
  backend: {value: 'NAME', help: `where the ops run: ${names.join(', ')} (default simd)`},
  steps: {value: 'N', help: 'steps of 64 images (default 20000)'},
  help: {short: 'h', help: 'show this text'},
};

const helpText = `Trains for a long time, and fails if it holds more in the end than at the start, or if its steps become slower.

usage: npm run soak -- [options]

${optionLines(table)}

It compares the numbers of tensors and of what lies below them (bytes of WebAssembly, textures, buffers), the JavaScript heap after
a collection, and the time of a step, each after the warm-up and in the end. A step takes 3 ms on simd, 40 on cpu, and tenths of a
second on webgl, wasm and webgpu, which run in a browser without a window and without a GPU: give them fewer steps.
MNIST_OPS_BROWSER names the browser; MNIST_OPS_GPU=1 takes the machine's GPU. The times compare only where no other program works
meanwhile.

Exit codes: 0 nothing grew, 1 something grew or the run failed, 2 wrong use, 128 + the number of the signal that ended it
(130: Ctrl-C), 141 the output's reader is gone.
`;

/** When the last line was shown, for an output that isn't a terminal. */
let toldAt = 0;

guardOutput('soak');
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  showProgress('');
  process.stderr.write(`soak: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<number> {
  const given = readArguments(table, args);
  if (given.has('help')) {
    process.stdout.write(helpText);
    return 0;
  }
  const asked = given.get('backend') ?? 'simd';
  const backend = names.find(name => name === asked);
  if (!backend) {
    throw new UsageError(`--backend: expected one of ${names.join(', ')}, found "${asked}"`);
  }
  const number = given.get('steps') ?? '20000';
  const steps = Number(number);
  if (!/^\d+$/.test(number) || steps < LEAST_STEPS || steps > 1e9) {
    const range = `from ${LEAST_STEPS} to 1000000000`;
    throw new UsageError(`--steps: expected a whole number ${range}, found "${number}"`);
  }
  // process.exit, unlike a signal, lets Playwright close the browser.
  const quit = (_: string, signal: number) => process.exit(128 + signal);
  process.on('SIGINT', quit).on('SIGTERM', quit).on('SIGHUP', quit);
  const inPage = backend === 'wasm' || !backends[backend].inNode;
  const place = await (inPage ? openBrowser(backend, steps) : openHere(backend, steps));
  try {
    const run = await watch(place, steps);
    const caption = `${backend}, ${steps.toLocaleString('en-US')} steps of 64 images, ${place.runtime}`;
    process.stdout.write(tableText(soakTable(caption, run)));
    const problems = problemsOf(run);
    process.stdout.write(problems.length ? '' : 'Nothing grew.\n');
    for (const problem of problems) process.stderr.write(`soak: ${problem}\n`);
    return problems.length ? 1 : 0;
  } finally {
    await place.close();
  }
}

/** Runs the training to its end, shows how far it is, and looks at the heap at the start and in the end. */
async function watch({news, heap}: Place, steps: number): Promise<Run> {
  const began = performance.now();
  const seen: Record<string, Holdings> = {};
  for (;;) {
    const {value, done} = await news.next();
    if (done) throw new Error('expected the training to run to its end, found it stopped');
    if (value.kind === 'times') {
      showProgress('');
      return {start: seen.start, end: seen.end, ...value};
    }
    const {kind, step, holdings} = value;
    if (kind !== 'progress') seen[kind] = {...holdings, [HEAP]: await heap()};
    const left = clock(((performance.now() - began) / step) * (steps - step));
    tell(`step ${step.toLocaleString('en-US')} of ${steps.toLocaleString('en-US')}, ${left} left`);
  }
}

/** Shows a line: on a terminal in the place of the last one, elsewhere a line every half minute. */
function tell(text: string): void {
  showProgress(text);
  if (process.stderr.isTTY || performance.now() - toldAt < 30_000) return;
  toldAt = performance.now();
  process.stderr.write(`${text}\n`);
}

interface Place {
  runtime: string;
  news: AsyncIterator<News>;
  /** Bytes of the JavaScript heap and of its typed arrays, after a collection. */
  heap(): Promise<number>;
  close(): Promise<void>;
}

async function openHere(backend: Backend, steps: number): Promise<Place> {
  tf.enableProdMode(); // without the CPU backend's greeting
  if (!(await tf.setBackend(backend))) throw new Error(cannot(backend));
  return {
    runtime: thisRuntime,
    news: soak(steps, await loadMnist()),
    async heap() {
      const session = new Session();
      session.connect();
      await session.post('HeapProfiler.collectGarbage');
      session.disconnect();
      const {heapUsed, arrayBuffers} = process.memoryUsage();
      return heapUsed + arrayBuffers;
    },
    close: async () => {},
  };
}

async function openBrowser(backend: Backend, steps: number): Promise<Place> {
  const {browser, page: opened, close} = await openPage(readBenchFile, ['/driven_page.js']);
  try {
    const started = await opened.evaluate(asked => page.startSoak(...asked), [
      backend,
      steps,
    ] as const);
    if (!started) throw new Error(cannot(backend));
    const session = await opened.context().newCDPSession(opened);
    return {
      runtime: `Chromium ${browser.version()}`,
      news: {next: () => opened.evaluate(() => page.nextOfSoak())},
      async heap() {
        await session.send('HeapProfiler.collectGarbage');
        const {usedSize, backingStorageSize = 0} = await session.send('Runtime.getHeapUsage');
        return usedSize + backingStorageSize;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const cannot = (backend: Backend) =>
  `--backend: expected ${backend} to run here, found that it cannot`;
