// The record of a kept run: it comes back as it was, and a damaged one, or one of another version, is not read.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {App} from '../../src/page/app.ts';
import {KeptLosses, type KeptRecord, readRecord, recordOf} from '../../src/page/keep/kept_run.ts';
import {defaults} from '../../src/page/settings.ts';
import {weightShapes} from '../../src/presets.ts';

const weights = Object.values(weightShapes['mnist-core']).map(shape =>
  new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.1),
);
const state = {weights, velocities: weights.map(values => values.map(value => -value))};
const app = {
  settings: {
    ...defaults({preset: 'mnist-core', recipe: 'fast'}),
    ...{seed: 7, learningRate: 0.1 + 0.2, backend: 'webgl'},
  },
  losses: [undefined, undefined, 2.25, 2.125, 1.5],
  tests: [4, 5].map(batch => ({batch, correct: 300, total: 1000})),
  moves: [
    {batch: 2, backend: 'simd'},
    {batch: 5, backend: 'webgl'},
  ],
  evaluation: {
    batch: 4,
    correct: 2,
    total: 3,
    confusion: new Int32Array(100).fill(1),
    predictions: Uint8Array.of(7, 2, 1),
  },
  hasOwnWeights: true,
  isBusy: true,
} as unknown as App;

const record = (): KeptRecord =>
  structuredClone(recordOf(app, 'its id', {batch: 4, ...state}, new KeptLosses()));

test('kept run: it comes back as of its frame, without results of later batches', () => {
  assert.equal(readRecord(record()), {
    settings: app.settings,
    batch: 4,
    ...state,
    results: {
      losses: app.losses.slice(0, 4),
      tests: app.tests.slice(0, 1),
      moves: app.moves.slice(0, 1),
      evaluation: app.evaluation,
    },
    hasOwnWeights: true,
    isTraining: true,
  });
  const early = recordOf(app, '', {batch: 3, ...state}, new KeptLosses());
  assert.is(readRecord(early)!.results.evaluation, undefined);
});

test('kept run: one from before there were recipes has none, and no velocities', () => {
  const old = record();
  Reflect.deleteProperty(old, 'velocities');
  Reflect.deleteProperty(old.settings, 'recipe');
  const {settings, velocities} = readRecord(old)!;
  assert.equal([settings.recipe, velocities], ['sgd', []]);
});

test('kept run: its losses are those of the run, as it grows and goes back', () => {
  const kept = new KeptLosses();
  const losses: number[] = [];
  losses[2] = 3; // a file's run: the first two are not known
  const check = (batch: number, of: number[]) =>
    assert.equal(
      [...kept.upTo(batch, of)],
      Array.from({length: batch}, (_, i) => of[i] ?? NaN),
    );
  check(3, losses);
  for (let batch = 4; batch <= 40; batch++) {
    losses.push(1 / 2 ** batch);
    if (batch % 3 === 0) check(batch - 1, losses);
  }
  const back = losses.slice(0, 20);
  back.push(5, 6, 7);
  check(22, back);
  check(23, back);
});

test('kept run: a damaged record, or one of another version, is not read', () => {
  const damages: [string, (record: KeptRecord) => unknown][] = [
    ['version', record => record.version++],
    ['settings', record => Object.assign(record.settings, {seed: 'one'})],
    ['batch', record => Object.assign(record, {batch: 5})],
    [
      'batch, not whole',
      record => Object.assign(record, {batch: 3.5, losses: new Float32Array(3)}),
    ],
    ['a weight is missing', record => record.weights.pop()],
    ['a weight too many', record => record.weights.push(new Float32Array(3))],
    ['a short weight', record => record.weights.splice(0, 1, new Float32Array(199))],
    ['a weight of numbers', record => record.weights.splice(0, 1, Array(200).fill(0) as never)],
    ['a weight that is not finite', record => record.weights[3].fill(Number.NaN, 9)],
    ['losses', record => Object.assign(record, {losses: [1, 2, 3, 4]})],
    ['velocities', record => record.velocities.pop()],
    ['tests', record => Object.assign(record.tests[0], {correct: -1})],
    ['moves', record => Object.assign(record.moves[0], {batch: 'first'})],
    ['evaluation', record => Object.assign(record.evaluation!, {correct: null})],
    ['confusion', record => Object.assign(record.evaluation!, {confusion: new Int32Array(99)})],
    ['predictions', record => Object.assign(record.evaluation!, {predictions: Uint8Array.of(7)})],
  ];
  for (const name of Object.keys(record())) {
    const isFree = [
      'id',
      'time',
      'velocities',
      'evaluation',
      'hasOwnWeights',
      'isTraining',
    ].includes(name);
    if (!isFree) damages.push([`no ${name}`, record => Reflect.deleteProperty(record, name)]);
  }
  for (const [title, damage] of damages) {
    const damaged = record();
    damage(damaged);
    assert.is(readRecord(damaged), undefined, title);
  }
  for (const other of [null, 3, 'run', [], {}]) assert.is(readRecord(other), undefined);
});

test.run();
