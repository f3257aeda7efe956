// The guided reading without a browser: its texts, and when a question counts as answered.
import {existsSync} from 'node:fs';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {isAnswered, type Seen, type StopName, stopNames} from '../../src/page/guide/questions.ts';
import {type Both, stops} from '../../src/page/guide/stops.ts';
import {type Cell, indexOf, parseCell, shapesOf} from '../../src/page/inside/cells.ts';
import {sizeOf} from '../../src/page/inside/stations.ts';

const textsOf = (name: StopName): Both[] => {
  const {title, sentences, question, help, why} = stops[name];
  return [title, ...sentences, question, help, why];
};

test('guide: ten stops, each with three to six sentences', () => {
  assert.equal(Object.keys(stops), [...stopNames]);
  assert.is(stopNames.length, 10);
  for (const {sentences, title} of Object.values(stops)) {
    assert.ok(sentences.length >= 3 && sentences.length <= 6, title[0]);
  }
});

test('guide: each sentence has the same values and as many terms in both languages', () => {
  const values = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();
  const isWhole = (text: string) => text.split('*').length % 2 === 1;
  for (const name of stopNames) {
    for (const [en, zh] of textsOf(name)) {
      assert.equal(values(zh), values(en), en);
      assert.ok(isWhole(en) && isWhole(zh), en);
    }
  }
});

test('guide: each term is explained once', () => {
  for (const language of [0, 1]) {
    const texts = stopNames.flatMap(name => stops[name].sentences.map(both => both[language]));
    const terms = texts.flatMap(text => text.split('*').filter((_, i) => i % 2));
    assert.ok(terms.length >= 20);
    assert.equal([...new Set(terms)], terms);
  }
});

test('guide: each stop links to a file and a test that are there', () => {
  for (const {file, test} of Object.values(stops)) {
    for (const path of [file, test]) assert.ok(existsSync(path), path);
  }
});

/** A page on which nothing has been tried. Each number is small and has a place of its own, its gradient is the negative one. */
function page(change: Partial<Seen> = {}): Seen {
  const shapes = shapesOf('tutorial');
  const fill = (sign: number) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        Float32Array.from({length: sizeOf(shape)}, (_, i) => (sign * (i % 7)) / 10),
      ]),
    );
  return {
    ...{preset: 'tutorial', values: fill(1), gradients: fill(-1), cells: []},
    ...{label: 3, labels: 0, isOwnLabel: false, batch: 0, isBusy: false, typed: ''},
    learningRate: 0.15,
    ...change,
  };
}

const select = (...texts: string[]): Partial<Seen> => ({
  cells: texts.map(text => parseCell('tutorial', text) as Cell),
});
/** Answers with `before` as the page was when the stop was opened. */
const answer = (name: StopName, now: Partial<Seen>, before: Partial<Seen> = {}) =>
  isAnswered[name](page(before), page(now));

test('guide: before anything is tried, no question is answered, and no try is wrong', () => {
  for (const name of stopNames) assert.is(answer(name, {}), undefined, name);
});

test('guide, data: a pixel with ink, and no paper', () => {
  assert.is(answer('data', select('image[0,1,0]')), true);
  assert.is(answer('data', select('image[0,0,0]')), false);
  assert.is(answer('data', select('image[0,0,0]', 'image[0,1,0]')), true);
  assert.is(answer('data', select('dimage[0,1,0]')), false);
  assert.is(answer('data', select('conv1[0,1,0]')), false);
});

test('guide, convolution: a cell of conv1 that is at least half as large as the largest', () => {
  assert.is(answer('convolution', select('conv1[0,0,3]')), true); // 0.3 of 0.6
  assert.is(answer('convolution', select('conv1[0,0,2]')), false);
  assert.is(answer('convolution', select('conv1.filter[1,0,0,5]')), false);
});

test('guide, pooling: a cell of pool1, then the largest of its four', () => {
  const seen = page();
  const shape = shapesOf('tutorial').conv1;
  const window = ['4,8', '4,9', '5,8', '5,9'].map(at => [...at.split(',').map(Number), 1]);
  const numbers = window.map(at => seen.values.conv1[indexOf(shape, at)]);
  const winner = numbers.indexOf(Math.max(...numbers));
  assert.is(new Set(numbers).size, 4);
  assert.is(answer('pooling', select('pool1[2,4,1]')), undefined);
  for (const [i, at] of window.entries()) {
    assert.is(answer('pooling', select('pool1[2,4,1]', `conv1[${at}]`)), i === winner, `${at}`);
  }
  const right = `conv1[${window[winner]}]`;
  assert.is(answer('pooling', select(right)), false, 'no cell of pool1 before');
  assert.is(answer('pooling', select('pool1[7,7,1]', right)), false, 'another window');
  assert.is(answer('pooling', select('pool1[2,4,1]', 'conv1[0,0,0]', right)), true);
});

test('guide, second pair: 5 × 5 × 8 products, typed', () => {
  assert.is(answer('secondPair', {typed: '200'}), true);
  assert.is(answer('secondPair', {typed: ' 200 ', preset: 'mnist-core'}), true);
  assert.is(answer('secondPair', {typed: '25'}), false);
  assert.is(answer('secondPair', {typed: 'many'}), false);
});

test('guide, dense: the largest logit', () => {
  assert.is(answer('dense', select('dense[6]')), true);
  assert.is(answer('dense', select('dense[5]')), false);
  assert.is(answer('dense', select('softmax[6]')), false);
});

test('guide, loss: another label, and a loss above that of a guess', () => {
  const loss = (value: number) => ({
    values: {...page().values, loss: Float32Array.of(value)},
  });
  assert.is(answer('loss', {...loss(2.4), labels: 1}), true);
  assert.is(answer('loss', {...loss(2.2), labels: 1}), false);
  assert.is(answer('loss', loss(2.4)), undefined, 'it was so before');
});

test('guide, gradients: a filter’s weight whose gradient is below 0', () => {
  assert.is(answer('gradients', select('dconv1.filter[0,0,0,1]')), true);
  assert.is(answer('gradients', select('dconv2.filter[0,0,0,1]')), true);
  assert.is(answer('gradients', select('dconv1.filter[0,0,0,0]')), false, 'it is 0');
  assert.is(answer('gradients', select('conv1.filter[0,0,0,1]')), false, 'the weight itself');
  assert.is(answer('gradients', select('dconv1[0,0,1]')), false, 'a map');
});

test('guide, SGD: a batch more than when the stop was opened', () => {
  assert.is(answer('descent', {batch: 1}), true);
  assert.is(answer('descent', {batch: 50}, {batch: 50}), undefined);
  assert.is(answer('descent', {learningRate: 3}), false);
});

test('guide, batches: twenty more', () => {
  assert.is(answer('batches', {batch: 30}, {batch: 10}), true);
  assert.is(answer('batches', {batch: 29}, {batch: 10}), false);
  assert.is(answer('batches', {batch: 29, isBusy: true}, {batch: 10}), undefined, 'it goes on');
});

test('guide, results: a test digit that is read wrong under its own label', () => {
  const reads = 6; // the largest share
  assert.is(answer('results', {testIndex: 5, label: 3}), true);
  assert.is(answer('results', {testIndex: 5, label: reads}), false);
  assert.is(answer('results', {testIndex: 5, label: 3, isOwnLabel: true}), false);
  assert.is(answer('results', {testIndex: 5, label: 3}, {testIndex: 5}), undefined);
  assert.is(answer('results', {label: 3}), undefined, 'a drawing');
});

test.run();
