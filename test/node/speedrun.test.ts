// `npm run bench -- --speedrun`: the time of a training that recognises 98.5 % of the test images on average.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {GOAL, meanOf, type Speedrun, speedrunText} from '../../bench/report/speedrun.ts';
import {once, runNode, type Watch} from '../program.ts';

const program = fileURLToPath(new URL('../bench/main.js', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'mnist-ops-speedrun-'));

/** The deviation of 15 values of −1 and 15 of 1 is √(30 / 29); Student's interval of their mean is 2.045 of it, over √30. */
const margin = 2.045 / Math.sqrt(29);
const values = Array.from({length: 30}, (_, i) => (i % 2 ? 1 : -1));

test('speedrun: the mean of 30 values has the 95 % interval of Student', () => {
  const rounded = meanOf(values).map(value => Number(value.toFixed(9)));
  assert.equal(rounded, [0, Number((-margin).toFixed(9)), Number(margin.toFixed(9))]);
});

test('speedrun: its text has means and intervals, and says whether the goal is reached', () => {
  const textOf = (right: number) =>
    speedrunText({
      testImages: 10_000,
      threads: 2,
      runs: values.map((value, i) => ({
        seed: i + 1,
        seconds: 2 + value / 10,
        right: right + 10 * value,
      })),
    } as Speedrun).split('\n');
  assert.equal(textOf(10_000 * GOAL), [
    'tutorial with the recipe fast, one epoch, 30 seeds, on simd with 2 threads',
    'time      2.000 s on average (95 % interval 1.962 to 2.038 s)',
    'accuracy  98.50 % of the test images on average (95 % interval 98.46 % to 98.54 %)',
    'This is the time to 98.50 %.',
    '',
  ]);
  assert.is(textOf(10_000 * GOAL - 1)[3], 'On average, 98.50 % is not reached.');
});

test('bench --speedrun: Ctrl-C keeps the runs that are finished, which recognise 98 % at least', async () => {
  const file = join(temporary, 'stopped.json');
  const stop = once(/seed 1 of 30: .*\n/, child => child.kill('SIGINT'));
  const {code, stderr} = await runNode([program, '--speedrun', '--json', file], stop);
  assert.is(code, 130, stderr);
  const {incomplete, runs, testImages}: Speedrun = JSON.parse(readFileSync(file, 'utf8'));
  assert.equal([incomplete, runs[0].seed, testImages], [true, 1, 10_000]);
  assert.ok(runs[0].right >= 9800, `${runs[0].right}`);
  assert.ok(runs[0].seconds > 0.1);
});

test('bench --speedrun: other options are refused in one sentence, exit 2', async () => {
  const {code, stderr} = await runNode([program, '--speedrun', '--quick']);
  const sentence = 'bench: --speedrun: expected with --json and --threads alone, found --quick\n';
  assert.equal([code, stderr], [2, sentence]);
});

test('bench --page serves with the headers that isolate a page, which threads need', async () => {
  let headers: Headers | undefined;
  const watch: Watch = async (child, {stdout}) => {
    const [address] = /http:.*bench\.html/.exec(stdout) ?? [];
    if (address) headers = (await fetch(address)).headers;
    child.kill('SIGINT');
  };
  await runNode([program, '--page'], watch);
  const isolation = ['opener', 'embedder'].map(of => headers?.get(`cross-origin-${of}-policy`));
  assert.equal(isolation, ['same-origin', 'require-corp']);
});

test.after(() => rmSync(temporary, {recursive: true}));
test.run();
