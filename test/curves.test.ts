// The numbers behind the curves
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {lossData, testData} from '../src/page/panels/curves_panel.ts';
import {defaults} from '../src/page/settings.ts';

const run = {losses: [], tests: [], batch: 0, settings: {...defaults(), batches: 30}};

test('the thick line is the mean of the last twenty losses, or of those there are', () => {
  const losses = Array.from({length: 25}, (_, i) => i + 1);
  const [batches, values, means] = lossData({...run, losses, batch: 25});
  assert.equal(Array.from(batches), [...losses, 30], 'up to the end of the run');
  assert.equal(Array.from(values), losses);
  assert.equal([means[0], means[1], means[19]], [1, 1.5, 10.5]);
  assert.equal(
    [means[20], means[24]],
    [11.5, 15.5],
    'without the first, and without the first five',
  );
});

test('losses from before a file was opened are a gap', () => {
  const losses: number[] = [];
  losses[23] = 3;
  losses[24] = 5;
  const [, values, means] = lossData({...run, losses, batch: 25});
  assert.equal([values[22], means[22]], [undefined, null]);
  assert.equal([means[23], means[24]], [3, 4]);
});

test('a sample and all images after the same batch are one place on the axis', () => {
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

test.run();
