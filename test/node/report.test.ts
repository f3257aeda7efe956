// The bench's report as its reader opens it: one file, from disk, in a browser without a network.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import type {Browser, Page} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {ratioOf} from '../../bench/report/findings.ts';
import {reportHtml} from '../../bench/report/report_html.ts';
import type {
  Contenders,
  Measured,
  Name,
  NotMeasured,
  PlaceResults,
  Results,
  Row,
} from '../../bench/report/results.ts';
import {emptyPlace, FORMAT, isMeasured, isModel} from '../../bench/report/results.ts';
import {threeDigits, withDeviation} from '../../bench/report/texts.ts';
import {startBrowser} from '../../src/cli/browser.ts';

const script = readFileSync(new URL('../bench/report.js', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-report-'));

/** The first contender has no ratio. The rounds of the others differ from their ratio by these parts of it. */
const strays = [-0.02, 0, 0.02];

function measured(ms: number, first: number | undefined, stray = 1): Measured {
  const steady = {least: 0.9 * ms, median: ms, mad: 0.05 * ms, n: 15};
  const times = {steady, first: 3 * ms, upload: 0.5};
  if (first === undefined) return times;
  const quotient = ms / first;
  const rounds = strays.map(part => quotient * (1 + stray * part));
  const ratio = {ratio: quotient, rounds, mad: 0.02 * stray * quotient, tooWide: stray > 5};
  return {...times, ratio};
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

const kernel = (kernel: string, ms: number) => ({kernel, ms, calls: 2});
const conv2 = {flops: 5.1e7, bytes: 1.2e6};

const node: PlaceResults = {
  ...emptyPlace('node', 'Node 20.20.2, V8 11.3'),
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
    row('tutorial/conv2/forward', 64, {simd: 0.61, cpu: 9.3, 'stock cpu': 39}, conv2),
    row('tutorial/relu2/gradient', 64, {simd: 0.02, cpu: 0.01, 'stock cpu': 0.3}, {}, 10),
    row('layers/keras', 64, {'layers simd': 105, 'layers cpu': 21_000}, {images: 64}),
  ],
  splits: [
    {
      network: 'tutorial',
      name: 'simd',
      kernels: [kernel('Conv2D', 1.2), kernel('MaxPool', 0.4)],
      rest: 0.2,
    },
    {network: 'tutorial', name: 'cpu', kernels: [kernel('Conv2D', 20)], rest: 1},
  ],
};

const browserPlace: PlaceResults = {
  ...emptyPlace('browser', 'Chromium 147.0'),
  renderer: 'ANGLE (SwiftShader)',
  software: true,
  roofs: [{code: 'gpu', gflops: 30, gbytes: 4, bytes: 1 << 26}],
  rows: [
    row('tutorial/step', 64, {webgl: 68, 'layers webgl': 308, 'stock webgl': 277}, {images: 64}),
    row('tutorial/conv2/forward', 64, {webgl: 8.3, 'stock webgl': 32}, conv2),
    row('tutorial/inference', 64, {simd: 1, webgl: 5}, {images: 64}),
    row('tutorial/inference', 256, {simd: 4, webgl: 3}, {images: 256}),
  ],
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
  peers: [
    {name: 'PyTorch', what: 'layers/keras', notMeasured: {why: 'not installed', wrong: false}},
  ],
};

const few: Results = {
  ...results,
  extent: 'quick',
  places: [{...emptyPlace('node', 'Node'), rows: [row('tutorial/conv2/forward', 64, {simd: 0.6})]}],
  peers: undefined,
};

// ---- findings in the numbers

test('ratioOf: the quotient of two medians; its rounds are the quotients of the contenders’ rounds', () => {
  const [, found] = node.rows;
  const {ratio, rounds, tooWide} = ratioOf(found, 'stock cpu', 'cpu')!;
  assert.is(threeDigits(ratio), '28.6');
  assert.equal(rounds.map(threeDigits), ['28.6', '28.6', '28.6'], 'both stray together');
  assert.is(tooWide, false);
  assert.is(ratioOf(found, 'cpu', 'simd')!.rounds.length, strays.length);
  assert.is(ratioOf(node.rows[4], 'cpu', 'simd')!.tooWide, true);
  assert.is(ratioOf(found, 'webgl', 'simd'), undefined);
});

test('threeDigits and withDeviation: three digits, and a deviation with as many decimals', () => {
  const texts = [12345, 991.4, 34.56, 2.6, 0.0123, 9.996, 0].map(threeDigits);
  assert.is(texts.join(' '), '12,345 991 34.6 2.60 0.0123 10.0 0');
  assert.is(withDeviation(2.6, 0.0314), '2.60 ± 0.03');
});

// ---- the file

let browser: Browser;

type Opened = Awaited<ReturnType<typeof open>>;

/** Opens the report from disk; collects its requests, and its errors and messages. */
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
  // The charts appear one frame after their boxes have a width.
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.plot')].every(box => box.querySelector('svg')),
  );
  return {page, requests, complaints, path};
}

/** The number of such marks in the section with this heading. */
function marks(page: Page, heading: string, selector: string): Promise<number> {
  const section = page.locator('section', {has: page.locator('h2', {hasText: heading})});
  return section.locator(selector).count();
}

const timed = (rows: readonly Row[]) =>
  rows.flatMap(({contenders}) => Object.values(contenders).filter(isMeasured)).length;

/** A test of the report of these results. */
function reportTest(name: string, check: (opened: Opened) => Promise<void>, shown = results) {
  test(`report: ${name}`, async () => {
    const opened = await open(shown);
    await check(opened);
    await opened.page.context().close();
  });
}

test.before(async () => {
  browser = await startBrowser();
});

const sections = [
  'What was measured where',
  'Who is the fastest',
  'The time of each kernel',
  'Over the batch size',
  'Under the roofline',
  'Where the time of a step goes',
  'Phases of a run',
  'Beside other libraries',
  'How to read this',
];

reportTest('it needs only its file, and logs no message', async opened => {
  await expectHeadings(opened, sections);
  const files = opened.requests.filter(url => !url.startsWith('data:'));
  assert.equal(
    files.map(url => fileURLToPath(url)),
    [opened.path],
  );
});

reportTest('tables name the fastest, by how much, from which batch size on', async ({page}) => {
  const cells = async (table: number, name: string) => {
    const line = page.locator('table').nth(table).locator('tbody tr').filter({hasText: name});
    return line.locator('td').allTextContents();
  };
  const step = '13.3 × cpu | 2.60 ± 0.13 | 34.6 ± 1.7 | 28.6 ± 0.0 | 381 ± 8 | – | –';
  assert.is((await cells(0, 'tutorial/step')).join(' | '), step);
  assert.match((await cells(0, 'tutorial/relu2/gradient'))[0], /^2\.00~ × simd$/);
  assert.equal((await cells(1, 'tutorial/inference')).slice(1, 2), ['simd to 64, webgl from 256']);
  assert.match(
    (await page.locator('.finding').first().textContent())!,
    'The fastest of ours is simd in 2 of 3 cases and cpu in tutorial/relu2/gradient.',
  );
});

reportTest('Layers models and other libraries have tables', async ({page}) => {
  const table = (caption: RegExp) =>
    page.locator('table', {has: page.locator('caption', {hasText: caption})});
  const cells = (caption: RegExp) =>
    table(caption).locator('tbody').locator('th, td').allTextContents();
  const model = ['layers/keras', '105 ± 5', '21,000 ± 1050', '200 ± 4'];
  assert.equal(await cells(/^a step of Layers models/), model);
  assert.equal(await cells(/^other libraries/), ['layers/keras', 'PyTorch', 'not installed']);
});

reportTest('each number has a bar, a point, a dot or a table row', async ({page}) => {
  const usual = [...node.rows, ...browserPlace.rows].filter(
    ({name, batch}) => batch === 64 && !isModel(name),
  );
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
});

reportTest('a wrong kernel stands first, and its message is text, not markup', async ({page}) => {
  assert.match((await page.locator('h2 + .wrong').textContent())!, disagrees.why);
  assert.match(await page.title(), 'the bench of 2026-11-25');
  assert.is(await page.locator('main b').count(), 0);
});

test('reportHtml: end tags and comments within the script do not end it', () => {
  const html = reportHtml(few, 'const s = "</SCRIPT><!--"');
  assert.match(html, 'const s = "<\\/SCRIPT><\\!--"');
});

reportTest('a renderer in software is named, for the place where it drew', async ({page}) => {
  const cards = await page.locator('.card', {hasText: 'a renderer in software'}).allTextContents();
  assert.is(cards.length, 1);
  assert.match(cards[0], /The browser.*says nothing about a GPU/);
});

reportTest('charts have labels for those who can’t see them', async ({page}) => {
  const charts = await page.getByRole('img').all();
  assert.ok(charts.length > 0);
  assert.is(await page.locator('g[aria-label]:not([role])').count(), 0, 'labels without a role');
  for (const chart of charts) assert.ok((await chart.getAttribute('aria-label'))!.length > 30);
  const caption = page.locator('figcaption', {hasText: 'simd from'}).first();
  assert.is(await caption.textContent(), 'The fastest of ours: cpu to 1, simd from 64.');
});

async function expectHeadings({page, complaints}: Opened, expected: string[]): Promise<void> {
  assert.equal(complaints, []);
  assert.equal(await page.locator('h2').allTextContents(), expected);
}

const [where, fastest, times, ...others] = sections;
const how = others.at(-1)!;
reportTest(
  'few numbers make no empty section',
  opened => expectHeadings(opened, [where, fastest, times, how]),
  few,
);
reportTest('no numbers make no empty section', opened => expectHeadings(opened, [where, how]), {
  ...few,
  places: [],
});

reportTest('in a narrow window it doesn’t scroll sideways', async ({page}) => {
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
