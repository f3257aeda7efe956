// The bench: its command and its page as users run them, and the texts that it makes from numbers.
import type {ChildProcess, SpawnOptions} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {kernelCases, networkFlops} from '../../bench/cases/passes.ts';
import {compareSpeed, efforts} from '../../bench/clock/measure.ts';
import {ratioOf, timing} from '../../bench/clock/statistics.ts';
import {readBenchFile} from '../../bench/place/browser.ts';
import {changes, changesText} from '../../bench/report/changes.ts';
import {nextBest, rate, winnersText, winsFrom} from '../../bench/report/findings.ts';
import {withTables} from '../../bench/report/readme.ts';
import type {Contenders, Measured, Results, Row} from '../../bench/report/results.ts';
import {
  emptyPlace,
  emptyResults,
  isMeasured,
  jsonOf as jsonText,
} from '../../bench/report/results.ts';
import {readResults, writeResults} from '../../bench/report/results_file.ts';
import {placeText} from '../../bench/report/terminal.ts';
import {onceText, ratioText, timingText} from '../../bench/report/texts.ts';
import '../../src/index.ts';
import {openPage} from '../../src/cli/open_page.ts';
import {messageOf} from '../errors.ts';
import {once, runNode, runOnFullDisk, type Watch} from '../program.ts';
import {testWithFullDisk} from '../skips.ts';

const program = fileURLToPath(new URL('../bench/main.js', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'mnist-ops-bench-'));
const small = ['--quick', '--case', 'tutorial/dense/bias-gradient', '--backend', 'cpu'];

const run = (args: string[], watch?: Watch, options: SpawnOptions = {}) =>
  runNode([program, ...args], watch, {stdio: ['ignore', 'pipe', 'pipe'], ...options});

const jsonOf = (file: string): Results => JSON.parse(readFileSync(file, 'utf8'));

// ---- from numbers to texts

const measured = (median: number, mad = 0): Measured => ({
  steady: {least: median, median, mad, n: 5},
  first: 2 * median,
});

const row = (name: string, batch: number, contenders: Contenders): Row => ({
  name,
  batch,
  contenders,
});

const machine = {cpu: 'a processor', cores: 2, load: 0, tfjs: '4.22.0'};

const resultsOf = (rows: Row[]): Results => ({
  ...emptyResults('usual', machine),
  date: '2026-11-25T12:00:00.000Z',
  places: [{...emptyPlace('browser', 'a browser'), rows}],
});

const crossing = [
  row('a/step', 1, {simd: measured(1), webgl: measured(4), 'stock webgl': measured(0.5)}),
  row('a/step', 64, {simd: measured(8), webgl: measured(6)}),
  row('a/step', 256, {simd: measured(30), webgl: measured(10)}),
];

test('bench: nextBest has the second fastest and its ratio, winsFrom the fastest at each batch size', () => {
  assert.equal([nextBest(crossing[0])?.name, nextBest(crossing[0])?.ratio.ratio], ['webgl', 4]);
  assert.is(winsFrom(crossing[0], crossing), 'simd to 1, webgl from 64');
  assert.is(winsFrom(crossing[1], crossing.slice(1)), 'webgl from 64');
  assert.is(winsFrom(crossing[1], crossing.slice(1, 2)), undefined);
});

test('bench: winnersText names our fastest backends, and no stock ones', () => {
  assert.is(winnersText(crossing.slice(1)), 'The fastest of ours is webgl in all 2 cases.');
  const relu = row('a/relu', 64, {webgl: measured(1), cpu: measured(2)});
  const [pool, pool2] = ['a/pool', 'a/pool2'].map(name =>
    row(name, 64, {cpu: measured(1), 'stock cpu': measured(0.1)}),
  );
  const sentence = 'The fastest of ours is webgl in 3 of 4 cases and cpu in a/pool.';
  assert.is(winnersText([...crossing.slice(1), relu, pool]), sentence);
  assert.match(
    winnersText([relu, relu, relu, pool, pool2]),
    /3 of 5 cases and cpu in a\/pool and a\/pool2\.$/,
  );
});

test('bench: Layers models have a table of their own, and no ratio to ours', () => {
  const models = [
    row('layers/keras', 64, {'layers simd': measured(105), 'layers cpu': measured(21_000)}),
    row('layers/depthwise', 64, {'layers simd': {why: 'it disagrees', wrong: true}}),
  ];
  const [place] = resultsOf([crossing[1], ...models]).places;
  const lines = placeText(place).split('\n');
  assert.is(lines[0], 'The fastest of ours is webgl in this case.');
  const at = lines.findIndex(line => /^in batches of 64 +layers simd ms/.test(line));
  assert.equal(
    lines.slice(at + 1, at + 3).map(line => line.split(/ {2,}/)),
    [
      ['layers/keras', '105', '21,000', '200'],
      ['layers/depthwise', '–', '–', '–'],
    ],
  );
  assert.ok(lines.includes('layers/depthwise, batch 64, layers simd: not timed, it disagrees'));
  assert.is(lines.filter(line => line.startsWith('layers/keras')).length, 1);
});

test('bench: a place’s table names the second fastest and the crossing, and the text below it a wrong kernel', () => {
  const wrong = row('a/relu', 64, {simd: {why: 'it disagrees', wrong: true}, cpu: measured(2)});
  const {places} = resultsOf([...crossing, wrong]);
  const lines = placeText(places[0]).split('\n');
  assert.is(lines[0], 'The fastest of ours is webgl in 1 of 2 cases and cpu in a/relu.');
  const find = (start: RegExp) => lines.find(line => start.test(line)) ?? '';
  assert.match(find(/^a\/step/), /^a\/step +1\.33 × simd +simd to 1, webgl from 64 +8\.00 +6\.00/);
  assert.match(find(/^a\/relu/), /^a\/relu +– +– +WRONG/);
  assert.ok(lines.includes('a/relu, batch 64, simd: not timed, it disagrees'));
});

test('bench: a ratio whose rounds differ too much has a mark', () => {
  const ratio = {ratio: 2, rounds: [1, 2, 3], mad: 1, tooWide: true};
  const cpu = {...measured(2), ratio};
  const {places} = resultsOf([row('a/step', 64, {simd: measured(1), cpu})]);
  assert.match(placeText(places[0]), /2\.00~ × cpu/);
  assert.is(ratioText(ratio, true), '1.00 to 3.00~');
});

test('bench: a rate is limited by the lower of peak and intensity times bandwidth', () => {
  const roofs = [{code: 'simd', gflops: 40, gbytes: 10, bytes: 1} as const];
  const pass = {...row('a/conv', 64, {}), flops: 2e6, bytes: 1e6};
  const rateOf = (pass: Row) => rate(pass, 'simd', measured(0.5), roofs);
  assert.equal(rateOf(pass), {gflops: 4, intensity: 2, most: 20, part: 0.2});
  assert.equal(rateOf({...pass, bytes: 1e5})?.most, 40);
  assert.equal(rateOf({...pass, bytes: undefined}), {gflops: 4, intensity: undefined});
  assert.equal(rate(pass, 'cpu', measured(0.5), roofs), {gflops: 4, intensity: 2});
  assert.is(rateOf(row('a/relu', 64, {})), undefined);
});

test('bench: changes beyond noise are flagged, on a machine that is slower as a whole too', () => {
  const rows = (times: number[]) =>
    times.map((ms, i) => row(`a/${i}`, 64, {simd: measured(ms, 0.01 * ms)}));
  const [before, after] = [resultsOf(rows([1, 2, 3, 4, 5])), resultsOf(rows([2, 4, 12, 8.2, 10]))];
  assert.equal(
    changes(before, after).map(({ratio}) => ratio),
    [2, 2, 4, 2.05, 2],
  );
  const text = changesText(before, after);
  assert.match(text, /5 times: the median of all ratios after\/before is 2\.00/);
  const flagged = text.split('\n').filter(line => /slower|faster/.test(line));
  assert.is(flagged.length, 1);
  assert.match(flagged[0], /^browser, a\/2, batch 64: simd +3\.00 +12\.0 +4\.00 +2\.00 +slower$/);
  // Another program was busy: the least time is unchanged.
  const busy = resultsOf(rows([2, 4, 12, 8.2, 10]));
  const found = busy.places[0].rows[2].contenders.simd as Measured;
  found.steady.least = 6.3;
  assert.not.match(changesText(before, busy), /a\/2/);
  // The spread is as wide as the change.
  const noisy = resultsOf([row('a/2', 64, {simd: measured(12, 9)}), ...rows([1, 2])]);
  assert.not.match(changesText(before, noisy), /a\/2/);
});

test('bench: --compare names what differs between two machines', () => {
  const [before, after] = [resultsOf(crossing), resultsOf(crossing)];
  after.machine = {...after.machine, cpu: 'another processor'};
  after.places[0].renderer = 'a GPU';
  assert.match(
    changesText(before, after),
    /^The two runs are not of the same kind:\n {2}machine: a processor, 2 cores, now another processor, 2 cores\nSince/,
  );
  before.places[0].renderer = 'SwiftShader';
  assert.match(changesText(before, after), /\n {2}WebGL on: SwiftShader, now a GPU\n/);
  assert.not.match(changesText(before, resultsOf(crossing)), /not of the same kind/);
});

test('bench: one round has no deviation, and a time below ten ticks is given as a bound', () => {
  const ratio = {ratio: 26.5, mad: 0, tooWide: false};
  assert.is(timingText({least: 512, median: 512, mad: 0, n: 1}), '512 (once)');
  assert.is(timingText({least: 511, median: 512, mad: 1, n: 2}), '512 ± 1');
  assert.is(ratioText({...ratio, rounds: [26.5]}), '26.5¹');
  assert.is(ratioText({...ratio, rounds: [26.5, 26.5]}), '26.5');
  assert.is(onceText(0, 0.1), '< 1.00');
  assert.is(onceText(0.9, 0.1), '< 1.00');
  assert.is(onceText(1.1, 0.1), '1.10');
  assert.is(onceText(0), '0');
});

/** Runs with a fake clock, which `work` advances; its steps are `tick` ms, as in a browser. */
async function withClock<T>(tick: number, run: (work: (ms: number) => void) => Promise<T>) {
  const {now} = performance;
  let time = 1000 + 0.9995 * tick; // the next tick is near
  performance.now = () => Math.floor(time / tick + 1e-6) * tick;
  try {
    return await run(ms => {
      time += ms;
    });
  } finally {
    performance.now = now;
  }
}

test('bench: a coarse clock makes samples longer, and times are not 0', async () => {
  for (const tick of [0.1, 1, 100]) {
    const [{steady}] = await withClock(tick, work => {
      const contender = {run: () => Number(work(0.0333)), dispose() {}};
      const clock = {tick, gpuSleeps: false};
      const contenders = [{name: 'cpu', contender}] as const;
      return compareSpeed(contenders, undefined, undefined, efforts.usual, clock);
    });
    for (const ms of [steady.least, steady.median])
      assert.ok(Math.abs(ms / 0.0333 - 1) < 0.021, `${ms}`);
  }
});

test('bench: a GPU works before each of its turns, a renderer in software does not', async () => {
  const runsOf = (gpuSleeps: boolean) =>
    withClock(0.005, async work => {
      let runs = 0;
      const contender = {
        run() {
          runs++;
          work(1);
          return 0;
        },
        dispose() {},
      };
      const effort = {...efforts.usual, least: 3, most: 3};
      const clock = {tick: 0.005, gpuSleeps};
      await compareSpeed([{name: 'webgl', contender}], undefined, undefined, effort, clock);
      return runs;
    });
  tf.registerBackend('webgl', tf.findBackendFactory('cpu')!); // only its name matters here
  try {
    assert.is((await runsOf(true)) - (await runsOf(false)), 6 * efforts.usual.wakeMs);
  } finally {
    await tf.setBackend('cpu');
    tf.removeBackend('webgl');
  }
});

for (const [readme, name, least] of [
  ['README.md', 'readme.json', 40],
  ['bench/README.md', 'readme.json', 40],
  ['bench/README.md', 'gpu.json', 10],
] as const) {
  test(`bench: ${readme} has the tables of bench/${name}`, () => {
    const root = new URL('../../', import.meta.url);
    const text = readFileSync(new URL(readme, root), 'utf8');
    const results = jsonOf(fileURLToPath(new URL(`bench/${name}`, root)));
    assert.is(text, withTables(text, results, name, readme));
    assert.ok(results.places.every(({rows}) => rows.length > least));
  });
}

test('bench: bench/README.md has the models and all peers, README.md the steps of tutorial in PyTorch', () => {
  const ratio = {ratio: 2, rounds: [2, 2], mad: 0, tooWide: false};
  const peer = (name: string, what: string) => ({
    name,
    what,
    measured: {theirs: measured(2).steady, ours: measured(1).steady, ratio},
  });
  const rows = [
    row('tutorial/step', 64, {simd: measured(2), 'stock cpu': {...measured(900), ratio}}),
    row('layers/keras', 64, {'layers simd': measured(105)}),
  ];
  const results: Results = {
    ...resultsOf([]),
    places: [{...emptyPlace('node', 'Node'), rows: rows.map(each => ({...each, images: 64}))}],
    peers: [
      peer('PyTorch 1, 1 thread', 'tutorial/step'),
      peer('jax-js', 'tutorial/step'),
      peer('PyTorch 1, 1 thread', 'layers/keras'),
    ],
  };
  const marks =
    '<!-- made by `npm run bench -- --from bench/readme.json --readme` -->\n<!-- until here -->';
  const linesOf = (readme: string) =>
    withTables(marks, results, 'readme.json', readme)
      .split('\n')
      .filter(line => line.startsWith('|') && !line.startsWith('| ---'));
  assert.equal(linesOf('README.md'), [
    '| a step of 64 images in | its ms | simd ms | library / simd |',
    '| TensorFlow.js, its backend cpu | 900 | 2.00 | 2.00 |',
    '| PyTorch 1, 1 thread | 2.00 | 1.00 | 2.00 |',
  ]);
  assert.equal(linesOf('bench/README.md'), [
    '| in batches of 64 | simd ms | stock cpu ms | stock cpu / simd |',
    '| `tutorial/step` | 2.00 | 900 | 450 |',
    '| in batches of 64 | layers simd ms |',
    '| `layers/keras` | 105 |',
    '| in batches of 64 | library | its ms | simd ms | library / simd |',
    '| `tutorial/step` | PyTorch 1, 1 thread | 2.00 | 1.00 | 2.00 |',
    '| `tutorial/step` | jax-js | 2.00 | 1.00 | 2.00 |',
    '| `layers/keras` | PyTorch 1, 1 thread | 2.00 | 1.00 | 2.00 |',
  ]);
});

test('bench: medians, and the ratio of two contenders that took turns', () => {
  assert.equal(timing([5, 1, 9, 2]), {least: 1, median: 3.5, mad: 2, n: 4});
  // The slow one has two rounds, the other three: the ratios are 6 / 2 and 10 / 4.
  const times = [[6, 6, 7], [10]];
  const {ratio, rounds, mad, tooWide} = ratioOf(times, [[2, 1, 3], [4], [100]]);
  assert.equal(rounds, [3, 2.5]);
  assert.is(ratio, 6.5 / 3);
  assert.is(mad, 0.25);
  assert.is(tooWide, true);
  assert.is(ratioOf([[6], [6]], [[2], [2]]).tooWide, false);
});

test('bench: a pass counts the products inside the image, and the bytes that it reads and writes', () => {
  const [tutorial, core] = [networkFlops('tutorial', 1), networkFlops('mnist-core', 1)];
  assert.is(tutorial.inference, 2 * (24 * 24 * 25 * 8 + 8 * 8 * 25 * 8 * 16 + 4 * 4 * 16 * 10));
  // Of 28 · 5 and 14 · 5 pairs of an output and a tap along an axis, 6 meet padding.
  const inside = 2 * (134 * 134 * 8 + 64 * 64 * 8 * 16 + 7 * 7 * 16 * 10);
  assert.is(core.inference, inside);
  // Each layer again for its weights' gradient, and all but the first again for the input's gradient.
  assert.is(core.step, 3 * inside - 2 * 134 * 134 * 8);
  const conv2 = 12 * 12 * 8 + 25 * 8 * 16 + 8 * 8 * 16;
  const pool1 = 24 * 24 * 8 + 2 * 12 * 12 * 8;
  const relu1 = 12 * 12 * 8;
  const elements = {
    'conv2/forward': conv2,
    'conv2/filter-gradient': conv2,
    'pool1/forward': pool1,
    'pool1/gradient': pool1,
    'relu1/forward': 2 * relu1,
    'relu1/gradient': 3 * relu1,
  };
  const cases = kernelCases('tutorial', 1);
  for (const [name, expected] of Object.entries(elements)) {
    const {prepare} = cases.find(each => each.name === `tutorial/${name}`)!;
    const {bytes} = prepare(...([] as unknown as Parameters<typeof prepare>));
    assert.is(bytes, 4 * expected, name);
  }
});

// ---- the command

test('bench: a run has numbers, a table and exit code 0, and --compare finds no change in it', async () => {
  const file = join(temporary, 'results.json');
  const first = await run([...small, '--json', file]);
  assert.is(first.code, 0, first.stderr);
  assert.match(first.stdout, /The fastest of ours is cpu in this case/);
  assert.match(first.stdout, /tutorial\/dense\/bias-gradient +\d/);
  const results = jsonOf(file);
  const places = results.places.map(({place}) => place);
  assert.equal([results.format, ...places], ['mnist-ops bench 1', 'node', 'browser']);
  for (const {rows} of results.places) {
    assert.is(rows.length, 1);
    assert.ok(isMeasured(rows[0].contenders.cpu));
  }
  const second = await run(['--from', file, '--compare', file]);
  assert.is(second.code, 0, second.stderr);
  assert.match(second.stdout, /No ratio differs from that median by more than noise/);
  assert.not.match(second.stdout, /not of the same kind/);
});

test('bench: a wrong kernel fails the command, a missing one does not', async () => {
  for (const [wrong, expected] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const file = join(temporary, `wrong-${wrong}.json`);
    const contenders = {cpu: measured(1), simd: {why: 'it disagrees with cpu', wrong}};
    writeFileSync(file, jsonText(resultsOf([row('a/relu', 64, contenders)])));
    const {code, stdout} = await run(['--from', file]);
    assert.is(code, expected);
    assert.match(stdout, /a\/relu, batch 64, simd: not timed, it disagrees with cpu/);
  }
});

test('bench: without a browser the output says why, and Node is measured', async () => {
  const file = join(temporary, 'no-browser.json');
  const {code, stdout} = await run([...small, '--json', file], undefined, {
    env: {MNIST_OPS_BROWSER: '/no/such/browser'},
  });
  assert.is(code, 0);
  assert.match(stdout, /cpu: not measured, MNIST_OPS_BROWSER: expected a Chrome or Chromium/);
  assert.ok(isMeasured(jsonOf(file).places[0].rows[0].contenders.cpu));
});

for (const [how, expected, why, interrupt] of [
  ['Ctrl-C', 130, 'interrupted', child => child.kill('SIGINT')],
  ['SIGTERM', 143, 'interrupted', child => child.kill('SIGTERM')],
  ['SIGHUP', 129, 'interrupted', child => child.kill('SIGHUP')],
  ['a reader that goes away', 141, 'nobody reads', child => child.stdout?.destroy()],
] satisfies [string, number, string, (child: ChildProcess) => void][]) {
  test(`bench: ${how} keeps the numbers so far`, async () => {
    const file = join(temporary, `${expected}.json`);
    const {code, stderr} = await run([...small, '--json', file], once(/bias-gradient/, interrupt));
    assert.is(code, expected, stderr);
    const results = jsonOf(file);
    assert.ok(isMeasured(results.places[0].rows[0].contenders.cpu));
    // A reader may go away after the last number: then there is no message.
    if (expected === 141 && !stderr) return;
    const line = `^\nbench: ${why}[^\n]*; the numbers so far are in .*${expected}\\.json\n$`;
    assert.match(stderr, new RegExp(line));
    assert.is(results.incomplete, true);
  });
}

testWithFullDisk('bench: a full disk behind stdout keeps the numbers so far', async () => {
  const file = join(temporary, 'full.json');
  const {code, stderr} = await runOnFullDisk([program, ...small, '--json', file]);
  assert.is(code, 1);
  assert.match(stderr, /^\nbench: its output can't be written \(ENOSPC\); the numbers so far/);
  assert.is(jsonOf(file).incomplete, true);
});

test('bench: numbers that can’t be written leave the older ones unchanged', async () => {
  const file = join(temporary, 'older.json');
  await writeResults(file, resultsOf(crossing));
  const older = readFileSync(file, 'utf8');
  assert.is(older, jsonText(resultsOf(crossing)));
  const unwritable = {...resultsOf([]), toJSON: () => assert.unreachable('no room')}; // like a full disk
  const message = await messageOf(writeResults(file, unwritable));
  assert.match(message, /^--json: expected to write ".*older\.json", found no room/);
  assert.is(readFileSync(file, 'utf8'), older);
});

test('bench: a file of numbers with a field of another type is refused, and the message names the first one', async () => {
  const file = join(temporary, 'other-types.json');
  const read = (contender: unknown) => {
    const contenders = {simd: contender} as Contenders;
    const rows = [row('a/relu', 64, {cpu: measured(1)}), row('a/b', 1, contenders)];
    writeFileSync(file, jsonText(resultsOf(rows)));
    return readResults('--from', file);
  };
  const complaint = async (contender: unknown) =>
    (await messageOf(read(contender))).replace(/.*\.json" /, '');
  const at = 'places[0].rows[1].contenders.simd';
  await read(measured(1));
  await read({why: 'none', wrong: false});
  assert.is(await complaint({}), `${at}.why to be undefined instead of string`);
  assert.is(await complaint(7), `${at} to be number instead of object`);
  const noMedian = `${at}.steady.median to be undefined instead of number`;
  assert.is(await complaint({steady: {least: 1}}), noMedian);
});

/** A file of the right format without some fields, as another version might write it. */
const otherShape = join(temporary, 'other-shape.json');
writeFileSync(otherShape, JSON.stringify({...resultsOf(crossing), places: [{place: 'node'}]}));
// biome-ignore format: a case on each line
const misuses: [args: string, message: RegExp][] = [
  ['--case tutorial/conv3', /^bench: --case: expected tutorial\/step, .*, found "tutorial\/conv3"\n$/],
  ['--backend cuda', /^bench: --backend: expected simd, cpu, webgl, wasm, webgpu, found "cuda"\n$/],
  ['--fast', /^bench: Unknown option '--fast' \(see --help\)\n$/],
  ['--quick --case layers', /^bench: --case: expected a case that is measured in node or browser with --quick, found layers\n$/],
  ['--quick --full', /^bench: --quick: expected it without --full, found both\n$/],
  ['--json /no/such/folder/x.json', /^bench: --json: expected a file that can be written, .*ENOENT/],
  ['--compare /no/such.json', /^bench: --compare: expected a file of this bench's numbers .*ENOENT/],
  ['--from package.json', /^bench: --from: expected .* the format undefined\n$/],
  [`--compare ${otherShape}`, /^bench: --compare: expected a file .*, found in ".*" places\[0\]\.runtime to be undefined instead of string\n$/],
];
for (const [args, message] of misuses) {
  test(`bench ${args}: one sentence, exit 2`, async () => {
    const {code, stderr} = await run(args.split(' '));
    assert.match(stderr, message);
    assert.is(code, 2);
  });
}

test('bench: a Layers model runs on simd in Node, and its step is split by kernel', async () => {
  const file = join(temporary, 'layers.json');
  const {code, stdout, stderr} = await run(['--case', 'layers/tfjs-examples', '--json', file]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /layers simd ms\nlayers\/tfjs-examples +\d/);
  assert.not.match(stdout, /fastest/); // it has no rival here
  const {places} = jsonOf(file);
  assert.equal(
    places.map(({place}) => place),
    ['node'],
  );
  const [{rows, splits}] = places;
  assert.equal(Object.keys(rows[0].contenders), ['layers simd']);
  const [{network, name, kernels}] = splits;
  assert.equal([rows.length, splits.length, network, name], [1, 1, 'tfjs-examples', 'layers simd']);
  assert.ok(kernels.some(({kernel, ms}) => /^Conv2D \[64,28,28,1\]$/.test(kernel) && ms > 0));
});

test('bench: --peers times onnxruntime beside simd, from an ONNX file of the same weights', async () => {
  const file = join(temporary, 'peers.json');
  const args = ['--peers', '--quick', '--case', 'tutorial/inference', '--backend', 'cpu'];
  const {code, stdout, stderr} = await run([...args, '--json', file], undefined, {
    env: {MNIST_OPS_BROWSER: '/no/such/browser'},
  });
  assert.is(code, 0, stderr);
  assert.match(stdout, /\ntutorial\/inference +onnxruntime-node \d\S+, 1 thread +\d/);
  const {peers = []} = jsonOf(file);
  assert.equal(
    peers.map(({name}) => name.replace(/ [\d.]+,/, '')),
    ['node', 'web'].flatMap(each =>
      ['1 thread', '2 threads'].map(threads => `onnxruntime-${each} ${threads}`),
    ),
  );
  for (const {what, measured, notMeasured} of peers) {
    assert.equal([what, notMeasured], ['tutorial/inference', undefined]);
    assert.ok(measured!.theirs.least > 0 && measured!.ours.least > 0);
  }
});

test('bench --help lists options and cases', async () => {
  const {code, stdout} = await run(['--help']);
  assert.is(code, 0);
  for (const word of ['--peers', '--compare', 'mnist-core/conv2/input-gradient', 'Exit codes']) {
    assert.ok(stdout.includes(word), word);
  }
});

// ---- the page

test('bench.html runs the cases in a visitor’s browser, and offers the numbers for download', async () => {
  const {page, errors, close} = await openPage(readPage, []);
  try {
    const {origin} = new URL(page.url());
    const elsewhere: string[] = [];
    page.on('request', request => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('blob:')) {
        elsewhere.push(request.url());
      }
    });
    const query = 'case=tutorial/dense/bias-gradient&backend=webgl&backend=cpu';
    await page.goto(`${origin}/bench.html?${query}`);
    await page.getByRole('button', {name: 'Run'}).click();
    await page.getByText('Done.').waitFor({timeout: 60_000});
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', {name: 'Download the numbers'}).click(),
    ]);
    const results = jsonOf(await download.path());
    const [{rows, renderer}] = results.places;
    assert.match(renderer ?? '', /SwiftShader/);
    assert.equal(Object.keys(rows[0].contenders), ['cpu', 'webgl', 'stock webgl']);
    assert.ok(Object.values(rows[0].contenders).every(isMeasured));
    assert.match((await page.locator('#results').textContent()) ?? '', /bias-gradient/);
    assert.equal([...errors, ...elsewhere], []);

    await page.goto(`${origin}/bench.html?case=tutorial/conv3`);
    await page.getByRole('button', {name: 'Run'}).click();
    await page.getByText(/It failed: case: expected .*, found "tutorial\/conv3"/).waitFor();
  } finally {
    await close();
  }
});

/** Like readBenchFile, which looks for bundles in its own bundle's folder: here that is another one. */
const readPage = (path: string) =>
  /^\/(mnist|tfjs-wasm)\//.test(path)
    ? readBenchFile(path)
    : readFile(fileURLToPath(new URL(`../bench${path}`, import.meta.url)));

test.after(() => rmSync(temporary, {recursive: true}));
test.run();
