// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for
// The command line: the built program is run as its users run it, on a small folder of images made here.
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {parseOptions} from '../src/cli/options.ts';
import {blockLines, createProgress, type Run, sparkline} from '../src/cli/progress.ts';
import {
  accuracyLines,
  confusionMatrix,
  digitLines,
  failureLine,
  report,
} from '../src/cli/report.ts';
import {summarise} from '../src/cli/summary.ts';
import {clock, median, percent, wilsonInterval} from '../src/numbers.ts';
import {failureOf} from '../src/outcome.ts';
import {Random} from '../src/random.ts';

const program = fileURLToPath(new URL('../cli.js', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const trainSize = 320;
const testSize = 200;
const temporary = mkdtempSync(join(tmpdir(), 'mnist-ops-cli-'));
const folder = writeImages(join(temporary, 'images'));
const small = ['--data', folder, '--batch-size', '16'];

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A program that doesn't end when it should fails its test, and doesn't hang all of them. */
const limit = {timeout: 60_000, killSignal: 'SIGKILL'} as const;

/** Runs the program; `watch` is called with it and with all of its stdout so far whenever there is more. */
function run(args: string[], watch?: (child: ChildProcess, stdout: string) => void) {
  return finished(spawn(process.execPath, [program, ...args], limit), watch);
}

/** Runs a program of Node's in another environment, in which a variable can be undefined. */
function runIn(env: Record<string, string | undefined>, ...args: string[]) {
  return finished(spawn(process.execPath, args, {...limit, env: {...process.env, ...env}}));
}

function finished(child: ChildProcess, watch?: (child: ChildProcess, stdout: string) => void) {
  const result: Finished = {code: null, stdout: '', stderr: ''};
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text;
    watch?.(child, result.stdout);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text;
  });
  return new Promise<Finished>((resolve, reject) => {
    child.on('error', reject).on('close', code => resolve({...result, code}));
  });
}

// ---- the report and the progress block

/** Each digit has 20 images, all right but for three 4s that were taken for a 9. */
const confusion = Int32Array.from({length: 100}, (_, i) => (i % 11 === 0 ? 20 : 0));
confusion[44] = 17;
confusion[49] = 3;
const evaluation = {correct: 197, total: 200, confusion, predictions: new Uint8Array(200)};

test('Wilson interval of 97 in 100 is [0.9155, 0.9897], and stays within [0, 1]', () => {
  // z² = 3.8415: centre (0.97 + 0.019207) / 1.038415 = 0.952612; margin 1.959964 · √(0.000291 + 0.000096) / 1.038415 = 0.037133
  const [low, high] = wilsonInterval(97, 100);
  assert.is(low.toFixed(4), '0.9155');
  assert.is(high.toFixed(4), '0.9897');
  assert.is(wilsonInterval(0, 50)[0], 0);
  assert.ok(wilsonInterval(50, 50)[1] <= 1 && wilsonInterval(50, 50)[1] > 0.9999);
});

test('the accuracy has percentage, counts and interval', () => {
  assert.is(
    accuracyLines({...evaluation, correct: 9765, total: 10000}),
    'Test accuracy: 97.65 %, 9,765 of 10,000 right\n95 % interval: 97.33 % to 97.93 %',
  );
});

test('percentages reach 100 and 0 only exactly', () => {
  assert.equal([1, 0.99999, 0.5, 0.00001, 0].map(percent), [
    '100.00 %',
    '99.99 %',
    '50.00 %',
    '0.01 %',
    '0.00 %',
  ]);
});

test('per-digit accuracy stands under its digit; a digit without images has none', () => {
  const missing = confusion.slice();
  missing[77] = 0;
  assert.is(
    digitLines({...evaluation, confusion: missing}),
    '  digit    0    1    2    3    4    5    6    7    8    9\n' +
      'right %  100  100  100  100 85.0  100  100    -  100  100',
  );
});

test('confusion matrix: labels down, predictions across, zeros as dots, columns aligned', () => {
  const [, heading, ...rows] = confusionMatrix(evaluation).split('\n');
  assert.is(heading, '           0    1    2    3    4    5    6    7    8    9');
  assert.is(rows[4], '      4    ·    ·    ·    ·   17    ·    ·    ·    ·    3');
  assert.is(rows[9], '      9    ·    ·    ·    ·    ·    ·    ·    ·    ·   20');
  assert.ok(rows.length === 10 && rows.every(row => row.length === heading.length));
});

test('a report says whether the run was interrupted, and where', () => {
  assert.match(report(evaluation, 1234), 'Interrupted after batch 1,234');
  assert.not.match(report(evaluation), 'Interrupted');
});

test('a run fails if all answers are one digit, or if its last losses are above its first', () => {
  const ofOne = Int32Array.from({length: 100}, (_, i) => (i % 10 === 1 ? 20 : 0));
  const one = {...evaluation, confusion: ofOne};
  const falling = Array.from({length: 40}, (_, i) => 3 - i / 20);
  const rising = [...falling].reverse();
  assert.is(failureOf(one, falling), 'one digit');
  assert.is(failureOf(evaluation, rising), 'loss rose');
  assert.is(failureOf(evaluation, falling), undefined);
  assert.is(failureOf(evaluation, rising.slice(0, 20)), undefined, 'too short to tell');
  const opened = Array.from<number>({length: 60}).fill(1, 30);
  assert.is(failureOf(evaluation, opened), undefined, 'its first loss is not known');
  const sevens = new Int32Array(100);
  sevens[77] = 20;
  assert.is(failureOf({confusion: sevens}, falling), undefined, 'there is no other label');
  assert.is(
    failureLine(one, falling, 5),
    'All 200 answers are 1: nothing was learnt. Try a learning rate smaller than 5 (0.1 to 0.15 are usual), or more batches.',
  );
});

test('median of an odd and an even number of values', () => {
  assert.is(median([9, 1, 5]), 5);
  assert.is(median([9, 1, 5, 6]), 5.5);
});

test('clock has hours only when it needs them', () => {
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

test('the speed is in images a second', () => {
  let text = '';
  const stream = {write: (more: string) => (text += more)} as unknown as NodeJS.WriteStream;
  const progress = createProgress(stream, {batches: 2, batchesPerEpoch: 2});
  progress.show({kind: 'batch', batch: 1, batches: 2, epoch: 1, loss: 2, images: 16, ms: 4});
  assert.match(text, 'batch 1/2  loss 2.0000  4,000 images/s');
});

test('the milliseconds of a step are the median without the first five, if there are more', () => {
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

test('the block is never wider than the terminal and keeps the batch numbers longest', () => {
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

// ---- the program, away from a terminal

const optionNames = [
  'backend',
  'wasm',
  'net',
  'epochs',
  'batches',
  'batch-size',
  'learning-rate',
  'seed',
  'data',
  'test-every',
  'test-size',
  'json',
  'help',
];

test('--help and -h list every option', async () => {
  const [long, short] = await Promise.all([run(['--help']), run(['--json', '-h'])]);
  for (const {code, stdout, stderr} of [long, short]) {
    assert.is(code, 0);
    assert.is(stderr, '');
    for (const name of optionNames) assert.match(stdout, `--${name} `);
  }
});

test('plain output: header, batches, tests and report, no control character, no banner', async () => {
  const args = [...small, '--epochs', '2', '--test-every', '10', '--test-size', '50'];
  const {code, stdout, stderr} = await run(args);
  assert.is(code, 0);
  assert.is(stderr, '');
  assert.not.match(stdout, /[\x00-\x09\x0b-\x1f\x7f]/);
  assert.not.match(stdout, /tensorflow/i);
  assert.match(
    stdout,
    /^tutorial net with 5,994 parameters\nbackend simd( with relaxed SIMD)?, seed 1\n/,
  );
  assert.match(stdout, 'batch size 16, learning rate 0.15');
  assert.match(stdout, '320 training and 200 test images');
  assert.match(stdout, /^batch {2}1\/40 {2}loss \d\.\d{4} {2}[\d,]+ images\/s {2}\d+:\d\d left$/m);
  assert.match(stdout, /^batch 10\/40 {2}test [\d.]+ % of 50 images$/m);
  assert.match(stdout, /^batch 20\/40 {2}test [\d.]+ % of 200 images, epoch 1$/m);
  assert.match(stdout, /^batch 40\/40 {2}test [\d.]+ % of 200 images, epoch 2$/m);
  assert.match(stdout, /^Test accuracy: .* of 200 right\n95 % interval: /m);
  assert.match(stdout, /^ {2}digit .*\nright % /m);
  assert.match(stdout, 'Confusion matrix');
});

test('a plain epoch takes 10 to 20 lines', async () => {
  const {stdout} = await run(['--data', folder, '--batch-size', '4', '--epochs', '1']);
  const lines = stdout.match(/^batch .* loss /gm) ?? [];
  assert.ok(lines.length >= 10 && lines.length <= 20, `${lines.length} lines`);
});

const jsonKeys =
  'backend,build,net,seed,epochs,batches,batchSize,learningRate,msPerStep,seconds,firstLoss,lastLoss,testCorrect,testTotal,testAccuracy,failure';

test('--json: stdout is one line with the keys in order; the same seed gives the same losses', async () => {
  const args = [...small, '--batches', '24', '--json', '--seed'];
  const [first, again, other] = await Promise.all([
    run([...args, '7']),
    run([...args, '7']),
    run([...args, '-8', '--net', 'mnist-core']),
  ]);
  assert.equal([first.code, again.code, other.code], [0, 0, 0]);
  assert.match(first.stdout, /^\{.*\}\n$/);
  assert.match(first.stderr, 'Confusion matrix');
  const [a, b, c] = [first, again, other].map(({stdout}) => JSON.parse(stdout));
  assert.is(Object.keys(a).join(), jsonKeys);
  assert.is(a.backend, 'simd');
  assert.is(a.net, 'tutorial');
  assert.is(a.seed, 7);
  assert.is(a.epochs, 2, '24 batches of 16 begin a second pass over 320 images');
  assert.is(a.batches, 24);
  assert.is(a.batchSize, 16);
  assert.is(a.learningRate, 0.15);
  assert.ok(a.msPerStep > 0 && a.msPerStep < 1000 * a.seconds);
  assert.ok(a.firstLoss > 1.5 && a.firstLoss < 4, 'about ln 10 at first');
  assert.ok(a.lastLoss < a.firstLoss, 'it learns');
  assert.match(first.stderr, `batch  1/24  loss ${a.firstLoss.toFixed(4)} `);
  assert.match(first.stderr, `batch 24/24  loss ${a.lastLoss.toFixed(4)} `);
  assert.is(a.testTotal, testSize);
  assert.is(a.testAccuracy, a.testCorrect / a.testTotal);
  assert.match(first.stderr, `${a.testCorrect} of ${a.testTotal} right`);
  assert.equal([b.firstLoss, b.lastLoss, b.testCorrect], [a.firstLoss, a.lastLoss, a.testCorrect]);
  assert.equal([c.seed, c.net, c.learningRate], [-8, 'mnist-core', 0.1]);
  assert.is.not(c.firstLoss, a.firstLoss);
});

test('a learning rate that is too large: the report says that nothing was learnt, --json why; exit 0', async () => {
  const args = [...small, '--batches', '24', '--json', '--learning-rate'];
  const [large, usual] = await Promise.all([run([...args, '10']), run([...args, '0.05'])]);
  assert.equal([large.code, usual.code], [0, 0]);
  assert.ok(['one digit', 'loss rose'].includes(JSON.parse(large.stdout).failure), large.stdout);
  assert.match(large.stderr, /nothing was learnt\. Try a learning rate smaller than 10 /);
  assert.is(JSON.parse(usual.stdout).failure, null);
  assert.not.match(usual.stderr, 'nothing was learnt');
});

// ---- what goes wrong

/** Runs all of them, two at a time, and expects each to end with one sentence that has the given text. */
async function fails(code: number, cases: [args: string[], sentence: string][]) {
  const next = async (): Promise<void> => {
    const item = cases.shift();
    if (!item) return;
    const [args, sentence] = item;
    const found = await run(args);
    const title = `${args.join(' ')} gives ${JSON.stringify(found.stderr)}`;
    assert.is(found.code, code, title);
    assert.match(found.stderr, /^mnist-ops: [^\n]+\n$/, title);
    assert.ok(found.stderr.includes(sentence), `${title}, expected ${sentence}`);
    assert.not.match(found.stdout + found.stderr, '    at ');
    await next();
  };
  await Promise.all([next(), next()]);
}

test('wrong use: one sentence with the option, what was expected and what was found; exit 2', () =>
  fails(2, [
    [['--epoch', '2'], '--epoch: unknown option, did you mean --epochs?'],
    [['--momentum', '1'], '--momentum: unknown option, see --help'],
    [['-x'], '-x: unknown option, see --help'],
    [['--no-json'], '--no-json: unknown option'],
    [['100'], 'expected options only, found "100"'],
    [['--epochs'], '--epochs: expected a value (--epochs N), found the end'],
    [['--data', '--json'], '--data: expected a value (--data DIR), found "--json"'],
    [['--data', ''], '--data: expected a folder, found ""'],
    [['--json=yes'], '--json: expected no value, found "yes"'],
    [['--epochs', '0'], '--epochs: expected a whole number of at least 1, found "0"'],
    [['--batches', '-3'], '--batches: expected a whole number of at least 1, found "-3"'],
    [['--batch-size', '1.5'], '--batch-size: expected a whole number of at least 1, found "1.5"'],
    [['--test-size', '0'], '--test-size: expected a whole number of at least 1, found "0"'],
    [['--test-every=-1'], '--test-every: expected a whole number of at least 0, found "-1"'],
    [['--seed', 'x'], '--seed: expected a whole number from -2147483648 to 2147483647, found "x"'],
    [['--seed', '4294967297'], '--seed: expected a whole number from'],
    [['--learning-rate', '0'], '--learning-rate: expected a number above 0, found "0"'],
    [['--learning-rate', 'fast'], '--learning-rate: expected a number above 0, found "fast"'],
    [['--backend', 'gpu'], '--backend: expected simd, cpu or webgl, found "gpu"'],
    [['--wasm', 'fast'], '--wasm: expected plain or relaxed, found "fast"'],
    [
      ['--wasm', 'plain', '--backend', 'cpu'],
      '--wasm: expected with the backend simd only, found "plain" with cpu',
    ],
    [['--net', 'lenet'], '--net: expected tutorial or mnist-core, found "lenet"'],
    [['--epochs', '2', '--batches', '3'], '--batches: expected to be given instead of --epochs'],
    [
      ['--data', folder, '--batch-size', '321'],
      '--batch-size: expected at most the 320 training images, found 321',
    ],
    [
      [...small, '--test-size', '201'],
      '--test-size: expected at most the 200 test images, found 201',
    ],
  ]));

test('bad data: one sentence with the file, exit 1', () => {
  const broken = (name: string, breakIt: (folder: string) => void): [string[], string] => {
    const copy = join(temporary, name);
    cpSync(folder, copy, {recursive: true});
    breakIt(copy);
    return [['--data', copy], name];
  };
  const labels = 't10k-labels-idx1-ubyte';
  return fails(1, [
    [['--data', join(temporary, 'nowhere')], 'nowhere'],
    broken('without-labels', copy => rmSync(join(copy, labels))),
    broken('truncated', copy => truncateSync(join(copy, 't10k-images-idx3-ubyte'), 1000)),
    broken('wrong-magic', copy => writeFileSync(join(copy, labels), 'these are no labels')),
  ]);
});

test('images that seem to be transposed are trained on, and it is said', async () => {
  const copy = join(temporary, 'transposed');
  cpSync(folder, copy, {recursive: true});
  const path = join(copy, 't10k-images-idx3-ubyte');
  // Rows 12 to 15 of every image, and nothing else.
  const lying = (at: number) => at >= 12 * 28 && at < 16 * 28;
  const images = readFileSync(path);
  writeFileSync(
    path,
    images.map((byte, i) => (i < 16 ? byte : lying((i - 16) % 784) ? 255 : 0)),
  );
  const runs = [copy, folder].map(each => run(['--data', each, '--batches', '1']));
  const [transposed, upright] = await Promise.all(runs);
  assert.equal([transposed.code, upright.code], [0, 0]);
  assert.match(transposed.stdout, '\nThe ones lie on their side: the images seem to be transposed');
  assert.not.match(upright.stdout, 'transposed');
});

for (const backend of ['simd', 'webgl']) {
  const inBackend = [...small, '--backend', backend];

  test(`a run that diverges names the batch, exit 1, ${backend}`, () =>
    // With 1e6 the relus die, and a loss of half a million stays finite.
    fails(1, [[[...inBackend, '--epochs', '5', '--learning-rate', '1e38'], 'at batch 2 of 100']]));

  test(`Ctrl-C stops the training, and the report is on what was learnt so far; exit 130, ${backend}`, async () => {
    let pressed = 0;
    const args = [...inBackend, '--epochs', '100000'];
    const {code, stdout, stderr} = await run(args, (child, text) => {
      // A second signal at once is no second key press: npm passes on the one that the terminal has sent to both.
      const next = [/^batch .*loss/m, /^Stopping/m][pressed];
      if (!next?.test(text)) return;
      pressed++;
      child.kill('SIGINT');
    });
    assert.is(code, 130);
    assert.is(stderr, '');
    const [, batch] = /^Interrupted after batch ([\d,]+)/m.exec(stdout) ?? [];
    assert.ok(Number(batch?.replaceAll(',', '')) >= 1, stdout);
    assert.match(stdout, 'of 200 right');
    assert.match(stdout, 'Confusion matrix');
  });
}

test('a reader that closes the pipe early, as head does, ends the program quietly', async () => {
  const {code, stderr} = await run([...small, '--epochs', '100000'], child =>
    child.stdout!.destroy(),
  );
  assert.is(code, 141);
  assert.is(stderr, '');
});

test('a reader that closes the pipe of the progress early does not take the result away', async () => {
  const child = spawn(process.execPath, [program, ...small, '--batches', '60', '--json'], limit);
  child.stderr.destroy();
  const {code, stdout} = await finished(child);
  assert.is(code, 0);
  assert.is(JSON.parse(stdout).batches, 60);
});

/** Takes every byte, and says that there is no space for it. */
const full = '/dev/full';
const hasFull = existsSync(full);
if (!hasFull) console.log('SKIPPED: only Linux has a file that is always full');

/** Runs the program with stdout or stderr on a full disk. */
async function runOnFullDisk(stream: 'stdout' | 'stderr', args: string[]): Promise<Finished> {
  const file = openSync(full, 'w');
  try {
    const stdio: ('ignore' | 'pipe' | number)[] = ['ignore', 'pipe', 'pipe'];
    stdio[stream === 'stdout' ? 1 : 2] = file;
    return await finished(spawn(process.execPath, [program, ...args], {...limit, stdio}));
  } finally {
    closeSync(file);
  }
}

(hasFull ? test : test.skip)(
  'a full disk ends the program with a sentence, exit 1; one that the progress alone goes to does not',
  async () => {
    const sentence =
      'mnist-ops: stdout: expected to be written, found no space left on the device\n';
    for (const args of [[...small, '--epochs', '100000'], [...small, '--json'], ['--help']]) {
      const {code, stderr} = await runOnFullDisk('stdout', args);
      assert.is(code, 1);
      assert.ok(stderr.endsWith(sentence), stderr);
      assert.not.match(stderr, '    at ');
    }
    const {code, stdout} = await runOnFullDisk('stderr', [...small, '--json']);
    assert.is(code, 0);
    assert.is(JSON.parse(stdout).epochs, 5);
  },
);

for (const [signal, expected] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} loses nothing: the report and the result are on what was learnt so far; exit ${expected}`, async () => {
    const child = spawn(
      process.execPath,
      [program, ...small, '--epochs', '100000', '--json'],
      limit,
    );
    let sent = false;
    let progress = '';
    child.stderr.on('data', data => {
      progress += data;
      if (sent || !/^batch .*loss/m.test(progress)) return;
      sent = true;
      child.kill(signal);
    });
    const {code, stdout, stderr} = await finished(child);
    assert.is(code, expected);
    assert.match(stderr, /^Interrupted after batch [\d,]+: /m);
    assert.match(stderr, 'of 200 right');
    assert.is(JSON.parse(stdout).testTotal, testSize);
  });
}

test('the default is five epochs on simd and one on cpu', async () => {
  const few = ['--data', folder, '--batch-size', '320', '--json'];
  const [simd, cpu] = await Promise.all([run(few), run([...few, '--backend', 'cpu'])]);
  const [a, b] = [simd, cpu].map(({stdout}) => JSON.parse(stdout));
  assert.equal([a.backend, a.epochs, b.backend, b.epochs], ['simd', 5, 'cpu', 1]);
  const [first, expected] = [a.firstLoss, b.firstLoss];
  assert.ok(Math.abs(first - expected) <= 1e-4 * expected, `${first} and ${expected}`);
});

test('without WebAssembly, cpu is taken and said so', async () => {
  const runWithout = (...args: string[]) =>
    finished(
      spawn(process.execPath, ['--jitless', program, ...small, '--batches', '1', ...args], limit),
    );
  const [unasked, ...asked] = await Promise.all([
    runWithout(),
    runWithout('--backend', 'simd'),
    runWithout('--wasm', 'plain'),
  ]);
  assert.is(unasked.code, 0, unasked.stderr);
  assert.match(unasked.stdout, '\nbackend cpu (WebAssembly has no SIMD here), seed 1\n');
  for (const {code, stderr} of asked) {
    assert.is(code, 2);
    assert.match(stderr, '--backend: expected cpu where WebAssembly has no SIMD, found "simd"');
  }
});

/** Runs the program with less address space than Node 20 asks for where WebAssembly's memory may grow. */
const limitedBy = (...command: string[]) =>
  spawn('sh', ['-c', 'ulimit -v 8000000 && exec "$@"', 'sh', process.execPath, ...command], limit);
const asksForMemory =
  'try {new WebAssembly.Memory({initial: 1, maximum: 65536})} catch {process.exit(9)}';
const canLimit =
  process.platform === 'linux' && (await finished(limitedBy('--eval', asksForMemory))).code === 9;
/** What other versions and systems would hear. */
const refuse =
  'data:text/javascript,WebAssembly.Memory = class {constructor() {throw new RangeError("no memory")}}';
const withoutMemory = canLimit
  ? limitedBy
  : (...command: string[]) => spawn(process.execPath, ['--import', refuse, ...command], limit);

test('without memory for WebAssembly, cpu is taken, with the reason; who asked for simd hears it', async () => {
  const args = [program, ...small, '--json'];
  const [unasked, ...asked] = await Promise.all([
    finished(withoutMemory(...args)),
    finished(withoutMemory(...args, '--backend', 'simd')),
    finished(withoutMemory(...args, '--wasm', 'plain')),
  ]);
  assert.is(unasked.code, 0, unasked.stderr);
  assert.match(unasked.stderr, /\nbackend cpu \(simd cannot run here: .*memory.*\), seed 1\n/);
  const {backend, build, epochs} = JSON.parse(unasked.stdout);
  assert.equal([backend, build, epochs], ['cpu', null, 1]);
  for (const {code, stderr} of asked) {
    assert.is(code, 1);
    assert.match(
      stderr,
      /^mnist-ops: --backend: expected simd to run here, found that it cannot: .*memory.*\n$/,
    );
  }
});

// Node 20 has relaxed SIMD by this option, later ones without it, and not all know the option then.
const relaxing = '--experimental-wasm-relaxed-simd';
const withRelaxed =
  spawnSync(process.execPath, [relaxing, '--eval', '0']).status === 0 ? [relaxing] : [];

test('--wasm plain trains the same where there is relaxed SIMD and where there is none, and --json names the build', async () => {
  const args = [program, ...small, '--batches', '24', '--json'];
  const runs = [
    [...withRelaxed, ...args],
    [...withRelaxed, ...args, '--wasm', 'plain'],
    [...args, '--wasm', 'plain'],
  ];
  const [fastest, plain, elsewhere] = (await Promise.all(runs.map(run => runIn({}, ...run)))).map(
    ({stdout, stderr}) => ({...JSON.parse(stdout), stderr}),
  );
  assert.equal([plain.backend, plain.build, elsewhere.build], ['simd', 'simd', 'simd']);
  assert.is(plain.lastLoss, elsewhere.lastLoss);
  assert.match(plain.stderr, '\nbackend simd, seed 1\n');
  if (fastest.build === 'relaxed simd') {
    assert.match(fastest.stderr, '\nbackend simd with relaxed SIMD, seed 1\n');
  } else console.log('SKIPPED: no relaxed SIMD in this Node');
});

test('a checkout without the development dependencies is told to install them, exit 1', async () => {
  const checkout = join(temporary, 'checkout');
  mkdirSync(checkout);
  cpSync(join(root, 'build.mjs'), join(checkout, 'build.mjs'));
  const {code, stdout, stderr} = await runIn({}, join(checkout, 'build.mjs'), 'cli');
  assert.equal([code, stdout], [1, '']);
  assert.match(
    stderr,
    /^build: expected the development dependencies to be installed \(npm ci, .*\), found no (assemblyscript|esbuild)\n$/,
  );
});

// ---- in a browser

test('webgl: the output of the other backends, and their losses', async () => {
  const args = [...small, '--epochs', '1', '--test-every', '10', '--test-size', '50', '--backend'];
  const [webgl, simd] = await Promise.all([run([...args, 'webgl']), run([...args, 'simd'])]);
  assert.is(webgl.code, 0, webgl.stderr);
  assert.is(webgl.stderr, '');
  assert.match(webgl.stdout, /\nbackend webgl in Chromium [\d.]+ on .+, seed 1\n/);
  const lines = ({stdout}: Finished) =>
    stdout
      .replace(/^backend .*, seed/m, 'backend, seed')
      .replace(/ {2}[\d,]+ images\/s {2}(\d+:\d\d left|testing)$/gm, '')
      .split('\n');
  assert.equal(lines(webgl), lines(simd));
});

test('webgl: --json ends with the same line, on another net, seed and batch size', async () => {
  const args = ['--data', folder, '--net', 'mnist-core', '--seed', '7', '--batch-size', '40'];
  const [webgl, simd] = await Promise.all(
    ['webgl', 'simd'].map(backend =>
      run([...args, '--batches', '4', '--json', '--backend', backend]),
    ),
  );
  assert.is(webgl.code, 0, webgl.stderr);
  assert.match(webgl.stdout, /^\{.*\}\n$/);
  const [found, expected] = [webgl, simd].map(({stdout}) => JSON.parse(stdout));
  assert.is(Object.keys(found).join(), jsonKeys);
  for (const key of ['firstLoss', 'lastLoss']) {
    const [a, b] = [found[key], expected[key]];
    assert.ok(Math.abs(a - b) <= 1e-4 * b, `${key}: ${a} and ${b}`);
  }
  const {msPerStep, seconds, firstLoss, lastLoss} = found;
  const measured = {msPerStep, seconds, firstLoss, lastLoss};
  assert.equal(found, {...expected, backend: 'webgl', build: null, ...measured});
});

/** The processes that a process has started, where Linux tells. */
function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
}
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);
const canWatch = existsSync(`/proc/self/task/${process.pid}/children`);
if (!canWatch) console.log('SKIPPED: only Linux tells which processes a browser is');

(canWatch ? test : test.skip)('webgl: whatever ends the program ends the browser', async () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    let browser: number[] = [];
    const args = [...small, '--backend', 'webgl', '--epochs', '100000'];
    await run(args, (child, text) => {
      if (browser.length || !text.includes('test images')) return;
      browser = childrenOf(child.pid!);
      child.kill(signal);
    });
    assert.ok(browser.length > 0, `no browser was seen before ${signal}`);
    const deadline = performance.now() + 10_000;
    while (browser.some(isAlive) && performance.now() < deadline) {
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    assert.not.ok(browser.some(isAlive), `the browser outlives ${signal}`);
  }
});

test('no browser: one sentence that says what to install, exit 1', async () => {
  // The package as it is installed, without what only its development needs.
  const installed = join(temporary, 'installed');
  const modules = join(installed, 'node_modules');
  mkdirSync(modules, {recursive: true});
  writeFileSync(join(installed, 'package.json'), '{"type": "module"}');
  for (const file of ['cli.js', 'webgl_page.js']) {
    cpSync(join(root, 'dist', file), join(installed, file));
  }
  const args = [join(installed, 'cli.js'), ...small, '--backend', 'webgl'];
  const sentence = async (env: Record<string, string | undefined>, ...words: RegExp[]) => {
    const {code, stdout, stderr} = await runIn(env, ...args);
    assert.is(code, 1, stderr);
    assert.is(stdout, '');
    assert.match(stderr, /^mnist-ops: [^\n]+\n$/);
    for (const word of words) assert.match(stderr, word);
  };
  const env = {PATH: temporary, MNIST_OPS_BROWSER: undefined};
  await sentence(env, /^mnist-ops: playwright-core: .*npm install playwright-core/);

  symlinkSync(join(root, 'node_modules/playwright-core'), join(modules, 'playwright-core'));
  if (process.platform === 'linux') {
    // Where installers put a browser is known elsewhere, and there may be one.
    await sentence(env, /apt-get install chromium/, /MNIST_OPS_BROWSER/, /it is not installed/);
  }
  // Node is no browser.
  const named = {MNIST_OPS_BROWSER: process.execPath};
  await sentence(named, /^mnist-ops: MNIST_OPS_BROWSER: expected a Chrome or Chromium that starts/);
});

test('without a browser, the tests fail with that sentence', async () => {
  const tests = join(root, 'dist/test/browser.test.js');
  const {code, stdout, stderr} = await runIn({MNIST_OPS_BROWSER: process.execPath}, tests);
  assert.is(code, 1);
  assert.match(stdout + stderr, 'FAIL');
  assert.match(stdout + stderr, 'MNIST_OPS_BROWSER: expected a Chrome or Chromium that starts');
});

const hasPackage = process.platform === 'linux' && process.arch === 'x64';
if (!hasPackage) console.log('SKIPPED: @sparticuz/chromium is for Linux on x64');

(hasPackage ? test : test.skip)(
  'where the installed Chromium does not start, the one in @sparticuz/chromium trains',
  async () => {
    writeFileSync(join(temporary, 'chromium'), '#!/bin/sh\nexit 1\n', {mode: 0o755});
    const env = {PATH: temporary, MNIST_OPS_BROWSER: undefined};
    const args = [program, ...small, '--backend', 'webgl', '--batches', '1'];
    const {code, stdout, stderr} = await runIn(env, ...args);
    assert.is(code, 0, stderr);
    assert.is(stderr, '');
    const {devDependencies} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const [major] = devDependencies['@sparticuz/chromium'].split('.');
    assert.match(stdout, `backend webgl in Chromium ${major}.`);
  },
);

// ---- on a terminal: util-linux's script makes a pseudo-terminal for the program

const hasScript = /util-linux/.test(spawnSync('script', ['--version'], {encoding: 'utf8'}).stdout);
if (!hasScript) console.log('SKIPPED: the terminal tests need the program script of util-linux');
const onTerminal = hasScript ? test : test.skip;

function runOnTerminal(
  args: string[],
  columns: number,
  env: Record<string, string> = {},
  watch?: (child: ChildProcess, stdout: string) => void,
) {
  const command = [process.execPath, program, ...args].map(word => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns}; exec ${command}`, '/dev/null'], {
    ...limit,
    env: {...process.env, NO_COLOR: '', TERM: 'xterm', ...env},
  });
  return finished(child, watch);
}

/** The lines of all drawings of the block, which end with "clear to the end of the line"; without other sequences. */
const drawnLines = (stdout: string) =>
  stdout
    .split('\n')
    .filter(line => /\x1b\[K\r?$/.test(line))
    .map(line => line.replace(/\x1b\[[?\d]*[A-Za-z]|\r/g, ''));

onTerminal('the block is drawn within the terminal, and the cursor comes back', async () => {
  const args = [...small, '--epochs', '2', '--test-every', '5', '--test-size', '50'];
  const {code, stdout} = await runOnTerminal(args, 44);
  assert.is(code, 0);
  const lines = drawnLines(stdout);
  assert.ok(
    lines.some(line => /^train █+ +40\/40/.test(line)),
    JSON.stringify(lines),
  );
  assert.ok(lines.some(line => /^loss {2}.*█.*▁/.test(line)));
  assert.ok(lines.some(line => /^test {2}.*█ .* %$/.test(line)));
  assert.ok(lines.every(line => line.length < 44));
  assert.match(stdout, '\x1b[32m', 'colour');
  assert.is(stdout.split('\x1b[?25l').length, 2, 'hidden once');
  assert.ok(stdout.lastIndexOf('\x1b[?25h') > stdout.lastIndexOf('\x1b[?25l'), 'shown again');
  assert.match(stdout.slice(stdout.lastIndexOf('\x1b[?25h')), 'Confusion matrix');
});

onTerminal('NO_COLOR takes the colour away, TERM=dumb the block', async () => {
  const args = [...small, '--batches', '8'];
  const [plain, dumb] = await Promise.all([
    runOnTerminal(args, 80, {NO_COLOR: '1'}),
    runOnTerminal(args, 80, {TERM: 'dumb'}),
  ]);
  assert.match(plain.stdout, 'train █');
  assert.not.match(plain.stdout, /\x1b\[[\d;]*m/);
  assert.not.match(dumb.stdout, '\x1b');
});

onTerminal('the key Ctrl-C gives the report and brings the cursor back, exit 130', async () => {
  let pressed = false;
  const interrupted = await runOnTerminal(
    [...small, '--epochs', '100000'],
    80,
    {},
    (child, text) => {
      if (pressed || !text.includes('train ')) return;
      pressed = true;
      child.stdin!.write('\x03');
    },
  );
  assert.is(interrupted.code, 130);
  assert.match(interrupted.stdout, 'Interrupted after batch');
  assert.match(interrupted.stdout, '\x1b[?25h');
});

onTerminal(
  'a terminal that is closed ends the program without a stack trace, and the result is not lost',
  async () => {
    const [pid, result, errors] = ['pid', 'result', 'errors'].map(name => join(temporary, name));
    const end = async (redirection: string) => {
      const command = [process.execPath, program, ...small, '--epochs', '100000'];
      const line = `echo $$ > ${pid}; exec ${command.join(' ')} ${redirection}`;
      const child = spawn('script', ['-qec', line, '/dev/null'], limit);
      await finished(child, (child, text) => {
        if (text.includes('train ')) child.kill('SIGKILL');
      });
      const deadline = performance.now() + 20_000;
      const alive = () => {
        try {
          return process.kill(Number(readFileSync(pid, 'utf8')), 0);
        } catch {
          return false;
        }
      };
      while (alive() && performance.now() < deadline) {
        await new Promise(resolve => setTimeout(resolve, 50));
      }
      assert.not.ok(alive(), 'it ends');
    };
    await end(`2> ${errors}`);
    assert.is(readFileSync(errors, 'utf8'), '');
    await end(`--json > ${result}`);
    assert.is(JSON.parse(readFileSync(result, 'utf8')).testTotal, testSize);
  },
);

// ---- the images: a digit is a bright square at a place of its own, on noise

function writeImages(path: string): string {
  mkdirSync(path);
  const random = new Random(1, 'test images');
  for (const [prefix, size] of [
    ['train', trainSize],
    ['t10k', testSize],
  ] as const) {
    const images = new Uint8Array(16 + size * 28 * 28);
    const labels = new Uint8Array(8 + size);
    const setWord = (bytes: Uint8Array, i: number, word: number) =>
      new DataView(bytes.buffer).setUint32(4 * i, word);
    for (const [i, word] of [0x803, size, 28, 28].entries()) setWord(images, i, word);
    for (const [i, word] of [0x801, size].entries()) setWord(labels, i, word);
    for (let b = 0; b < size; b++) {
      const digit = random.below(10);
      labels[8 + b] = digit;
      const [top, left] = [4 + 11 * Math.floor(digit / 5), 1 + 5 * (digit % 5)];
      for (let r = 0; r < 28; r++) {
        for (let c = 0; c < 28; c++) {
          const bright = r >= top && r < top + 8 && c >= left && c < left + 5;
          images[16 + (b * 28 + r) * 28 + c] = random.below(64) + (bright ? 190 : 0);
        }
      }
    }
    writeFileSync(join(path, `${prefix}-images-idx3-ubyte`), images);
    writeFileSync(join(path, `${prefix}-labels-idx1-ubyte`), labels);
  }
  return path;
}

test.after(() => rmSync(temporary, {recursive: true}));
test.run();
