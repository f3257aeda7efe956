// The numbers behind the curves.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {lossData, roomyTicks, testData} from '../../src/page/curves.ts';
import {defaults} from '../../src/page/settings.ts';

const run = {losses: [], tests: [], batch: 0, settings: {...defaults(), batches: 30}};

test('loss curve: the thick line is the mean of the last twenty losses, or of fewer at the start', () => {
  const losses = Array.from({length: 25}, (_, i) => i + 1);
  const [batches, values, means] = lossData({...run, losses, batch: 25});
  assert.equal(Array.from(batches), [...losses, 30], 'up to the end of the run');
  assert.equal(Array.from(values), losses);
  assert.equal([means[0], means[1], means[19]], [1, 1.5, 10.5]);
  assert.equal([means[20], means[24]], [11.5, 15.5], 'without the first loss or five losses');
});

test('loss curve: the losses before a file was opened are a gap', () => {
  const losses: number[] = [];
  losses[23] = 3;
  losses[24] = 5;
  const [, values, means] = lossData({...run, losses, batch: 25});
  assert.equal([values[22], means[22]], [undefined, null]);
  assert.equal([means[23], means[24]], [3, 4]);
});

test('test curve: a sample and all images, tested after one batch, share its place on the axis', () => {
  const tests = [
    {batch: 10, correct: 700, total: 1000},
    {batch: 20, correct: 800, total: 1000},
    {batch: 20, correct: 8123, total: 10_000},
  ];
  const [batches, samples, whole] = testData({...run, tests, batch: 20});
  assert.equal(Array.from(batches), [10, 20, 30]);
  assert.equal(Array.from(samples), [70, 80]);
  assert.equal([whole[0], whole[1]], [undefined, 81.23]);
});

test('curves: a long run has fewer points than batches, and all its peaks', () => {
  const losses = Array.from({length: 49_990}, (_, i) => 1 + (i % 2) / 10);
  losses[1233] = 9;
  losses[1234] = 0.5;
  losses[49_989] = 2;
  const long = {...run, losses, batch: 49_990};
  const [batches, values, means] = lossData(long);
  assert.is(batches.length, 2 * 1000);
  assert.equal([values.length, means.length], [2000, 2000]);
  for (let i = 1; i < batches.length; i++) assert.ok(batches[i] > batches[i - 1]);
  for (const batch of [1234, 1235, 49_990]) {
    assert.is(values[batches.indexOf(batch)], losses[batch - 1]);
  }
  assert.ok(Math.abs(means.at(-1)! - (2 + 10 * 1 + 9 * 1.1) / 20) < 1e-9);

  const total = (i: number) => (i === 1000 ? 10_000 : 1000);
  const testAt = (i: number) => ({batch: 20 * (i + 1), correct: i, total: total(i)});
  const tests = Array.from({length: 2501}, (_, i) => testAt(i));
  const [tested, samples, whole] = testData({...run, tests, batch: 50_020});
  assert.ok(tested.length <= 1001, `${tested.length} points`);
  assert.is(whole[tested.indexOf(20 * 1001)], 10);
  assert.equal([tested.at(-1), samples.at(-1)], [50_020, 250]);
});

test('loss axis: ticks without room are left out', () => {
  const tick = (i: number, from: number) => ((i % 9) + 1) * 10 ** (from + Math.floor(i / 9));
  const shown = (from: number, to: number, pixels: number) => {
    const ticks = Array.from({length: 9 * (to - from) + 1}, (_, i) => tick(i, from));
    const roomy = roomyTicks(ticks, pixels / (to - from)).filter(tick => tick !== null);
    return roomy.map(tick => Number(tick.toPrecision(3)));
  };
  assert.equal(shown(-1, 0, 400), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  assert.equal(shown(-1, 1, 120), [0.1, 0.2, 0.5, 1, 2, 5, 10]);
  assert.equal(shown(-2, 1, 120), [0.01, 0.1, 1, 10]);
  assert.equal(shown(-2, 30, 120), [1, 1e4, 1e8, 1e12, 1e16, 1e20, 1e24, 1e28]);
});

test.run();
