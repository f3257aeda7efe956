// The code panel's data against the files: each line that it marks stands where it says, and each letter means what the table says.
import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as layers from '@tensorflow/tfjs-layers';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {anchorsOf, letters, meaningOf, shaderOf, tabs} from '../../src/page/code/anchors.ts';
import {linesOf, placesOf, rangeOf} from '../../src/page/code/excerpts.ts';
import {layersCall} from '../../src/page/code/layers_call.ts';
import {identifiersOf, tokensOf} from '../../src/page/code/listing.ts';
import {makingOf, type Pass, situationOf} from '../../src/page/code/makings.ts';
import {type Cell, shapesOf} from '../../src/page/inside/cells.ts';
import type {Inside} from '../../src/page/inside/inside.ts';
import {codeTexts} from '../../src/page/texts/code.ts';
import {type Preset, weightShapes} from '../../src/presets.ts';

tf.env().set('IS_TEST', false); // beside other tests: with it TensorFlow.js reports what the stock loss saves for its gradient as a leak

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(`${root}${file}`, 'utf8');
const presets = Object.keys(weightShapes) as Preset[];

/** A cell of every kind, of its first and its last element. */
const cellsOf = (preset: Preset): Cell[] =>
  Object.entries(shapesOf(preset)).flatMap(([of, shape]) =>
    [false, true].flatMap(isGradient =>
      [shape.map(() => 0), shape.map(size => size - 1)].map(at => ({of, at, isGradient})),
    ),
  );

for (const preset of presets) {
  test(`sources: every line that the panel marks is there once, in its function, ${preset}`, () => {
    for (const cell of cellsOf(preset)) {
      for (const isSparse of [true, false]) {
        const making = makingOf(preset, cell);
        const [at, hasMomentum] = [cell.at, isSparse];
        const anchors = anchorsOf({...making, preset, at, isSparse, hasMomentum});
        for (const tab of Object.keys(anchors))
          assert.ok(
            tabs.some(name => name === tab),
            tab,
          );
        for (const {file, of, runs} of Object.values(anchors).flat()) {
          const lines = linesOf(read(file));
          const range = rangeOf(lines, of);
          assert.ok(range, `${file} has ${of ?? 'a comment at its head'}`);
          assert.is(placesOf(lines, range, runs).length, 1, `${file}, ${of}: ${runs}`);
          const copy = linesOf(read(`dist/site/sources/${file}.txt`));
          assert.equal(copy.slice(0, range.end), lines.slice(0, range.end), `the site's ${file}`);
        }
      }
    }
  });
}

test('sources: a number is made by the op that computes it', () => {
  const passOf = (of: string, isGradient: boolean) => {
    const {pass, station} = makingOf('tutorial', {of, at: [], isGradient});
    return `${pass} ${station.name}`;
  };
  const expected = {
    image: ['pixel image', 'conv2dInputGradient conv1'],
    conv1: ['conv2d conv1', 'maxPoolGradient pool1'],
    pool1: ['maxPool pool1', 'reluGradient relu1'],
    relu1: ['relu relu1', 'conv2dInputGradient conv2'],
    conv2: ['conv2d conv2', 'maxPoolGradient pool2'],
    relu2: ['relu relu2', 'denseInputGradient dense'],
    dense: ['dense dense', 'logitsGradient loss'],
    softmax: ['softmax softmax', 'probabilitiesGradient loss'],
    loss: ['loss loss', 'one loss'],
    'conv1.filter': ['update conv1', 'conv2dFilterGradient conv1'],
    'conv2.bias': ['update conv2', 'conv2dBiasGradient conv2'],
    'dense.weights': ['update dense', 'denseWeightsGradient dense'],
    'dense.bias': ['update dense', 'denseBiasGradient dense'],
  };
  for (const [of, passes] of Object.entries(expected)) {
    assert.equal([passOf(of, false), passOf(of, true)], passes, of);
  }
});

test('sources: where the line depends on the number', () => {
  const lastOf = (
    of: string,
    at: number[],
    tab: 'typescript' | 'assemblyscript',
    isSparse = false,
  ) => {
    const making = makingOf('tutorial', {of, at, isGradient: true});
    return anchorsOf({...making, preset: 'tutorial', at, isSparse, hasMomentum: false})[tab]!.at(
      -1,
    )!;
  };
  // 25 taps are six tiles of four rows, and one row.
  assert.is(lastOf('conv1.filter', [4, 3, 0, 7], 'typescript').of, 'tiles');
  assert.is(lastOf('conv1.filter', [4, 4, 0, 0], 'typescript').of, 'rest');
  assert.is(lastOf('conv2.filter', [4, 4, 7, 0], 'typescript').of, 'tiles');
  assert.is(lastOf('conv2.filter', [4, 4, 7, 0], 'assemblyscript').of, 'sums');
  assert.is(lastOf('conv2.filter', [4, 4, 7, 0], 'assemblyscript', true).of, 'gather');
  assert.is(lastOf('image', [4, 4, 0], 'assemblyscript').of, 'sums');
  assert.is(lastOf('image', [4, 4, 0], 'assemblyscript', true).of, 'scatter');
  const taps = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  for (const [tap, [down, right]] of taps.entries()) {
    const {runs} = lastOf('conv1', [8 + down, 6 + right, 3], 'assemblyscript');
    assert.match(runs, `windowAt + offset${tap}, `);
  }
  const strips = (of: string) =>
    anchorsOf({
      ...makingOf('tutorial', {of, at: [0, 0, 0], isGradient: false}),
      preset: 'tutorial',
      at: [0, 0, 0],
      isSparse: false,
      hasMomentum: false,
    }).assemblyscript!.some(({of}) => of === 'conv2dByStrips');
  assert.equal(['conv1', 'conv2'].map(strips), [true, false]);
});

test('sources: dy is mostly 0 where at most a quarter of the sample of simd is not 0', () => {
  const isSparse = (isZero: (i: number) => boolean) => {
    const dy = Float32Array.from({length: 24 * 24 * 8}, (_, i) => (isZero(i) ? 0 : 1));
    const cell = {of: 'conv1.filter', at: [0, 0, 0, 0], isGradient: true};
    const look = {preset: 'tutorial', gradients: {conv1: dy}, velocities: {}};
    return situationOf({cell, look} as unknown as Inside)!.isSparse;
  };
  assert.ok(
    isSparse(i => i % 4 !== 0),
    'one lane of four',
  );
  assert.not(
    isSparse(i => i % 4 > 1),
    'two lanes of four',
  );
  const isSampled = (i: number) => i % 28 < 4; // every seventh vector
  assert.not(
    isSparse(i => !isSampled(i)),
    'a seventh, but all of the sample',
  );
  assert.ok(isSparse(isSampled), 'none of the sample');
});

test('sources: i is an element of relu, and an input of dense', () => {
  assert.is(meaningOf('relu', 'i'), 'letter_element');
  assert.is(meaningOf('reluGradient', 'i'), 'letter_element');
  assert.is(meaningOf('dense', 'i'), 'letter_i');
});

test('sources: a function has its comment above it and ends with its brace', () => {
  const lines = [
    'const a = 1;',
    '',
    '// Why.',
    '@inline',
    'function first(',
    '  a: number,',
    '): void {',
    '  a;',
    '}',
    'function firstOfAll() {',
    '}',
  ];
  assert.equal(rangeOf(lines, 'first'), {first: 2, end: 9});
  assert.equal(rangeOf(lines, 'firstOfAll'), {first: 9, end: 11});
  assert.is(rangeOf(lines, 'none'), undefined);
  assert.is(rangeOf(lines), undefined);
  assert.equal(placesOf(lines, {first: 2, end: 9}, 'a;\n}'), [{first: 7, end: 9}]);
  assert.equal(placesOf(lines, {first: 2, end: 7}, 'a;'), []);
});

/** The rows of the table of letters: the letters, and what they mean. */
const table = read('src/kernels/README.md')
  .split('| letter | meaning | not |')[1]
  .split('\n')
  .map(row => row.split('|').slice(1, 3))
  .filter(([names]) => names?.includes('`'))
  .map(([names, meaning]) => ({names: [...(names.match(/(?<=`)\w+(?=`)/g) ?? [])], meaning}));

test('sources: each letter of the panel means what the table of src/kernels/README.md says', () => {
  for (const [pass, own] of Object.entries(letters)) {
    for (const letter of own) {
      const row = table.find(({names}) => names.includes(letter));
      assert.ok(row, `the table has ${letter}`);
      const key = meaningOf(pass as Pass, letter) as keyof typeof codeTexts;
      for (const word of identifiersOf(codeTexts[key][0]).filter(word => /\w/.test(word))) {
        assert.match(row.meaning, new RegExp(`\\b${word}\\b`), `${letter}: ${codeTexts[key][0]}`);
      }
    }
  }
});

test('sources: each letter of a formula stands in it as a whole word', () => {
  for (const preset of presets) {
    for (const cell of cellsOf(preset)) {
      const making = makingOf(preset, cell);
      const {definition, formula} = anchorsOf({
        ...making,
        preset,
        at: cell.at,
        isSparse: true,
        hasMomentum: false,
      });
      const shown = [...(formula ?? []), ...(definition ?? [])].flatMap(({file, of}) => {
        const lines = linesOf(read(file));
        const {first, end} = rangeOf(lines, of)!;
        return lines.slice(first, end);
      });
      const words: string[] = shown.flatMap(identifiersOf);
      for (const letter of letters[making.pass]) {
        assert.ok(words.includes(letter), `${making.pass} has ${letter}`);
      }
    }
  }
});

test('sources: the lexer loses no character, and knows whole identifiers', () => {
  const files = readdirSync(`${root}src/kernels`, {recursive: true, encoding: 'utf8'});
  for (const file of files.filter(name => name.endsWith('.ts'))) {
    const text = read(`src/kernels/${file}`);
    const lines = tokensOf(text).map(tokens => tokens.map(token => token.text).join(''));
    assert.is(lines.join('\n'), text, file);
  }
  assert.equal(identifiersOf('d1Pair+d1·weightsᵀ'), ['d1Pair', '+', 'd1', '·', 'weightsᵀ']);
});

test('sources: GLSL within a TypeScript string has its colours', () => {
  const [line] = tokensOf('  const code = `vec4 y = x; // why`;');
  const typeOf = (text: string) => line.find(token => token.text === text)?.type;
  assert.equal([typeOf('const'), typeOf('vec4'), typeOf('y')], ['keyword', 'class', 'identifier']);
});

for (const preset of presets) {
  test(`sources: the calls of tf.layers run and have the shapes of ${preset}`, async () => {
    await tf.setBackend('cpu');
    const shapes = shapesOf(preset);
    for (const cell of cellsOf(preset)) {
      const {pass, station} = makingOf(preset, cell);
      const text = layersCall({pass, station}, shapes[station.input ?? 'image'], {
        recipe: 'sgd',
        learningRate: 0.15,
        batchSize: 64,
      });
      const made = /const (\w+) = (?!.*=>)(?!tf\.layers).*$/.exec(text.trim().split('\n').at(-1)!);
      if (!made || pass === 'update') continue;
      tf.tidy(() => {
        const inputShape = shapes[station.input!];
        const isDense = station.op === 'dense';
        const size = inputShape.reduce((product, each) => product * each, 1);
        const values = {
          tf: Object.assign({layers: layers.layers, metrics: layers.metrics}, tf),
          x: tf.ones([1, ...(isDense ? [size] : inputShape)]),
          dy: tf.ones([1, ...station.shape]),
          logits: tf.ones([1, 10]),
          labels: tf.oneHot(tf.tensor1d([3], 'int32'), 10),
        };
        const run = new Function(...Object.keys(values), `${text}\nreturn ${made[1]};`);
        const result: tf.Tensor = run(...Object.values(values));
        const shape = shapes[cell.of];
        const isWeight = cell.of in weightShapes[preset];
        const flat = isDense && pass === 'denseInputGradient' ? [1, size] : [1, ...shape];
        const expected = isWeight || cell.of === 'loss' ? shape : flat;
        assert.equal(result.shape, [...expected], `${pass} ${station.name}\n${text}`);
      });
    }
  });
}

test('sources: every pass with a kernel has a line in its fragment program', () => {
  for (const preset of presets) {
    for (const cell of cellsOf(preset)) {
      const {pass, station} = makingOf(preset, cell);
      const {glsl} = anchorsOf({
        ...{pass, station, preset},
        at: cell.at,
        isSparse: true,
        hasMomentum: false,
      });
      const shader = shaderOf(pass);
      assert.is(shader === undefined, glsl === undefined, pass);
      if (!shader) continue;
      const file = `dist/site/sources/shaders/${preset}/${station.name}.${shader.kernel}.txt`;
      assert.match(read(file), shader.line, `${preset} ${station.name} ${pass}`);
    }
  }
});

test.run();
