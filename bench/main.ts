// The bench. Its options: `npm run bench -- --help`.
import '../src/index.ts';
import {writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {UsageError} from '../src/cli/arguments.ts';
import {defaultThreads} from '../src/cli/options.ts';
import {serve} from '../src/cli/serve.ts';
import {loadMnist} from '../src/data/node.ts';
import {
  MOST_THREADS,
  registerSimdBackend,
  type SimdBackend,
} from '../src/kernels/simd/backend/register.ts';
import type {Preset} from '../src/network.ts';
import {caseNames, chooseCases, isChosen, problemOf, type Request} from './cases/cases.ts';
import {backendsIn, inBrowser, inNode, type Place} from './clock/contest.ts';
import {firstLine} from './clock/rows.ts';
import {openBench, readBenchFile, timeFirstSteps} from './place/browser.ts';
import {showProgress, thisMachine, thisRuntime} from './place/here.ts';
import {keepWhenStopped, watchForStops} from './place/stops.ts';
import {changesText} from './report/changes.ts';
import {writeReadme} from './report/readme.ts';
import {reportHtml} from './report/report_html.ts';
import type {Backend, PlaceName, PlaceResults, Results} from './report/results.ts';
import {emptyPlace, emptyResults, jsonOf} from './report/results.ts';
import {checkWritable, FileError, readResults, writeResults} from './report/results_file.ts';
import {type Seeds, seedsTable} from './report/seeds.ts';
import {SPEEDRUN_SEEDS, speedrunText} from './report/speedrun.ts';
import {
  factsText,
  legend,
  machineFacts,
  peersText,
  placeFacts,
  placeText,
  tableText,
} from './report/terminal.ts';
import {enterNews, type News, runPlace} from './run.ts';
import {measureSeeds} from './seeds.ts';
import {measureSpeedrun} from './speedrun.ts';

const inBench = (file: string) => fileURLToPath(new URL(`../../bench/${file}`, import.meta.url)); // from dist/bench

const helpText = `Times our kernels on every backend, in Node and in a browser, beside TensorFlow.js's own, and says which backend is the fastest.

usage: npm run bench -- [options]

  (none)         both networks in batches of 64, tutorial in other batch sizes too, and four Layers models; three minutes
  --quick        tutorial in batches of 64, in few rounds, without wasm and webgpu; under forty seconds
  --full         both networks in batches of 1, 8, 64, 256 and 1024, and whole epochs; more than an hour without a GPU
  --case NAME    only the cases with this name, or below it: tutorial, tutorial/conv2, tutorial/step
  --backend NAME only this backend, in all cases: ${backendsIn(inBrowser).join(', ')}
                 --case and --backend may be given several times
  --threads N    of simd in Node (default 1; with --speedrun the cores there are, at most 4); in a page it has one
  --peers        also the chosen cases in other libraries, in Node: steps in jax-js, ConvNetJS and, if it is installed, PyTorch,
                 inference in onnxruntime; each on one thread and on two, where it can, beside simd on as many; two more minutes
  --json FILE    write the numbers to this file; default bench/results.json (with --seeds results-seeds.json, with --speedrun results-speedrun.json)
  --compare FILE also list the changes since the numbers in this file
  --from FILE    measure nothing, and show the numbers in this file
  --readme       also write the README files' tables; for numbers in bench/readme.json or bench/gpu.json (--json or --from)
  --seeds N      instead train tutorial on simd with N seeds, 100 batches and one epoch, and show how the accuracies differ; 4 s a seed
  --speedrun     instead train tutorial on simd with the recipe fast for an epoch, with 30 seeds, and show whether 98.5 % of the test
                 images are recognised on average, and in what time; half a minute
  --page         serve bench.html, which runs the same cases in your own browser and on its GPU, until Ctrl-C
  --help, -h     show this text

The environment variable MNIST_OPS_BROWSER names the browser; without it, an installed Chrome or Chromium runs. MNIST_OPS_GPU=1
asks for the machine's GPU instead of SwiftShader, and fails without one. bench/report.html shows all numbers with charts;
bench/report/results.ts describes the JSON file, and with --seeds bench/report/seeds.ts. Ctrl-C keeps the numbers measured so far.

Cases:
${caseNames.map(name => `  ${name}`).join('\n')}

Exit codes: 0 done, 1 failed or kernels disagree, 2 wrong use, 128 + the number of the signal that ended it (130: Ctrl-C).
`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  showProgress('');
  process.stderr.write(`bench: ${firstLine(error)}\n`);
  process.exitCode = error instanceof UsageError || error instanceof FileError ? 2 : 1;
}

async function main(args: string[]): Promise<number> {
  watchForStops();
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(helpText);
    return 0;
  }
  if (options.page) {
    const {origin} = await serve(readBenchFile);
    process.stdout.write(`${origin}/bench.html\n`);
    return 0; // the process ends when the server does
  }
  const kind = options.speedrun ? '-speedrun' : options.seeds === undefined ? '' : '-seeds';
  const file = options.json ?? inBench(`results${kind}.json`);
  if (options.speedrun) {
    checkAlone('speedrun', options, 'threads');
    const threads = await useThreads(threadsOf(options) ?? defaultThreads());
    const speedrun = await measureSpeedrun(SPEEDRUN_SEEDS, file, threads);
    process.stdout.write(`${speedrunText(speedrun)}Numbers: ${file}\n`);
    return 0;
  }
  if (options.seeds !== undefined) {
    const seeds = await measureSeeds(seedsOf(options), file);
    process.stdout.write(`${tableText(seedsTable(seeds))}\nNumbers: ${file}\n`);
    await writeReport(seeds);
    return 0;
  }
  const request = requestOf(options);
  const threads = threadsOf(options);
  if (threads !== undefined) await useThreads(threads);
  const older =
    options.compare === undefined ? undefined : await readResults('--compare', options.compare);
  let results: Results;
  if (options.from !== undefined) {
    results = await readResults('--from', options.from);
    process.stdout.write(factsText(machineFacts(results)));
    results.places.forEach(showPlace);
    process.stdout.write(`\n${peersText(results)}${legend(results)}`);
  } else {
    await checkWritable(file);
    results = emptyResults(request.extent, thisMachine());
    const save = () => writeResults(file, results);
    keepWhenStopped(async () => {
      results.incomplete = true;
      await save();
      await writeReport(results).catch(() => {}); // the numbers matter more
      return file;
    });
    try {
      await measure(results, request, Boolean(options.peers));
    } catch (error) {
      results.incomplete = true;
      throw error;
    } finally {
      await save();
      keepWhenStopped(undefined);
    }
    process.stdout.write(`\nNumbers: ${file}\n`);
  }
  await writeReport(results);
  if (older) process.stdout.write(`\n${changesText(older, results)}`);
  if (options.readme) await writeReadme(JSON.parse(jsonOf(results)), options.from ?? file); // rounded, as in the file
  return isWrong(results) ? 1 : 0;
}

/** Measures into `results`, and shows each place when it is complete. */
async function measure(results: Results, request: Request, peers: boolean): Promise<void> {
  tf.enableProdMode(); // without the CPU backend's greeting in Node
  process.stdout.write(factsText(machineFacts(results)));
  const asked = (place: Place) =>
    chooseCases(request, place.name).length > 0 &&
    (request.named.length === 0 || backendsIn(place).some(name => request.named.includes(name)));
  const begin = (name: PlaceName, runtime: string) => {
    const place = emptyPlace(name, runtime);
    results.places.push(place);
    return place;
  };
  const data = await loadMnist();
  if (asked(inNode)) {
    const place = begin('node', thisRuntime);
    await listen(runPlace(inNode, request, {data, load: () => loadMnist()}), place);
    showPlace(place);
  }
  if (peers) {
    const {comparePeers} = await import('./peers/peers.ts');
    const tell = (what: string) => showProgress(`peers: ${what}`);
    const wanted = (what: string) => isChosen(what, request.cases);
    results.peers = [];
    for await (const row of comparePeers(data, wanted, tell)) results.peers.push(row);
    showProgress('');
    process.stdout.write(`\n${peersText(results)}`);
  }
  if (asked(inBrowser)) {
    const place = begin('browser', 'a browser');
    await measureInBrowser(place, request);
    showPlace(place);
  }
  process.stdout.write(`\n${legend(results)}`);
}

async function measureInBrowser(place: PlaceResults, request: Request): Promise<void> {
  showProgress('starting a browser');
  const browser = await openBench().catch(error => {
    const backends = request.named.length ? request.named : backendsIn(inBrowser);
    place.missing = backends.map(backend => ({backend, why: firstLine(error)}));
  });
  if (!browser) return;
  try {
    Object.assign(place, {runtime: browser.runtime, ...browser.drawing});
    await listen(browser.run(request), place);
    if (!place.rows.some(({contenders}) => contenders.webgl)) return;
    const steps = place.rows.filter(({name}) => name.endsWith('/step'));
    const networks = new Set(steps.map(({name}) => name.split('/')[0]));
    const [rounds, most] = {quick: [1, 0], usual: [1, 1], full: [3, 2]}[request.extent];
    for (const network of [...networks].slice(0, most)) {
      showProgress(`first steps of ${network} in fresh browsers`);
      const names = ['webgl', 'stock webgl'] as const;
      place.firstSteps.push(await timeFirstSteps(network as Preset, names, rounds));
    }
  } finally {
    await browser.close();
  }
}

async function listen(news: AsyncGenerator<News>, place: PlaceResults): Promise<void> {
  const start = performance.now();
  for await (const each of news) {
    enterNews(place, each);
    if (each.kind !== 'next') continue;
    const seconds = Math.round((performance.now() - start) / 1000);
    showProgress(`${place.place}: ${each.number} of ${each.of}, ${seconds} s: ${each.what}`);
  }
}

function showPlace(place: PlaceResults): void {
  showProgress('');
  process.stdout.write(`\n${factsText(placeFacts(place))}\n${placeText(place)}`);
}

async function writeReport(results: Results | Seeds): Promise<void> {
  const script = new TextDecoder().decode(await readBenchFile('/report.js'));
  const file = inBench('report.html');
  await writeFile(file, reportHtml(results, script));
  process.stdout.write(`Charts: ${file}\n`);
}

function isWrong({places, peers = []}: Results): boolean {
  const contenders = places.flatMap(({rows}) => rows.flatMap(row => Object.values(row.contenders)));
  const rest = peers.map(({notMeasured}) => notMeasured);
  return [...contenders, ...rest].some(found => found && 'wrong' in found && found.wrong);
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        quick: {type: 'boolean'},
        full: {type: 'boolean'},
        case: {type: 'string', multiple: true},
        backend: {type: 'string', multiple: true},
        threads: {type: 'string'},
        peers: {type: 'boolean'},
        json: {type: 'string'},
        compare: {type: 'string'},
        from: {type: 'string'},
        readme: {type: 'boolean'},
        seeds: {type: 'string'},
        speedrun: {type: 'boolean'},
        page: {type: 'boolean'},
        help: {type: 'boolean', short: 'h'},
      },
    }).values;
  } catch (error) {
    // Node adds advice in more sentences.
    throw new UsageError(`${firstLine(error).split('. ')[0].replace(/\.$/, '')} (see --help)`);
  }
}

/** @throws UsageError if there are options beside this one, --json and `also` */
function checkAlone(option: string, given: ReturnType<typeof parseOptions>, also = 'json'): void {
  const other = Object.keys(given).find(name => ![option, 'json', also].includes(name));
  if (!other) return;
  const expected = also === 'json' ? 'with --json alone' : `with --json and --${also} alone`;
  throw new UsageError(`--${option}: expected ${expected}, found --${other}`);
}

function threadsOf({threads}: ReturnType<typeof parseOptions>): number | undefined {
  if (threads === undefined) return undefined;
  const n = Number(threads);
  if (/^\d+$/.test(threads) && n >= 1 && n <= MOST_THREADS) return n;
  const expected = `a whole number from 1 to ${MOST_THREADS}`;
  throw new UsageError(`--threads: expected ${expected}, found "${threads}"`);
}

/** Makes `simd` a backend with so many threads, and the current one. @returns how many it has */
async function useThreads(threads: number): Promise<number> {
  tf.enableProdMode(); // without the CPU backend's greeting in Node
  tf.removeBackend('simd');
  registerSimdBackend('simd', {threads});
  await tf.setBackend('simd');
  return (tf.backend() as SimdBackend).threads;
}

function seedsOf(options: ReturnType<typeof parseOptions>): number {
  checkAlone('seeds', options);
  const {seeds = ''} = options;
  const n = Number(seeds);
  if (/^\d+$/.test(seeds) && n >= 1 && n < 2 ** 31) return n;
  throw new UsageError(`--seeds: expected a whole number of at least 1, found "${seeds}"`);
}

function requestOf(options: ReturnType<typeof parseOptions>): Request {
  if (options.quick && options.full) {
    throw new UsageError('--quick: expected it without --full, found both');
  }
  const {case: cases = [], backend = []} = options;
  const extent = options.full ? 'full' : options.quick ? 'quick' : 'usual';
  const request: Request = {extent, cases, named: backend as Backend[]};
  const problem = problemOf(request, ['node', 'browser']);
  if (problem) throw new UsageError(`--${problem}`);
  return request;
}
