// The bench as its users run it, and what it makes of its numbers.
import type {ChildProcess, SpawnOptions} from 'node:child_process';
import {mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
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
import {
  type Contenders,
  FORMAT,
  isMeasured,
  jsonOf as jsonText,
  type Measured,
  type Results,
  type Row,
} from '../../bench/report/results.ts';
import {readResults, writeResults} from '../../bench/report/results_file.ts';
import {placeText} from '../../bench/report/terminal.ts';
import {onceText, ratioText, timingText} from '../../bench/report/texts.ts';
import '../../src/index.ts';
import {openPage} from '../../src/cli/open_page.ts';
import {once, runNode, type Watch} from '../program.ts';

const program = fileURLToPath(new URL('../bench/main.js', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'mnist-ops-bench-'));
const small = ['--quick', '--case', 'tutorial/dense/bias-gradient', '--backend', 'cpu'];

const run = (args: string[], watch?: Watch, options: SpawnOptions = {}) =>
  runNode([program, ...args], watch, {stdio: ['ignore', 'pipe', 'pipe'], ...options});

const jsonOf = (file: string): Results => JSON.parse(readFileSync(file, 'utf8'));

// ---- what it makes of its numbers

const measured = (median: number, mad = 0): Measured => ({
  steady: {least: median, median, mad, n: 5},
  first: 2 * median,
});

const row = (name: string, batch: number, contenders: Contenders): Row => ({
  name,
  batch,
  contenders,
});

const resultsOf = (rows: Row[]): Results => ({
  format: FORMAT,
  date: '2026-11-25T12:00:00.000Z',
  extent: 'usual',
  machine: {cpu: 'a processor', cores: 2, load: 0, tfjs: '4.22.0'},
  places: [
    {
      place: 'browser',
      runtime: 'a browser',
      missing: [],
      roofs: [],
      rows,
      splits: [],
      firstSteps: [],
    },
  ],
});

const crossing = [
  row('a/step', 1, {simd: measured(1), webgl: measured(4), 'stock webgl': measured(0.5)}),
  row('a/step', 64, {simd: measured(8), webgl: measured(6)}),
  row('a/step', 256, {simd: measured(30), webgl: measured(10)}),
];

test('bench: the next of ours with its ratio, and who wins at which batch size', () => {
  assert.equal([nextBest(crossing[0])?.name, nextBest(crossing[0])?.ratio.ratio], ['webgl', 4]);
  assert.is(winsFrom(crossing[0], crossing), 'simd to 1, webgl from 64');
  assert.is(winsFrom(crossing[1], crossing.slice(1)), 'webgl from 64');
  assert.is(winsFrom(crossing[1], crossing.slice(1, 2)), undefined);
});

test('bench: a sentence tells who wins, and stock kernels don’t', () => {
  assert.is(winnersText(crossing.slice(1)), 'The fastest of ours is webgl in all 2 cases.');
  const other = row('a/relu', 64, {webgl: measured(1), cpu: measured(2)});
  assert.is(
    winnersText([
      ...crossing.slice(1),
      other,
      row('a/pool', 64, {cpu: measured(1), 'stock cpu': measured(0.1)}),
    ]),
    'The fastest of ours is webgl in 3 of 4 cases and cpu in a/pool.',
  );
});

test('bench: the table names next and crossing, and the text below it who is wrong', () => {
  const wrong = row('a/relu', 64, {simd: {why: 'it disagrees', wrong: true}, cpu: measured(2)});
  const {places} = resultsOf([...crossing, wrong]);
  const lines = placeText(places[0]).split('\n');
  assert.is(lines[0], 'The fastest of ours is webgl in 1 of 2 cases and cpu in a/relu.');
  const find = (start: RegExp) => lines.find(line => start.test(line)) ?? '';
  assert.match(find(/^a\/step/), /^a\/step +1\.33 × simd +simd to 1, webgl from 64 +8\.00 +6\.00/);
  assert.match(find(/^a\/relu/), /^a\/relu +– +– +WRONG/);
  assert.ok(lines.includes('a/relu, batch 64, simd: not timed, it disagrees'));
});

test('bench: a ratio whose rounds differ too much is marked', () => {
  const ratio = {ratio: 2, rounds: [1, 2, 3], mad: 1, tooWide: true};
  const cpu = {...measured(2), ratio};
  const {places} = resultsOf([row('a/step', 64, {simd: measured(1), cpu})]);
  assert.match(placeText(places[0]), /2\.00~ × cpu/);
  assert.is(ratioText(ratio, true), '1.00 to 3.00~');
});

test('bench: the roofline is the lower of peak and intensity times bandwidth', () => {
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
  // The least time stayed: something else was busy.
  const busy = resultsOf(rows([2, 4, 12, 8.2, 10]));
  const found = busy.places[0].rows[2].contenders.simd as Measured;
  found.steady.least = 6.3;
  assert.not.match(changesText(before, busy), /a\/2/);
  // A spread as wide as the change: no claim.
  const noisy = resultsOf([row('a/2', 64, {simd: measured(12, 9)}), ...rows([1, 2])]);
  assert.not.match(changesText(before, noisy), /a\/2/);
});

test('bench: two runs on different machines are called that', () => {
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

test('bench: one round has no deviation, and a time of a few ticks is limited by the clock', () => {
  assert.is(timingText({least: 512, median: 512, mad: 0, n: 1}), '512 (once)');
  assert.is(timingText({least: 511, median: 512, mad: 1, n: 2}), '512 ± 1');
  assert.is(ratioText({ratio: 26.5, rounds: [26.5], mad: 0, tooWide: false}), '26.5¹');
  assert.is(ratioText({ratio: 26.5, rounds: [26.5, 26.5], mad: 0, tooWide: false}), '26.5');
  assert.is(onceText(0, 0.1), '< 1.00');
  assert.is(onceText(0.9, 0.1), '< 1.00');
  assert.is(onceText(1.1, 0.1), '1.10');
  assert.is(onceText(0), '0');
});

/** A clock that work moves on, in steps of `tick` ms as a browser's. */
async function withClock<T>(
  tick: number,
  run: (work: (ms: number) => void) => Promise<T>,
): Promise<T> {
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

test('bench: a coarse clock makes samples longer, not 0', async () => {
  for (const tick of [0.1, 1, 100]) {
    const [{steady}] = await withClock(tick, work => {
      const contender = {run: () => Number(work(0.0333)), dispose() {}};
      const timekeeping = {tick, gpuSleeps: false};
      return compareSpeed(
        [{name: 'cpu', contender}],
        undefined,
        undefined,
        efforts.usual,
        timekeeping,
      );
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
      const timekeeping = {tick: 0.005, gpuSleeps};
      await compareSpeed([{name: 'webgl', contender}], undefined, undefined, effort, timekeeping);
      return runs;
    });
  tf.registerBackend('webgl', tf.findBackendFactory('cpu')!); // its name is all that counts here
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

test('bench: medians, and the ratio of what took turns', () => {
  assert.equal(timing([5, 1, 9, 2]), {least: 1, median: 3.5, mad: 2, n: 4});
  // The second of two slow rounds is missing; the first round's ratio is 6 / 2, the second's 10 / 4.
  const times = [[6, 6, 7], [10]];
  const {ratio, rounds, mad, tooWide} = ratioOf(times, [[2, 1, 3], [4], [100]]);
  assert.equal(rounds, [3, 2.5]);
  assert.is(ratio, 6.5 / 3);
  assert.is(mad, 0.25);
  assert.is(tooWide, true);
  assert.is(ratioOf([[6], [6]], [[2], [2]]).tooWide, false);
});

test('bench: operations of products inside the image, and bytes of what a pass reads and writes', () => {
  const [tutorial, core] = [networkFlops('tutorial', 1), networkFlops('mnist-core', 1)];
  assert.is(tutorial.inference, 2 * (24 * 24 * 25 * 8 + 8 * 8 * 25 * 8 * 16 + 4 * 4 * 16 * 10));
  // Of 28 · 5 and 14 · 5 pairs of an output and a tap along an axis, 6 meet padding.
  const inside = 2 * (134 * 134 * 8 + 64 * 64 * 8 * 16 + 7 * 7 * 16 * 10);
  assert.is(core.inference, inside);
  // Every layer once more for its weights' gradient, and all but the first once more for its input's.
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

test('bench: numbers, table and exit code of a run, and what changed since', async () => {
  const file = join(temporary, 'results.json');
  const first = await run([...small, '--json', file]);
  assert.is(first.code, 0, first.stderr);
  assert.match(first.stdout, /The fastest of ours is cpu in this case/);
  assert.match(first.stdout, /tutorial\/dense\/bias-gradient +\d/);
  const results = jsonOf(file);
  assert.is(results.format, FORMAT);
  assert.equal(
    results.places.map(({place}) => place),
    ['node', 'browser'],
  );
  for (const {rows} of results.places) {
    assert.is(rows.length, 1);
    assert.ok(isMeasured(rows[0].contenders.cpu));
  }
  const second = await run(['--from', file, '--compare', file]);
  assert.is(second.code, 0, second.stderr);
  assert.match(second.stdout, /No ratio differs from that median by more than noise/);
  assert.not.match(second.stdout, /not of the same kind/);
});

test('bench: a kernel that is wrong fails the command, one that is not there does not', async () => {
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

test('bench: without a browser its row says why, and Node is measured', async () => {
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
  test(`bench: ${how} keeps what was measured`, async () => {
    const file = join(temporary, `${expected}.json`);
    const {code, stderr} = await run([...small, '--json', file], once(/bias-gradient/, interrupt));
    assert.is(code, expected, stderr);
    const results = jsonOf(file);
    assert.ok(isMeasured(results.places[0].rows[0].contenders.cpu));
    // A reader may go away after the last number: then there is nothing to say.
    if (expected === 141 && !stderr) return;
    assert.match(
      stderr,
      new RegExp(
        `^\nbench: ${why}[^\n]*; what was measured until then is in .*${expected}\\.json\n$`,
      ),
    );
    assert.is(results.incomplete, true);
  });
}

test('bench: a full disk below what it prints keeps what was measured, and says so', async () => {
  const file = join(temporary, 'full.json');
  const {code, stderr} = await run([...small, '--json', file], undefined, {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
  });
  assert.is(code, 1);
  assert.match(stderr, /^\nbench: what it prints can't be written \(ENOSPC\); what was measured/);
  assert.is(jsonOf(file).incomplete, true);
});

test('bench: numbers that can’t be written leave the older ones as they were', async () => {
  const file = join(temporary, 'older.json');
  await writeResults(file, resultsOf(crossing));
  const older = readFileSync(file, 'utf8');
  assert.is(older, jsonText(resultsOf(crossing)));
  const unwritable = {...resultsOf([]), toJSON: () => assert.unreachable('no room')}; // as a full disk is
  try {
    await writeResults(file, unwritable);
    assert.unreachable('expected an error');
  } catch (error) {
    assert.match(
      (error as Error).message,
      /^--json: expected to write ".*older\.json", found no room/,
    );
  }
  assert.is(readFileSync(file, 'utf8'), older);
});

test('bench: the first field of another type is named', async () => {
  const file = join(temporary, 'other-types.json');
  const complaint = async (contender: unknown) => {
    const contenders = {simd: contender} as Contenders;
    writeFileSync(
      file,
      jsonText(resultsOf([row('a/relu', 64, {cpu: measured(1)}), row('a/b', 1, contenders)])),
    );
    return readResults('--from', file).then(
      () => undefined,
      (error: Error) => error.message.replace(/.*\.json" /, ''),
    );
  };
  const at = 'places[0].rows[1].contenders.simd';
  assert.is(await complaint(measured(1)), undefined);
  assert.is(await complaint({why: 'none', wrong: false}), undefined);
  assert.is(await complaint({}), `${at}.why to be undefined instead of string`);
  assert.is(await complaint(7), `${at} to be number instead of object`);
  assert.is(
    await complaint({steady: {least: 1}}),
    `${at}.steady.median to be undefined instead of number`,
  );
});

const misuses: [string[], RegExp][] = [
  [
    ['--case', 'tutorial/conv3'],
    /^bench: --case: expected tutorial\/step, .*, found "tutorial\/conv3"\n$/,
  ],
  [
    ['--backend', 'cuda'],
    /^bench: --backend: expected simd, cpu, webgl, wasm, webgpu, found "cuda"\n$/,
  ],
  [['--fast'], /^bench: Unknown option '--fast' \(see --help\)\n$/],
  [['--quick', '--full'], /^bench: --quick: expected it without --full, found both\n$/],
  [
    ['--json', '/no/such/folder/x.json'],
    /^bench: --json: expected a file that can be written, .*ENOENT/,
  ],
  [
    ['--compare', '/no/such.json'],
    /^bench: --compare: expected a file of this bench's numbers .*ENOENT/,
  ],
  [['--from', 'package.json'], /^bench: --from: expected .* the format undefined\n$/],
];
/** Of the right format, as a file of another version might be. */
const otherShape = join(temporary, 'other-shape.json');
writeFileSync(otherShape, JSON.stringify({...resultsOf(crossing), places: [{place: 'node'}]}));
misuses.push([
  ['--compare', otherShape],
  /^bench: --compare: expected a file .*, found in ".*" places\[0\]\.runtime to be undefined instead of string\n$/,
]);
for (const [args, message] of misuses) {
  test(`bench ${args.join(' ')}: one sentence, exit 2`, async () => {
    const {code, stderr} = await run(args);
    assert.match(stderr, message);
    assert.is(code, 2);
  });
}

test('bench --help lists options and cases', async () => {
  const {code, stdout} = await run(['--help']);
  assert.is(code, 0);
  for (const word of ['--peers', '--compare', 'mnist-core/conv2/input-gradient', 'Exit codes']) {
    assert.ok(stdout.includes(word), word);
  }
});

// ---- the page

test('bench.html runs the cases in a visitor’s browser, and the numbers can be had', async () => {
  const {page, errors, close} = await openPage(readPage, []);
  try {
    const {origin} = new URL(page.url());
    const elsewhere: string[] = [];
    page.on('request', request => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('blob:')) {
        elsewhere.push(request.url());
      }
    });
    await page.goto(
      `${origin}/bench.html?case=tutorial/dense/bias-gradient&backend=webgl&backend=cpu`,
    );
    await page.getByRole('button', {name: 'Run'}).click();
    await page.getByText('Done.').waitFor({timeout: 60_000});
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', {name: 'Download the numbers'}).click(),
    ]);
    const results = jsonOf(await download.path());
    const [{rows, renderer}] = results.places;
    assert.is(results.format, FORMAT);
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

/** As bench/place/browser.ts does it, but for where this bundle lies. */
const readPage = (path: string) =>
  /^\/(mnist|tfjs-wasm)\//.test(path)
    ? readBenchFile(path)
    : Promise.resolve(
        readFileSync(join(fileURLToPath(new URL('../bench', import.meta.url)), path)),
      );

test.after(() => rmSync(temporary, {recursive: true}));
test.run();
