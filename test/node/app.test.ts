// What the page makes of its worker's news, without a page.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {App} from '../../src/page/app.ts';
import type {FromWorker, Phase, StepSplit} from '../../src/page/protocol.ts';
import {type Backend, defaults} from '../../src/page/settings.ts';
import {shareText} from '../../src/page/stage/station.ts';

Object.assign(globalThis, {requestAnimationFrame: setTimeout});

const memory = {tensors: 7, bytes: 24_000, left: 0};

function begin() {
  const sent: unknown[] = [];
  const worker = {postMessage: (message: unknown) => sent.push(message)} as unknown as Worker;
  const app = new App(worker);
  const hear = (...news: FromWorker[]) => {
    for (const data of news) worker.onmessage!({data} as MessageEvent);
  };
  const phase = (phase: Phase, batch = 0, backend: Backend = 'simd') =>
    hear({kind: 'phase', phase, batch, backend});
  const batch = (batch: number, ms = 2) =>
    hear({kind: 'batch', batch, loss: 1 / batch, images: 64, ms, memory});
  return {app, sent, hear, phase, batch};
}

test('speed: the median step, and images over the time of the last fifty steps', () => {
  const {app, phase, batch} = begin();
  assert.is(app.speed, undefined);
  phase('training');
  batch(1, 1000); // compiles; it is the fifty-first from the end, later
  for (let i = 2; i <= 50; i++) batch(i, 2);
  batch(51, 10);
  assert.is(app.speed!.ms, 2);
  assert.is(app.speed!.imagesPerSecond, (1000 * 50 * 64) / (49 * 2 + 10));
  phase('training', 51, 'cpu');
  assert.is(app.speed, undefined, 'that was another backend');
});

test('share: only a share of 0 is rounded to 0 %, and only one of 1 to 100 %', () => {
  const {app} = begin();
  const texts = [0, 1e-9, 0.0005, 0.5, 0.9994, 0.9999999, 1, Number.NaN].map(share =>
    shareText(app, share),
  );
  const ends = ['0.0 %', '< 0.1 %', '0.1 %', '50.0 %', '99.9 %', '> 99.9 %', '100.0 %'];
  assert.equal(texts, [...ends, 'not finite']);
});

test('link: a run is on the build of simd that its link names, or the page says that this browser lacks it', () => {
  const {app, hear, phase} = begin();
  hear({kind: 'missing', missing: {}, wasm: 'relaxed'});
  phase('ready');
  assert.is(app.settings.wasm, 'relaxed', 'the page’s own link names it');
  assert.is(app.backendName, 'simd (relaxed SIMD)');
  app.open({...defaults(), wasm: 'plain'});
  assert.equal([app.settings.wasm, app.backendName, app.notice], ['plain', 'simd', undefined]);
  app.open(defaults());
  assert.equal([app.settings.wasm, app.notice], ['relaxed', undefined]);

  hear({kind: 'missing', missing: {}, wasm: 'plain'});
  app.open({...defaults(), wasm: 'relaxed'});
  assert.equal([app.settings.wasm, app.backendName], ['plain', 'simd']);
  assert.equal(app.notice, {key: 'noRelaxed'});
  app.open({...defaults(), wasm: 'relaxed', backend: 'cpu'});
  assert.equal([app.backendName, app.notice], ['cpu', undefined]);
});

test('time left: the app expects the next batches to take as long as the last ones with their tests', () => {
  const {app, phase, batch} = begin();
  const {now} = performance;
  let clock = 1000;
  performance.now = () => clock;
  try {
    app.settings = {...app.settings, batches: 100};
    phase('training');
    batch(1);
    assert.is(app.timeLeft, undefined, 'too early to tell');
    for (let i = 2; i <= 20; i++) batch(i);
    clock += 40;
    assert.is(app.timeLeft, (40 / 20) * 80);
    phase('paused', 20);
    assert.is(app.timeLeft, undefined);
    clock += 5000; // a pause counts for nothing
    phase('training', 20);
    for (let i = 21; i <= 60; i++) batch(i);
    clock += 20;
    phase('testing', 60);
    clock += 60;
    phase('training', 60);
    assert.is(app.timeLeft, (80 / 40) * 40);
  } finally {
    performance.now = now;
  }
});

test('percent: only a share of 1 is 100 %; a sentence’s numbers are in its language', () => {
  const {app} = begin();
  const percents = [1, 0.99999, 0.12345, 0].map(share => app.percent(share));
  assert.equal(percents, ['100.00 %', '99.99 %', '12.35 %', '0.00 %']);
  assert.is(app.percent(0.9999, 1), '99.9 %');
  const restored = () =>
    app.sentence({key: 'restored', values: {name: 'w', batch: 1234, said: '!'}});
  assert.is(restored(), 'The weights of w are loaded, at batch 1,234. !');
  app.language = 'zh';
  assert.is(restored(), '已载入 w 的权重，位于第 1,234 批。!');
});

test('results: a run that goes back drops those that it will repeat; a new run drops all', () => {
  const {app, hear, phase, batch} = begin();
  phase('training');
  for (let i = 1; i <= 25; i++) batch(i);
  for (const batch of [10, 20]) hear({kind: 'test', batch, correct: 1, total: 2});
  phase('lost', 12);
  assert.equal([app.losses.length, app.tests.map(test => test.batch)], [12, [10]]);
  assert.is(app.isFresh, false);
  hear({kind: 'began', settings: {...app.settings, backend: 'cpu'}});
  phase('ready', 0, 'cpu');
  const {losses, tests, moves, memory, speed} = app;
  assert.equal([losses, tests, moves, memory, speed], [[], [], [], undefined, undefined]);
  assert.is(app.settings.backend, 'cpu');
  assert.is(app.isFresh, true);
});

test('failure: a run that ends with one answer for all images says so; one that goes on does not', () => {
  const {app, hear, phase, batch} = begin();
  const confusion = Int32Array.from({length: 100}, (_, i) => (i % 10 === 1 ? 1000 : 0));
  const evaluation = {correct: 1000, total: 10_000, confusion, predictions: new Uint8Array(10_000)};
  app.settings = {...app.settings, learningRate: 5};
  phase('training');
  batch(1);
  hear({kind: 'epoch', batch: 1, evaluation});
  assert.is(app.failure, undefined);
  phase('done', 1);
  const sentence = /^All 10,000 answers are 1: nothing was learnt.* than 5 /;
  assert.match(app.sentence(app.failure!), sentence);
  app.language = 'zh';
  assert.match(app.sentence(app.failure!), '全部 10,000 个答案都是 1');
});

test('sentence: a megabyte where a word is expected is not shown in full', () => {
  const {app} = begin();
  const found = 'x'.repeat(1_000_000);
  const said = app.sentence({key: 'badWhole', values: {name: found, low: 1, high: 2, found}});
  assert.ok(said.length < 600, `${said.length} characters`);
  assert.match(said, 'from 1 to 2');
});

test('losses: a run that goes back has another array of them, so that what is kept of the old one is not taken for it', () => {
  const {app, phase, batch} = begin();
  phase('training');
  for (let i = 1; i <= 5; i++) batch(i);
  const {losses} = app;
  phase('paused', 3);
  assert.equal(app.losses, losses.slice(0, 3));
  assert.is.not(app.losses, losses);
});

test('opened weights: they stay until a reset, and no field begins a new run', () => {
  const {app, sent} = begin();
  app.phase = 'ready';
  assert.is(app.isFresh, true);
  app.restore({settings: app.settings, batch: 0, weights: [], velocities: []});
  assert.equal([app.isFresh, app.isOpened], [false, true]);
  app.reset();
  assert.equal([app.isFresh, app.isOpened], [true, false]);
  const kinds = sent.map(each => (each as {kind: string}).kind);
  assert.equal(kinds, ['restore', 'reset']);
});

test('moves: a backend that trains makes one, a backend that is only chosen makes none', () => {
  const {app, phase, batch} = begin();
  phase('training');
  batch(1);
  phase('paused', 1, 'webgl');
  phase('paused', 1, 'cpu');
  phase('training', 1, 'cpu');
  batch(2);
  phase('testing', 2, 'cpu');
  phase('training', 2, 'cpu');
  const moves = app.moves.map(({batch, backend}) => `${backend} from ${batch}`);
  assert.equal(moves, ['simd from 0', 'cpu from 1']);
});

test('splits: the app keeps one per backend, all of the same network and batch size', () => {
  const {app, hear} = begin();
  const split = (backend: Backend, whole: number, batchSize = 64): FromWorker => ({
    kind: 'split',
    split: {preset: 'tutorial', batchSize, backend, kernels: [], whole} as StepSplit,
  });
  const shown = () => app.splits.map(({backend, whole}) => `${backend} ${whole}`);
  hear(split('simd', 1), split('cpu', 2), split('simd', 3));
  assert.equal(shown(), ['cpu 2', 'simd 3']);
  hear(split('webgl', 4, 32));
  assert.equal(shown(), ['webgl 4']);
});

test('missing SIMD: the run is on cpu; questions: each gets the answer with its number', async () => {
  const {app, sent, hear} = begin();
  hear({kind: 'missing', missing: {simd: 'noSimd'}});
  assert.is(app.settings.backend, 'cpu');
  const [first, second] = [app.ask({kind: 'testLabels'}), app.ask({kind: 'testLabels'})];
  const [{id: firstId}, {id: secondId}] = sent.slice(-2) as {id: number}[];
  hear({kind: 'answer', id: secondId, answer: Uint8Array.of(2)});
  hear({kind: 'answer', id: firstId, answer: Uint8Array.of(1)});
  assert.equal([(await first)![0], (await second)![0]], [1, 2]);
});

test.run();
