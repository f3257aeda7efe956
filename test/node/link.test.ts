// Links: each run has one, which gives the same run, and nothing else is taken for a link.
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {linkOf, settingsOf, viewOf, withView} from '../../src/page/link.ts';
import * as page from '../../src/page/settings.ts';
import {expectPageError} from '../page_errors.ts';

const {backends, checkSetting, defaults, ranges} = page;

const refuses = (hash: string, sentence: string) =>
  expectPageError(() => settingsOf(hash), sentence);

test('link: the default settings have the link of one epoch of the tutorial', () => {
  const link =
    '#net=tutorial&seed=1&batch-size=64&recipe=sgd&learning-rate=0.15&backend=simd&batches=938';
  assert.is(linkOf(defaults()), link);
});

const within = ([min, max]: readonly [number, number]) => fc.integer({min, max});
const [min, max] = ranges.learningRate;
const needed = {
  preset: fc.constantFrom('tutorial' as const, 'mnist-core'),
  seed: within(ranges.seed),
  batchSize: within(ranges.batchSize),
  recipe: fc.constantFrom('sgd' as const, 'fast'),
  learningRate: fc.double({min, max, noNaN: true}),
  batches: within(ranges.batches),
  backend: fc.constantFrom(...backends),
};
const anySettings = fc.oneof(
  fc.record(needed, {noNullPrototype: true}),
  fc.record({...needed, wasm: fc.constantFrom(...page.wasmBuilds)}, {noNullPrototype: true}),
);
const comesBack = (settings: page.Settings) => assert.equal(settingsOf(linkOf(settings)), settings);

test('link: settings come back from their link exactly', () => {
  fc.assert(fc.property(anySettings, comesBack));
});

test('link: both ends of each range are allowed', () => {
  for (const end of [0, 1]) {
    const numbers = Object.entries(ranges).map(([key, range]) => [key, range[end]]);
    comesBack({...defaults(), ...Object.fromEntries(numbers)});
  }
});

test('link: a hash without settings is no run', () => {
  for (const hash of ['', '#', '#&']) assert.is(settingsOf(hash), undefined);
});

test('link: a setting that it leaves out has the default of its network', () => {
  assert.equal(settingsOf('#seed=7'), {...defaults(), seed: 7});
  assert.equal(settingsOf('#net=mnist-core'), defaults({preset: 'mnist-core'}));
  assert.is(settingsOf('#recipe=fast&batches=938')?.learningRate, 0.1);
  assert.is(settingsOf('#recipe=fast&batches=939')?.learningRate, 0.08);
  assert.is(settingsOf('#backend=cpu&net=mnist-core')?.learningRate, 0.1);
});

test('link: numbers may be written as people write them', () => {
  const values = {'.5': 0.5, '1.': 1, '1e-3': 0.001, '2E1': 20, '010': 10};
  for (const [text, value] of Object.entries(values)) {
    assert.is(checkSetting('learningRate', text), value);
  }
  assert.is(checkSetting('batches', '1e3'), 1000);
  assert.is(checkSetting('seed', '-5'), -5);
});

test('link: a text that is no number, or a number out of range, is refused with its setting’s name', () => {
  const wrong = ['', ' ', ' 1', '1 ', '0x1', '1_0', '1,5', '１', 'NaN', 'Infinity', '1e999', 'one'];
  for (const [name, range, ...outside] of [
    ['seed', 'a whole number from -2147483648 to 2147483647', '-2147483649', '2147483648', '1.5'],
    ['batch-size', 'a whole number from 1 to 4096', '0', '4097', '64.5', '-1'],
    ['batches', 'a whole number from 1 to 1000000', '0', '1000001', '0.5'],
    ['learning-rate', 'a number from 0.000001 to 1000', '0', '9e-7', '1000.001', '-0.1'],
  ]) {
    for (const text of [...outside, ...wrong]) {
      const hash = `#${new URLSearchParams({[name]: text})}`;
      refuses(hash, `${name} should be ${range}, and is “${text}”.`);
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
  const offered = page.backends.join(', ');
  refuses('#backend=webgpu', `backend should be one of ${offered}, and is “webgpu”.`);
  refuses('#wasm=simd', 'wasm should be one of plain, relaxed, and is “simd”.');
});

test('link: an unknown setting, or one set twice, is refused', () => {
  for (const found of ['epochs', 'preset', 'batchSize', '__proto__', '']) {
    const known =
      'net, seed, batch-size, recipe, learning-rate, backend, batches, wasm, cell, digit, label';
    refuses(`#seed=1&${found}=2`, `A link can set ${known}, and this one sets “${found}”.`);
  }
  const twice = 'A link should set seed once, and this one sets it 2 times.';
  refuses('#seed=1&net=tutorial&seed=1', twice);
});

test('link: what only shows something is no run, and goes with one', () => {
  assert.is(settingsOf('#cell=conv1[3,4,2]&digit=17&label=3'), undefined);
  assert.equal(settingsOf('#seed=7&cell=loss[]'), {...defaults(), seed: 7});
  const twice = 'A link should set cell once, and this one sets it 2 times.';
  refuses('#cell=loss[]&cell=loss[]', twice);
});

test('link: a view comes back from its link, and leaves the run’s settings as they are', () => {
  const cells = [
    'image[27,0,0]',
    'dconv2.filter[4,4,7,15]',
    'dense[9]',
    'ddense.bias[0]',
    'loss[]',
  ];
  for (const text of cells) {
    const view = viewOf(`#cell=${text}&digit=9999&label=0`, 'tutorial');
    assert.equal([view.digit, view.label], [9999, 0]);
    assert.is(withView('#seed=7&cell=loss[]', view), `#seed=7&cell=${text}&digit=9999&label=0`);
  }
  assert.equal(viewOf('#seed=7', 'tutorial'), {
    cell: undefined,
    digit: undefined,
    label: undefined,
  });
  assert.is(withView('#cell=loss[]&digit=3', {}), '');
  assert.is(withView('#seed=7', {}), '#seed=7');
});

test('link: a cell is one of its own network', () => {
  assert.ok(viewOf('#cell=conv1[27,27,7]', 'mnist-core').cell);
  const refusesView = (hash: string, sentence: string) =>
    expectPageError(() => viewOf(hash, 'tutorial'), sentence);
  const names =
    'image, conv1, pool1, relu1, conv2, pool2, relu2, dense, softmax, loss, ' +
    'conv1.filter, conv1.bias, conv2.filter, conv2.bias, dense.weights, dense.bias';
  for (const found of [
    'conv9[1]',
    '',
    'dconv9[1]',
    'toString[]',
    'dtoString[]',
    '__proto__[1]',
    'd',
    'x'.repeat(9),
  ]) {
    const expected = `A cell of the network tutorial begins with ${names}, or with d and one of these for a gradient`;
    refusesView(`#cell=${found}`, `${expected}; this link asks for “${found}”.`);
  }
  for (const [found, place] of [
    ['conv1[27,27,7]', 'conv1 is [24, 24, 8], so its last cell is conv1[23,23,7]'],
    ['dconv1.bias[8]', 'conv1.bias is [8], so its last cell is dconv1.bias[7]'],
    ['dense[10]', 'dense is [10], so its last cell is dense[9]'],
    ['loss[0]', 'loss is [], so its last cell is loss[]'],
    ['image', 'image is [28, 28, 1], so its last cell is image[27,27,0]'],
  ]) {
    refusesView(`#cell=${found}`, `${place}; this link asks for “${found}”.`);
  }
  refusesView('#digit=10000', 'digit should be a whole number from 0 to 9999, and is “10000”.');
  refusesView('#label=10', 'label should be a whole number from 0 to 9, and is “10”.');
});

test('link: any other hash is refused, never a crash', () => {
  const open = (text: string) => {
    try {
      settingsOf(`#${text}`);
      viewOf(`#cell=${encodeURIComponent(text)}`, 'tutorial');
    } catch (error) {
      assert.is((error as Error).name, 'PageError');
    }
  };
  fc.assert(fc.property(fc.string({minLength: 1, unit: 'binary'}), open));
});

test.run();
