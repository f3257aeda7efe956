// The bench's report as its reader opens it: one file, from disk, in a browser without a network. build.mjs bundles its
// script into dist/bench/report.js.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import type {Browser, Page} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {ratioOf} from '../../bench/report/findings.ts';
import {reportHtml} from '../../bench/report/report_html.ts';
import {
  type Contenders,
  FORMAT,
  isMeasured,
  type Measured,
  type Name,
  type NotMeasured,
  type PlaceResults,
  type Ratio,
  type Results,
  type Row,
} from '../../bench/report/results.ts';
import {threeDigits, withDeviation} from '../../bench/report/texts.ts';
import {startBrowser} from '../../src/cli/browser.ts';

const script = readFileSync(new URL('../bench/report.js', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-report-'));

/** The first contender has no ratio; the others' rounds stray from theirs by these parts of it. */
const strays = [-0.02, 0, 0.02];

function measured(ms: number, first: number | undefined, stray = 1): Measured {
  const steady = {least: 0.9 * ms, median: ms, mad: 0.05 * ms, n: 15};
  if (first === undefined) return {steady, first: 3 * ms, upload: 0.5};
  const rounds = strays.map(part => (ms / first) * (1 + stray * part));
  const mad = (0.02 * stray * ms) / first;
  const ratio: Ratio = {ratio: ms / first, rounds, mad, tooWide: stray > 5};
  return {steady, ratio, first: 3 * ms, upload: 0.5};
}

type Times = Partial<Record<Name, number | NotMeasured>>;

function row(name: string, batch: number, times: Times, more: Partial<Row> = {}, stray = 1): Row {
  let first: number | undefined;
  const contenders: Contenders = {};
  for (const [who, found] of Object.entries(times) as [Name, number | NotMeasured][]) {
    contenders[who] = typeof found === 'number' ? measured(found, first, stray) : found;
    if (typeof found === 'number') first ??= found;
  }
  return {name, batch, ...more, contenders};
}

const disagrees: NotMeasured = {
  why: 'loss[3]: </script><script>document.title = "run"</script><!-- <b>2.30</b>',
  wrong: true,
};

const node: PlaceResults = {
  place: 'node',
  runtime: 'Node 20.20.2, V8 11.3',
  build: 'simd',
  missing: [{backend: 'webgpu', why: 'Node has none'}],
  roofs: [
    {code: 'scalar', gflops: 6, gbytes: 9, bytes: 1 << 26},
    {code: 'simd', gflops: 90, gbytes: 11, bytes: 1 << 26},
  ],
  rows: [
    row('tutorial/step', 1, {simd: 0.8, cpu: 0.4, 'stock cpu': 16}, {images: 1}),
    row('tutorial/step', 64, {simd: 2.6, cpu: 34.6, 'stock cpu': 991}, {images: 64}),
    row('tutorial/step', 256, {simd: 9.8, cpu: 140, wasm: disagrees}, {images: 256}),
    row(
      'tutorial/conv2/forward',
      64,
      {simd: 0.61, cpu: 9.3, 'stock cpu': 39},
      {flops: 5.1e7, bytes: 1.2e6},
    ),
    row('tutorial/relu2/gradient', 64, {simd: 0.02, cpu: 0.01, 'stock cpu': 0.3}, {}, 10),
  ],
  splits: [
    {
      network: 'tutorial',
      name: 'simd',
      kernels: [
        {kernel: 'Conv2D', ms: 1.2, calls: 2},
        {kernel: 'MaxPool', ms: 0.4, calls: 2},
      ],
      rest: 0.2,
    },
    {network: 'tutorial', name: 'cpu', kernels: [{kernel: 'Conv2D', ms: 20, calls: 2}], rest: 1},
  ],
  firstSteps: [],
};

const browserPlace: PlaceResults = {
  place: 'browser',
  runtime: 'Chromium 147.0',
  renderer: 'ANGLE (SwiftShader)',
  software: true,
  missing: [],
  roofs: [{code: 'gpu', gflops: 30, gbytes: 4, bytes: 1 << 26}],
  rows: [
    row('tutorial/step', 64, {webgl: 68, 'layers webgl': 308, 'stock webgl': 277}, {images: 64}),
    row(
      'tutorial/conv2/forward',
      64,
      {webgl: 8.3, 'stock webgl': 32},
      {flops: 5.1e7, bytes: 1.2e6},
    ),
    row('tutorial/inference', 64, {simd: 1, webgl: 5}, {images: 64}),
    row('tutorial/inference', 256, {simd: 4, webgl: 3}, {images: 256}),
  ],
  splits: [],
  firstSteps: [
    {
      network: 'tutorial',
      first: {webgl: 717, 'stock webgl': 1637},
      second: {webgl: 72, 'stock webgl': 290},
      n: 5,
    },
  ],
};

const results: Results = {
  format: FORMAT,
  date: '2026-11-25T15:42:10.123Z',
  extent: 'usual',
  machine: {cpu: 'A processor', cores: 2, load: 0.4, tfjs: '4.22.0'},
  places: [node, browserPlace],
  peers: [{name: 'PyTorch', notMeasured: {why: 'not installed', wrong: false}}],
};

const few: Results = {
  ...results,
  extent: 'quick',
  places: [
    {
      ...node,
      missing: [],
      roofs: [],
      splits: [],
      rows: [row('tutorial/conv2/forward', 64, {simd: 0.6})],
    },
  ],
  peers: undefined,
};

// ---- what is found in the numbers

test('the ratio of two contenders is that of their medians, its rounds the quotients of theirs', () => {
  const [, found] = node.rows;
  const {ratio, rounds, tooWide} = ratioOf(found, 'stock cpu', 'cpu')!;
  assert.is(threeDigits(ratio), '28.6');
  assert.equal(rounds.map(threeDigits), ['28.6', '28.6', '28.6'], 'both stray together');
  assert.is(tooWide, false);
  assert.is(ratioOf(found, 'cpu', 'simd')!.rounds.length, strays.length);
  assert.is(ratioOf(node.rows[4], 'cpu', 'simd')!.tooWide, true);
  assert.is(ratioOf(found, 'webgl', 'simd'), undefined);
});

test('three digits, and a deviation to the last of them', () => {
  assert.equal([12345, 991.4, 34.56, 2.6, 0.0123, 9.996, 0].map(threeDigits), [
    '12,345',
    '991',
    '34.6',
    '2.60',
    '0.0123',
    '10.0',
    '0',
  ]);
  assert.is(withDeviation(2.6, 0.0314), '2.60 ± 0.03');
});

// ---- the file

let browser: Browser;

/** Opens the report from disk, and what it then asked for or complained of. */
async function open(shown: Results) {
  const path = join(folder, 'report.html');
  writeFileSync(path, reportHtml(shown, script));
  const context = await browser.newContext({offline: true});
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', request => requests.push(request.url()));
  page.on('console', message => complaints.push(message.text()));
  page.on('pageerror', error => complaints.push(error.message));
  await page.goto(pathToFileURL(path).href);
  // The charts are there a frame after their boxes have a width.
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.plot')].every(box => box.querySelector('svg')),
  );
  return {page, requests, complaints, path};
}

const headings = (page: Page) => page.locator('h2').allTextContents();

/** Marks of that kind in the section of that heading. */
const marks = (page: Page, heading: string, selector: string) =>
  page
    .locator('section', {has: page.locator('h2', {hasText: heading})})
    .locator(selector)
    .count();

const timed = (rows: readonly Row[]) =>
  rows.flatMap(({contenders}) => Object.values(contenders).filter(isMeasured)).length;

test.before(async () => {
  browser = await startBrowser();
});

test('the report needs nothing but its file and complains of nothing', async () => {
  const {page, requests, complaints, path} = await open(results);
  assert.equal(complaints, []);
  assert.equal(
    requests.map(url => (url.startsWith('data:') ? '' : fileURLToPath(url))).filter(Boolean),
    [path],
  );
  assert.equal(await headings(page), [
    'What was measured where',
    'Who is the fastest',
    'The time of each kernel',
    'Over the batch size',
    'Under the roofline',
    'Where the time of a step goes',
    'Phases of a run',
    'Beside other libraries',
    'How to read this',
  ]);
  await page.context().close();
});

test('the tables name the fastest, by how much, and from which batch size on', async () => {
  const {page} = await open(results);
  const cells = async (table: number, name: string) => {
    const line = page.locator('table').nth(table).locator('tbody tr').filter({hasText: name});
    return line.locator('td').allTextContents();
  };
  assert.equal(await cells(0, 'tutorial/step'), [
    '13.3 × cpu',
    '2.60 ± 0.13',
    '34.6 ± 1.7',
    '28.6 ± 0.0',
    '381 ± 8',
    '–',
    '–',
  ]);
  assert.match((await cells(0, 'tutorial/relu2/gradient'))[0], /^2\.00~ × simd$/);
  assert.equal((await cells(1, 'tutorial/inference')).slice(1, 2), ['simd to 64, webgl from 256']);
  assert.match(
    (await page.locator('.finding').first().textContent())!,
    'The fastest of ours is simd in 2 of 3 cases and cpu in tutorial/relu2/gradient.',
  );
  await page.context().close();
});

test('there is a bar, a point, a dot, a line of a table for each number', async () => {
  const {page} = await open(results);
  const usual = [...node.rows, ...browserPlace.rows].filter(({batch}) => batch === 64);
  assert.is(
    await marks(page, 'The time of each kernel', '[aria-label=bar] path, [aria-label=bar] rect'),
    timed(usual),
  );
  assert.is(
    await marks(page, 'Over the batch size', '[aria-label=dot] path'),
    timed([...node.rows.slice(0, 3), ...browserPlace.rows.slice(2)]),
  );
  const ours = 3; // simd and cpu in Node, webgl in the browser: of the one row with both counts
  assert.is(await marks(page, 'Under the roofline', '[aria-label=dot] path'), ours);
  const roofs = node.roofs.length + browserPlace.roofs.length;
  assert.is(await marks(page, 'Under the roofline', '[aria-label=line] path'), roofs);
  assert.is(await marks(page, 'Where the time', 'tbody tr'), 3); // two kernels and the rest
  assert.is(await marks(page, 'Where the time', 'thead th'), 1 + node.splits.length);
  await page.context().close();
});

test('what is wrong stands first and is text, whatever is in it', async () => {
  const {page} = await open(results);
  assert.match((await page.locator('h2 + .wrong').textContent())!, disagrees.why);
  assert.match(await page.title(), 'the bench of 2026-11-25');
  assert.is(await page.locator('main b').count(), 0);
  await page.context().close();
});

test('a script’s own end tags and comments stay within it', () => {
  const html = reportHtml(few, 'const s = "</SCRIPT><!--"');
  assert.match(html, 'const s = "<\\/SCRIPT><\\!--"');
});

test('a renderer in software is called one, where it drew', async () => {
  const {page} = await open(results);
  const cards = await page.locator('.card', {hasText: 'a renderer in software'}).allTextContents();
  assert.is(cards.length, 1);
  assert.match(cards[0], /The browser.*says nothing about a GPU/);
  await page.context().close();
});

test('charts tell what they show to those who can’t see them', async () => {
  const {page} = await open(results);
  const charts = await page.getByRole('img').all();
  assert.ok(charts.length > 0);
  assert.is(
    await page.locator('g[aria-label]:not([role])').count(),
    0,
    'names of what can have none',
  );
  for (const chart of charts) assert.ok((await chart.getAttribute('aria-label'))!.length > 30);
  assert.is(
    await page.locator('figcaption', {hasText: 'simd from'}).first().textContent(),
    'The fastest of ours: cpu to 1, simd from 64.',
  );
  await page.context().close();
});

test('of almost nothing there is no empty section', async () => {
  const {page, complaints} = await open(few);
  assert.equal(complaints, []);
  assert.equal(await headings(page), [
    'What was measured where',
    'Who is the fastest',
    'The time of each kernel',
    'How to read this',
  ]);
  await page.context().close();
  const none = await open({...few, places: []});
  assert.equal(none.complaints, []);
  assert.equal(await headings(none.page), ['What was measured where', 'How to read this']);
  await none.page.context().close();
});

test('a narrow page doesn’t scroll sideways', async () => {
  const {page} = await open(results);
  await page.setViewportSize({width: 390, height: 800});
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await page.waitForFunction(
    () => document.querySelector('.plot svg')!.getBoundingClientRect().width <= 390,
  );
  assert.is(await width(), 390);
  await page.context().close();
});

test.after(async () => {
  await browser?.close();
  rmSync(folder, {recursive: true});
});
test.run();
