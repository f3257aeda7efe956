// `npm run bench -- --seeds N`: the accuracies of many seeds.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {reportHtml} from '../../bench/report/report_html.ts';
import {
  accuraciesOf,
  type Moment,
  quantile,
  type Seeds,
  seedsTable,
} from '../../bench/report/seeds.ts';
import {startBrowser} from '../../src/cli/browser.ts';
import {LEAST_ACCURACY} from '../accuracy.ts';
import {once, runNode} from '../program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'dist/bench/main.js');
const temporary = mkdtempSync(join(tmpdir(), 'mnist-ops-seeds-'));
const readSeeds = (file: string): Seeds => JSON.parse(readFileSync(file, 'utf8'));
const published = readSeeds(join(root, 'bench/seeds.json'));

test('seeds: quantiles lie between the values, the least and the greatest among them', () => {
  assert.equal(
    [0, 0.5, 1].map(share => quantile([5, 1, 3], share)),
    [1, 3, 5],
  );
  // The 5th percentile of 101 values is the sixth, that of 0, 10 and 20 is a tenth of the way to 10.
  assert.is(quantile([...Array(101).keys()].reverse(), 0.05), 5);
  assert.is(quantile([20, 0, 10], 0.05), 1);
  assert.is(quantile([7], 0.95), 7);
});

test('seeds: bench/seeds.json has 100 seeds, and the tests’ least accuracies are just below the worst of them', () => {
  assert.equal([published.incomplete, published.runs.length], [undefined, 100]);
  assert.equal(
    published.runs.map(({seed}) => seed),
    [...Array(100).keys()].map(i => i + 1),
  );
  for (const [moment, least] of Object.entries(LEAST_ACCURACY)) {
    const worst = Math.min(...accuraciesOf(published, moment as Moment));
    assert.ok(least < worst && worst < least + 0.001, `${moment}: ${least}, the worst is ${worst}`);
  }
});

test('seeds: the table has median and percentiles, after 100 batches and after one epoch', () => {
  const runs = [9300, 9100, 9200].map((early, i) => ({seed: i + 1, early, late: early + 500}));
  const {columns, lines} = seedsTable({...published, runs});
  assert.equal(
    [columns.map(({heading}) => heading), ...lines].map(line => line.join(' | ')),
    [
      'accuracy | median | 5th percentile | 95th percentile | least | most',
      'after 100 batches | 92.00 % | 91.10 % | 92.90 % | 91.00 % | 93.00 %',
      'after one epoch | 97.00 % | 96.10 % | 97.90 % | 96.00 % | 98.00 %',
    ],
  );
});

test('npm run bench -- --seeds 1 trains an epoch on simd to a good accuracy, and shows it', async () => {
  const file = join(temporary, 'one.json');
  const {code, stdout, stderr} = await runNode([program, '--seeds', '1', '--json', file]);
  assert.is(code, 0, stderr);
  const seeds = readSeeds(file);
  const [{seed, early, late}] = seeds.runs;
  assert.equal([seeds.runs.length, seeds.incomplete, seed], [1, undefined, 1]);
  assert.ok(early / 10_000 > LEAST_ACCURACY.early, `${early} after 100 batches`);
  assert.ok(late / 10_000 > LEAST_ACCURACY.late, `${late} after one epoch`);
  assert.match(
    stderr,
    /^seed 1 of 1: 9\S+ % after 100 batches, 9\S+ % after one epoch; 0:00 left\n$/,
  );
  assert.match(stdout, `after one epoch    ${(late / 100).toFixed(2)} %`);
});

test('bench --seeds: Ctrl-C keeps the seeds that are finished', async () => {
  const file = join(temporary, 'stopped.json');
  const stop = once(/seed 1 of 9/, child => child.kill('SIGINT'));
  const {code, stderr} = await runNode([program, '--seeds', '9', '--json', file], stop);
  assert.is(code, 130, stderr);
  assert.match(stderr, /bench: interrupted; the numbers so far are in .*stopped\.json\n$/);
  const seeds = readSeeds(file);
  assert.equal([seeds.incomplete, seeds.runs.length], [true, 1]);
});

// biome-ignore format: a case on each line
const misuses: [args: string, message: RegExp][] = [
  ['--seeds 0', /^bench: --seeds: expected a whole number of at least 1, found "0"\n$/],
  ['--seeds many', /^bench: --seeds: expected a whole number of at least 1, found "many"\n$/],
  ['--seeds 3 --quick', /^bench: --seeds: expected with --json alone, found --quick\n$/],
  ['--seeds 3 --json /no/such/folder/x', /^bench: --json: expected a file that can be written, .*ENOENT/],
];
for (const [args, message] of misuses) {
  test(`bench ${args}: one sentence, exit 2`, async () => {
    const {code, stderr} = await runNode([program, ...args.split(' ')]);
    assert.match(stderr, message);
    assert.is(code, 2);
  });
}

test('bench --help names --seeds', async () => {
  assert.match((await runNode([program, '--help'])).stdout, /\n {2}--seeds N /);
});

test('the report of many seeds has a dot for each at both moments, and their table', async () => {
  const file = join(temporary, 'report.html');
  writeFileSync(
    file,
    reportHtml(published, readFileSync(join(root, 'dist/bench/report.js'), 'utf8')),
  );
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    const errors: Error[] = [];
    page.on('pageerror', error => errors.push(error));
    await page.goto(pathToFileURL(file).href);
    await page.locator('.plot svg').waitFor();
    assert.is(await page.locator('[aria-label=dot] circle').count(), 2 * published.runs.length);
    assert.match(
      (await page.locator('.plot svg').textContent())!,
      'after one epoch: median 97.68 %',
    );
    const table = seedsTable(published).lines[0].slice(1);
    assert.equal(await page.locator('tbody tr').first().locator('td').allTextContents(), table);
    assert.equal(errors, []);
  } finally {
    await browser.close();
  }
});

test.after(() => rmSync(temporary, {recursive: true}));
test.run();
