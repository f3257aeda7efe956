// Links: each run has one, which gives the same run, and nothing else is taken for a link.
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {linkOf, settingsOf} from '../../src/page/link.ts';
import {
  backends,
  checkSetting,
  defaults,
  ranges,
  type Settings,
  wasmBuilds,
} from '../../src/page/settings.ts';
import {expectPageError} from '../page_errors.ts';

const refuses = (hash: string, sentence: string) =>
  expectPageError(() => settingsOf(hash), sentence);

test('link: that of one epoch of the tutorial', () => {
  assert.is(
    linkOf(defaults()),
    '#net=tutorial&seed=1&batch-size=64&learning-rate=0.15&backend=simd&batches=938',
  );
});

const within = ([min, max]: readonly [number, number]) => fc.integer({min, max});
const [min, max] = ranges.learningRate;
const anySettings: fc.Arbitrary<Settings> = fc.record(
  {
    preset: fc.constantFrom('tutorial', 'mnist-core'),
    seed: within(ranges.seed),
    batchSize: within(ranges.batchSize),
    learningRate: fc.double({min, max, noNaN: true}),
    batches: within(ranges.batches),
    backend: fc.constantFrom(...backends),
    wasm: fc.constantFrom(...wasmBuilds),
  },
  {
    noNullPrototype: true,
    requiredKeys: ['preset', 'seed', 'batchSize', 'learningRate', 'batches', 'backend'],
  },
);

test('link: it gives back exactly the settings that it was made of', () => {
  const there = (settings: Settings) => assert.equal(settingsOf(linkOf(settings)), settings);
  fc.assert(fc.property(anySettings, there));
});

test('link: both ends of each range are allowed', () => {
  for (const end of [0, 1]) {
    const numbers = Object.entries(ranges).map(([key, range]) => [key, range[end]]);
    const settings = {...defaults(), ...Object.fromEntries(numbers)};
    assert.equal(settingsOf(linkOf(settings)), settings);
  }
});

test('link: one without settings is no run', () => {
  for (const hash of ['', '#', '#&']) assert.is(settingsOf(hash), undefined);
});

test('link: what it leaves out has the default of its network', () => {
  assert.equal(settingsOf('#seed=7'), {...defaults('tutorial'), seed: 7});
  assert.equal(settingsOf('#net=mnist-core'), defaults('mnist-core'));
  assert.is(settingsOf('#backend=cpu&net=mnist-core')?.learningRate, 0.1);
});

test('link: numbers may be written as people write them', () => {
  for (const [text, value] of [
    ['.5', 0.5],
    ['1.', 1],
    ['1e-3', 0.001],
    ['2E1', 20],
    ['010', 10],
  ] as const) {
    assert.is(checkSetting('learningRate', text), value);
  }
  assert.is(checkSetting('batches', '1e3'), 1000);
  assert.is(checkSetting('seed', '-5'), -5);
});

test('link: a number that is none, or out of range, is refused by its name', () => {
  const wrong = {
    seed: ['-2147483649', '2147483648', '1.5'],
    'batch-size': ['0', '4097', '64.5', '-1'],
    batches: ['0', '1000001', '0.5'],
    'learning-rate': ['0', '9e-7', '1000.001', '-0.1'],
  };
  const bounds = {
    seed: 'a whole number from -2147483648 to 2147483647',
    'batch-size': 'a whole number from 1 to 4096',
    batches: 'a whole number from 1 to 1000000',
    'learning-rate': 'a number from 0.000001 to 1000',
  };
  const never = ['', ' ', ' 1', '1 ', '0x1', '1_0', '1,5', '１', 'NaN', 'Infinity', '1e999', 'one'];
  for (const name of Object.keys(bounds) as (keyof typeof bounds)[]) {
    for (const text of [...wrong[name], ...never]) {
      const hash = `#${new URLSearchParams({[name]: text})}`;
      refuses(hash, `${name} should be ${bounds[name]}, and is “${text}”.`);
    }
  }
});

test('link: it names the build of simd where the run has one', () => {
  assert.match(linkOf({...defaults(), wasm: 'relaxed'}), /&batches=938&wasm=relaxed$/);
  assert.not.match(linkOf({...defaults(), wasm: undefined}), 'wasm');
  assert.is(settingsOf('#seed=1&wasm=plain')?.wasm, 'plain');
  assert.not.ok('wasm' in settingsOf('#seed=1')!);
});

test('link: an unknown network, backend or build is refused', () => {
  for (const found of ['lenet', '', 'toString', 'Tutorial']) {
    refuses(`#net=${found}`, `net should be one of tutorial, mnist-core, and is “${found}”.`);
  }
  refuses('#backend=webgpu', 'backend should be one of simd, cpu, webgl, wasm, and is “webgpu”.');
  refuses('#wasm=simd', 'wasm should be one of plain, relaxed, and is “simd”.');
});

test('link: an unknown setting, or one set twice, is refused', () => {
  for (const found of ['epochs', 'preset', 'batchSize', '__proto__', '']) {
    const known = 'net, seed, batch-size, learning-rate, backend, batches, wasm';
    const sentence = `A link can set ${known}, and this one sets “${found}”.`;
    refuses(`#seed=1&${found}=2`, sentence);
  }
  const sentence = 'A link should set seed once, and this one sets it 2 times.';
  refuses('#seed=1&net=tutorial&seed=1', sentence);
});

test('link: any other hash is refused, never a crash', () => {
  fc.assert(
    fc.property(fc.string({minLength: 1, unit: 'binary'}), text => {
      try {
        settingsOf(`#${text}`);
      } catch (error) {
        assert.is((error as Error).name, 'PageError');
      }
    }),
  );
});

test.run();
