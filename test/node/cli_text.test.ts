// The texts of the command line: report and progress.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {type Options, parseOptions, settingsOf} from '../../src/cli/options.ts';
import {blockLines, createProgress, type Run, sparkline} from '../../src/cli/progress.ts';
import {
  accuracyLines,
  confusionMatrix,
  digitLines,
  failureLine,
  report,
} from '../../src/cli/report.ts';
import {summarise} from '../../src/cli/summary.ts';
import {clock, percent} from '../../src/format.ts';
import {failureOf} from '../../src/outcome.ts';
import {median, wilsonInterval} from '../../src/statistics.ts';

/** 20 images of each digit; three 4s are read as a 9, and all other answers are right. */
const confusion = Int32Array.from({length: 100}, (_, i) => (i % 11 === 0 ? 20 : 0));
confusion[44] = 17;
confusion[49] = 3;
const evaluation = {correct: 197, total: 200, confusion, predictions: new Uint8Array(200)};

test('wilsonInterval: 97 in 100 give [0.9155, 0.9897], and no interval leaves [0, 1]', () => {
  // z² = 3.8415: centre (0.97 + 0.019207) / 1.038415 = 0.952612; margin 1.959964 · √(0.000291 + 0.000096) / 1.038415 = 0.037133
  const [low, high] = wilsonInterval(97, 100);
  assert.is(low.toFixed(4), '0.9155');
  assert.is(high.toFixed(4), '0.9897');
  assert.is(wilsonInterval(0, 50)[0], 0);
  assert.ok(wilsonInterval(50, 50)[1] <= 1 && wilsonInterval(50, 50)[1] > 0.9999);
});

test('accuracyLines: percentage, counts and interval', () => {
  assert.is(
    accuracyLines({...evaluation, correct: 9765, total: 10000}),
    'Test accuracy: 97.65 %, 9,765 of 10,000 right\n95 % interval: 97.33 % to 97.93 %',
  );
});

test('percent: only 1 is 100 %, and only 0 is 0 %', () => {
  const texts = [1, 0.99999, 0.5, 0.00001, 0].map(percent);
  assert.is(texts.join(', '), '100.00 %, 99.99 %, 50.00 %, 0.01 %, 0.00 %');
});

test('digitLines: each digit’s share of right answers is below it; a digit without images has a dash', () => {
  const missing = confusion.slice();
  missing[77] = 0;
  assert.is(
    digitLines({...evaluation, confusion: missing}),
    '  digit    0    1    2    3    4    5    6    7    8    9\n' +
      'right %  100  100  100  100 85.0  100  100    -  100  100',
  );
});

test('confusionMatrix: labels down, predictions across, zeros as dots, columns aligned', () => {
  const [, heading, ...rows] = confusionMatrix(evaluation).split('\n');
  assert.is(heading, '           0    1    2    3    4    5    6    7    8    9');
  assert.is(rows[4], '      4    ·    ·    ·    ·   17    ·    ·    ·    ·    3');
  assert.is(rows[9], '      9    ·    ·    ·    ·    ·    ·    ·    ·    ·   20');
  assert.ok(rows.length === 10 && rows.every(row => row.length === heading.length));
});

test('report: names the batch after which a run was interrupted', () => {
  assert.match(report(evaluation, 1234), 'Interrupted after batch 1,234');
  assert.not.match(report(evaluation), 'Interrupted');
});

test('failureOf: a run has failed if all answers are one digit, or if its last losses are above its first ones', () => {
  const ofOne = Int32Array.from({length: 100}, (_, i) => (i % 10 === 1 ? 20 : 0));
  const one = {...evaluation, confusion: ofOne};
  const falling = Array.from({length: 40}, (_, i) => 3 - i / 20);
  const rising = [...falling].reverse();
  assert.is(failureOf(one, falling), 'one digit');
  assert.is(failureOf(evaluation, rising), 'loss rose');
  assert.is(failureOf(evaluation, falling), undefined);
  assert.is(failureOf(evaluation, rising.slice(0, 20)), undefined, 'too short to tell');
  const opened = Array.from<number>({length: 60}).fill(1, 30);
  assert.is(failureOf(evaluation, opened), undefined, 'its first loss is unknown');
  const sevens = new Int32Array(100);
  sevens[77] = 20;
  assert.is(failureOf({confusion: sevens}, falling), undefined, 'there is no other label');
  assert.is(
    failureLine(one, falling, 5),
    'All 200 answers are 1: nothing was learnt. Try a learning rate smaller than 5 (0.1 to 0.15 are usual), or more batches.',
  );
});

test('median: of an odd and an even number of values', () => {
  assert.is(median([9, 1, 5]), 5);
  assert.is(median([9, 1, 5, 6]), 5.5);
});

test('clock: hours only when needed', () => {
  assert.equal([8_600, 754_000, 3_723_000].map(clock), ['0:09', '12:34', '1:02:03']);
});

test('sparkline: the axis is the whole run, columns are means, gaps repeat the last value', () => {
  const points = (...values: number[]) => values.map((value, i) => ({batch: i + 1, value}));
  assert.is(sparkline(points(0, 1, 2, 3, 4, 5, 6, 7), 8, 8, 8), '▁▂▃▄▅▆▇█');
  assert.is(sparkline(points(7, 7, 0, 0), 8, 4, 4), '█▁', 'half of the run is half of the width');
  assert.is(sparkline(points(8, 6, 1, 0, 3, 4), 6, 6, 3), '█▁▄', 'two batches a column');
  assert.is(sparkline(points(0, 7), 2, 2, 6), '▁▁▁███', 'three columns a batch');
  assert.is(sparkline([{batch: 4, value: 1}], 6, 6, 6), '   ▁▁▁', 'nothing before the first');
});

test('createProgress: the speed is in images per second', () => {
  let text = '';
  const stream = {write: (more: string) => (text += more)} as unknown as NodeJS.WriteStream;
  const progress = createProgress(stream, {batches: 2, batchesPerEpoch: 2});
  progress.show({kind: 'batch', batch: 1, batches: 2, epoch: 1, loss: 2, images: 16, ms: 4});
  assert.match(text, 'batch 1/2  loss 2.0000  4,000 images/s');
});

test('summarise: the milliseconds of a step are the median, without the first five steps if there are more', () => {
  const of = (...times: number[]) => {
    const run = {losses: times, times, epochs: 1, seconds: 1, evaluation};
    const options = parseOptions([]);
    if (options === 'help') throw new Error('no options');
    return summarise(options, run).msPerStep;
  };
  assert.is(of(90, 80, 70, 60, 50, 3.0004, 1, 2), 2);
  assert.is(of(90, 80, 70, 60, 50), 70);
  assert.is(of(90, 80, 70, 60, 50, 3.0004), 3);
});

test('blockLines: never wider than the terminal; a narrow one keeps the batch numbers longest', () => {
  const state: Run = {
    batches: 938,
    losses: Array.from({length: 400}, (_, i) => ({batch: i + 1, value: 2.3 / (i + 1)})),
    tests: [{batch: 300, value: 0.9}],
    speed: '12,345 images/s',
    time: '1:02:03 left',
    note: 'a note that is rather long, in fact longer than a small terminal is wide',
  };
  for (let width = 1; width <= 160; width++) {
    const lines = blockLines(state, width);
    assert.ok(Math.max(...lines.map(line => line.length)) <= width, `width ${width}`);
    if (width >= 24) assert.match(lines[0], '█'.repeat(3));
    if (width >= 24) assert.match(lines[0], '400/938');
  }
  assert.match(blockLines(state, 79)[0], '400/938  12,345 images/s  1:02:03 left');
  assert.match(blockLines(state, 59)[0], /400\/938 {2}1:02:03 left$/);
});

test('a run that goes on: the bar begins at its batch, and the time left counts from there', () => {
  let text = '';
  const stream = {write: (more: string) => (text += more)} as unknown as NodeJS.WriteStream;
  const progress = createProgress(stream, {
    batches: 2_000_000,
    batchesPerEpoch: 1,
    start: 1_000_000,
  });
  progress.show({
    ...{kind: 'batch', batches: 2_000_000, epoch: 1},
    batch: 1_000_001,
    loss: 2,
    images: 16,
    ms: 4,
  });
  assert.match(text, /^batch 1000001\/2000000 .* left$/m);
  assert.not.match(text, ' 0:00 left'); // a million batches, each as long as the one that is done
  const losses = [{batch: 901, value: 2}];
  const run = {batches: 1000, losses, tests: [], speed: '', time: '', note: ''};
  assert.match(blockLines(run, 79)[0], ' 901/1000');
});

test('options: the settings of a run make its options again, and give way to those that say the same', () => {
  const options = (args: string, saved = {}) =>
    parseOptions(args.split(' ').filter(Boolean), saved);
  const all = options(
    '--wasm plain --net mnist-core --epochs 3 --batch-size 5 --recipe fast --learning-rate 1e-7 --seed -4 --data / --test-every 6 --test-size 7 --save D --save-every 8',
  ) as Options;
  const saved = settingsOf(all, 'simd');
  assert.equal(options('--resume D', saved), {...all, save: undefined, resume: 'D'});
  const other = options('--resume D --backend cpu --batches 2', saved) as Options;
  assert.equal([other.backend, other.build, other.batches], ['cpu', undefined, 2]);
});

test('options: one epoch is the default on cpu and on webgl', () => {
  for (const backend of ['cpu', 'webgl']) {
    const options = parseOptions(['--backend', backend]);
    assert.is(options !== 'help' && options.epochs, 1, backend);
  }
});

test.run();
