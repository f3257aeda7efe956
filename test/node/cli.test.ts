// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for
// The command line: the built program is run as its users run it, on a small folder of images.
import {spawnSync} from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {availableParallelism} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {imageFolder} from '../image_folder.ts';
import {becomes, finished, once, runNode, runOnFullDisk, start, type Watch} from '../program.ts';
import {withRelaxed} from '../relaxed.ts';
import {testWhere, testWithFullDisk} from '../skips.ts';

const program = fileURLToPath(new URL('../cli.js', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const {temporary, folder} = imageFolder();
const small = ['--data', folder, '--batch-size', '16'];
const endless = [...small, '--epochs', '100000'];

const run = (args: string[], watch?: Watch) => runNode([program, ...args], watch);

// ---- the output, without a terminal

test('the command line: --help and -h list every option', async () => {
  const names =
    'backend wasm threads net epochs batches batch-size recipe learning-rate seed data test-every test-size save save-every resume json help';
  const [long, short] = await Promise.all([run(['--help']), run(['--json', '-h'])]);
  for (const {code, stdout, stderr} of [long, short]) {
    assert.equal([code, stderr], [0, '']);
    for (const name of names.split(' ')) assert.match(stdout, `--${name} `);
  }
});

test('plain output: header, batches, tests and report, no control character, no banner', async () => {
  const args = [...small, '--epochs', '2', '--test-every', '10', '--test-size', '50'];
  const {code, stdout, stderr} = await run(args);
  assert.equal([code, stderr], [0, '']);
  assert.not.match(stdout, /[\x00-\x09\x0b-\x1f\x7f]/);
  assert.not.match(stdout, /tensorflow/i);
  for (const text of [
    /^tutorial net with 5,994 parameters\nbackend simd with (relaxed SIMD, )?\d threads?, seed 1\n/,
    /^batch size 16, learning rate 0.15\n320 training and 200 test images$/m,
    /^batch {2}1\/40 {2}loss \d\.\d{4} {2}[\d,]+ images\/s {2}\d+:\d\d left$/m,
    /^batch 10\/40 {2}test [\d.]+ % of 50 images$/m,
    /^batch 20\/40 {2}test [\d.]+ % of 200 images, epoch 1$/m,
    /^batch 40\/40 {2}test [\d.]+ % of 200 images, epoch 2$/m,
    /^Test accuracy: .* of 200 right\n95 % interval: /m,
    /^ {2}digit .*\nright % /m,
    /Confusion matrix/,
  ]) {
    assert.match(stdout, text);
  }
});

test('a plain epoch takes 10 to 20 lines', async () => {
  const {stdout} = await run(['--data', folder, '--batch-size', '4', '--epochs', '1']);
  const lines = stdout.match(/^batch .* loss /gm) ?? [];
  assert.ok(lines.length >= 10 && lines.length <= 20, `${lines.length} lines`);
});

test('--json: stdout is one line with the keys in order, and the same seed gives the same losses', async () => {
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
  const keys =
    'backend,build,threads,net,seed,epochs,batches,batchSize,recipe,learningRate,msPerStep,seconds,firstLoss,lastLoss,testCorrect,testTotal,testAccuracy,failure,resumedFrom';
  assert.is(Object.keys(a).join(), keys);
  assert.equal(
    [a.backend, a.net, a.seed, a.batches, a.batchSize, a.learningRate],
    ['simd', 'tutorial', 7, 24, 16, 0.15],
  );
  assert.is(a.epochs, 2, '24 batches of 16 begin a second pass over 320 images');
  assert.ok(a.msPerStep > 0 && a.msPerStep < 1000 * a.seconds);
  assert.ok(a.firstLoss > 1.5 && a.firstLoss < 4, 'about ln 10 at first');
  assert.ok(a.lastLoss < a.firstLoss, 'it learns');
  assert.match(first.stderr, `batch  1/24  loss ${a.firstLoss.toFixed(4)} `);
  assert.match(first.stderr, `batch 24/24  loss ${a.lastLoss.toFixed(4)} `);
  assert.equal([a.testTotal, a.testAccuracy], [200, a.testCorrect / 200]);
  assert.match(first.stderr, `${a.testCorrect} of ${a.testTotal} right`);
  assert.equal([b.firstLoss, b.lastLoss, b.testCorrect], [a.firstLoss, a.lastLoss, a.testCorrect]);
  assert.equal([c.seed, c.net, c.learningRate], [-8, 'mnist-core', 0.1]);
  assert.is.not(c.firstLoss, a.firstLoss);
});

test('--threads: the header and --json say how many run, and the results are the same', async () => {
  const args = [...small, '--batches', '24', '--json'];
  const [one, two, usual] = await Promise.all([
    run([...args, '--threads', '1']),
    run([...args, '--threads', '2']),
    run(args),
  ]);
  assert.equal([one.code, two.code, usual.code], [0, 0, 0]);
  assert.match(one.stderr, /^backend simd with (relaxed SIMD, )?1 thread, seed 1$/m);
  assert.match(two.stderr, /^backend simd with (relaxed SIMD, )?2 threads, seed 1$/m);
  const [a, b, c] = [one, two, usual].map(({stdout}) => JSON.parse(stdout));
  assert.equal([a.threads, b.threads], [1, 2]);
  assert.is(c.threads, Math.min(4, availableParallelism()));
  for (const {threads, msPerStep, seconds, ...found} of [b, c]) {
    assert.equal({...found, threads: 1, msPerStep: a.msPerStep, seconds: a.seconds}, a);
  }
});

test('--recipe fast: the header says its momentum and its largest rate, and --json the recipe', async () => {
  const args = [...small, '--recipe', 'fast', '--json'];
  const [one, two] = await Promise.all([
    run([...args, '--batches', '3']),
    run([...args, '--epochs', '2']),
  ]);
  assert.equal([one.code, two.code], [0, 0]);
  const line = (rate: number) => `\nbatch size 16, recipe fast: momentum 0.9, rate up to ${rate}\n`;
  assert.match(one.stderr, line(0.1));
  assert.match(two.stderr, line(0.08));
  const {recipe, learningRate} = JSON.parse(one.stdout);
  assert.equal([recipe, learningRate], ['fast', 0.1]);
});

test('a too large learning rate: the report says that nothing was learnt, and --json says why; exit 0', async () => {
  const args = [...small, '--batches', '24', '--json', '--learning-rate'];
  const [large, usual] = await Promise.all([run([...args, '10']), run([...args, '0.05'])]);
  assert.equal([large.code, usual.code], [0, 0]);
  assert.ok(['one digit', 'loss rose'].includes(JSON.parse(large.stdout).failure), large.stdout);
  assert.match(large.stderr, /nothing was learnt\. Try a learning rate smaller than 10 /);
  assert.is(JSON.parse(usual.stdout).failure, null);
  assert.not.match(usual.stderr, 'nothing was learnt');
});

test('the command line trains five epochs on simd and one on cpu by default', async () => {
  const few = ['--data', folder, '--batch-size', '320', '--json'];
  const [simd, cpu] = await Promise.all([run(few), run([...few, '--backend', 'cpu'])]);
  const [a, b] = [simd, cpu].map(({stdout}) => JSON.parse(stdout));
  assert.equal([a.backend, a.epochs, b.backend, b.epochs], ['simd', 5, 'cpu', 1]);
  const [first, expected] = [a.firstLoss, b.firstLoss];
  assert.ok(Math.abs(first - expected) <= 1e-4 * expected, `${first} and ${expected}`);
});

test('the command line trains on images that seem to be transposed, and says so', async () => {
  const copy = join(temporary, 'transposed');
  cpSync(folder, copy, {recursive: true});
  const path = join(copy, 't10k-images-idx3-ubyte');
  // Every image has ink in rows 12 to 15 and nowhere else.
  const bytes = readFileSync(path);
  const ink = new Uint8Array(784).fill(255, 12 * 28, 16 * 28);
  for (let at = 16; at < bytes.length; at += 784) bytes.set(ink, at);
  writeFileSync(path, bytes);
  const [transposed, upright] = await Promise.all(
    [copy, folder].map(each => run(['--data', each, '--batches', '1'])),
  );
  assert.equal([transposed.code, upright.code], [0, 0]);
  assert.match(transposed.stdout, '\nThe ones lie on their side: the images seem to be transposed');
  assert.not.match(upright.stdout, 'transposed');
});

// ---- errors

/** Runs all cases, two at a time, and expects each to end with one sentence that contains the text. */
async function fails(code: number, cases: [args: string[], sentence: string][]) {
  const remaining = cases.values();
  const work = async () => {
    for (const [args, sentence] of remaining) {
      const found = await run(args);
      const title = `${args.join(' ')} gives ${JSON.stringify(found.stderr)}`;
      assert.is(found.code, code, title);
      assert.match(found.stderr, /^mnist-ops: [^\n]+\n$/, title);
      assert.ok(found.stderr.includes(sentence), `${title}, expected ${sentence}`);
      assert.not.match(found.stdout + found.stderr, '    at ');
    }
  };
  await Promise.all([work(), work()]);
}

// biome-ignore format: a case on each line
const misuses: [args: string, sentence: string][] = [
  ['--epoch 2', '--epoch: unknown option, did you mean --epochs?'],
  ['--momentum 1', '--momentum: unknown option, see --help'],
  ['-x', '-x: unknown option, see --help'],
  ['--no-json', '--no-json: unknown option'],
  ['100', 'expected options only, found "100"'],
  ['--epochs', '--epochs: expected a value (--epochs N), found the end'],
  ['--data --json', '--data: expected a value (--data DIR), found "--json"'],
  ['--data ', '--data: expected a folder, found ""'],
  ['--json=yes', '--json: expected no value, found "yes"'],
  ['--epochs 0', '--epochs: expected a whole number of at least 1, found "0"'],
  ['--batches -3', '--batches: expected a whole number of at least 1, found "-3"'],
  ['--batch-size 1.5', '--batch-size: expected a whole number of at least 1, found "1.5"'],
  ['--test-size 0', '--test-size: expected a whole number of at least 1, found "0"'],
  ['--test-every=-1', '--test-every: expected a whole number of at least 0, found "-1"'],
  ['--seed x', '--seed: expected a whole number from -2147483648 to 2147483647, found "x"'],
  ['--seed 4294967297', '--seed: expected a whole number from'],
  ['--learning-rate 0', '--learning-rate: expected a number above 0, found "0"'],
  ['--learning-rate fast', '--learning-rate: expected a number above 0, found "fast"'],
  ['--backend gpu', '--backend: expected simd, cpu or webgl, found "gpu"'],
  ['--wasm fast', '--wasm: expected plain or relaxed, found "fast"'],
  ['--wasm plain --backend cpu', '--wasm: expected with the backend simd only, found "plain" with cpu'],
  ['--threads 0', '--threads: expected a whole number from 1 to 256, found "0"'],
  ['--threads two', '--threads: expected a whole number from 1 to 256, found "two"'],
  ['--threads 2 --backend cpu', '--threads: expected with the backend simd only, found "2" with cpu'],
  ['--recipe slow', '--recipe: expected sgd or fast, found "slow"'],
  ['--net lenet', '--net: expected tutorial or mnist-core, found "lenet"'],
  ['--epochs 2 --batches 3', '--batches: expected to be given instead of --epochs'],
  [`--data ${folder} --batch-size 321`, '--batch-size: expected at most the 320 training images, found 321'],
  [`--data ${folder} --batch-size 16 --test-size 201`, '--test-size: expected at most the 200 test images, found 201'],
];

test('wrong use of the command line: one sentence with the option, what it expected and found; exit 2', () =>
  fails(
    2,
    misuses.map(([args, sentence]) => [args.split(' '), sentence]),
  ));

test('the command line on bad data: one sentence with the file, exit 1', () => {
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

for (const backend of ['simd', 'webgl']) {
  test(`${backend}: the error of a run that diverges names the batch, exit 1`, () => {
    // At 1e6 the relus die, and the loss stays finite at half a million.
    const args = [...small, '--backend', backend, '--epochs', '5', '--learning-rate', '1e38'];
    return fails(1, [[args, 'at batch 2 of 100']]);
  });

  test(`${backend}: Ctrl-C stops the training, saves it, and the report tests the network so far; exit 130`, async () => {
    // A second signal right after the first counts as the same key press: the program sends it to itself.
    const again =
      "data:text/javascript,process.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))";
    const saved = join(temporary, `saved-${backend}`);
    const args = ['--import', again, program, ...endless, '--backend', backend, '--save', saved];
    const watch = once(/^batch .*loss/m, child => child.kill('SIGINT'));
    const {code, stdout, stderr} = await runNode(args, watch);
    assert.equal([code, stderr], [130, '']);
    const [, batch] = /^Interrupted after batch ([\d,]+)/m.exec(stdout) ?? [];
    assert.ok(Number(batch?.replaceAll(',', '')) >= 1, stdout);
    const newest = readdirSync(saved).sort().at(-1)!;
    assert.match(newest, new RegExp(`^checkpoint-0*${batch?.replaceAll(',', '')}\\.`));
    assert.match(stdout, 'of 200 right');
    assert.match(stdout, 'Confusion matrix');
  });
}

// Within a function of Node's, which the program calls when it loads or as it reads the data, it gets the signal.
const moments = {
  'while it loads': ['const o = WebAssembly;', 'o.validate', ''],
  'while it reads the data': [
    "import o from 'node:fs/promises'; import {syncBuiltinESMExports} from 'node:module';",
    'o.stat',
    'syncBuiltinESMExports();',
  ],
};
for (const [moment, [before, name, after]] of Object.entries(moments)) {
  test(`Ctrl-C ${moment} ends the program, exit 130`, async () => {
    const kills = "(...args) => {process.kill(process.pid, 'SIGINT'); return f(...args)}";
    const preloaded = `data:text/javascript,${before} const f = ${name}; ${name} = ${kills}; ${after}`;
    const {code, stdout, stderr} = await runNode(['--import', preloaded, program, ...small]);
    assert.equal([code, stdout, stderr], [130, '', '']);
  });
}

test('Ctrl-C held down until the program is gone: exit 130', async () => {
  let held: NodeJS.Timeout | undefined;
  const hold = once(/^batch .*loss/m, child => {
    held = setInterval(() => child.kill('SIGINT'), 1);
  });
  const {code} = await run(endless, hold);
  clearInterval(held);
  assert.is(code, 130);
});

for (const [signal, expected] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} stops the training, and report and result test the network so far; exit ${expected}`, async () => {
    const kill = once(/^batch .*loss/m, child => child.kill(signal));
    const {code, stdout, stderr} = await run([...endless, '--json'], kill);
    assert.is(code, expected);
    assert.match(stderr, /^Interrupted after batch [\d,]+: /m);
    assert.match(stderr, 'of 200 right');
    assert.is(JSON.parse(stdout).testTotal, 200);
  });
}

test('the command line ends quietly when the reader closes the pipe early, as head does', async () => {
  const {code, stderr} = await run(endless, child => child.stdout!.destroy());
  assert.equal([code, stderr], [141, '']);
});

test('--json: the result is printed though the reader of the progress closes its pipe early', async () => {
  const child = start(process.execPath, [program, ...small, '--batches', '60', '--json']);
  child.stderr!.destroy();
  const {code, stdout} = await finished(child);
  assert.is(code, 0);
  assert.is(JSON.parse(stdout).batches, 60);
});

testWithFullDisk('a full disk behind stdout: one sentence, exit 1', async () => {
  const sentence = 'mnist-ops: stdout: expected to be written, found no space left on the device\n';
  for (const args of [endless, [...small, '--json'], ['--help']]) {
    const {code, stderr} = await runOnFullDisk([program, ...args]);
    assert.is(code, 1);
    assert.ok(stderr.endsWith(sentence), stderr);
    assert.not.match(stderr, '    at ');
  }
});

testWithFullDisk('a full disk behind the progress: --json prints the result', async () => {
  const {code, stdout} = await runOnFullDisk([program, ...small, '--json'], 'stderr');
  assert.is(code, 0);
  assert.is(JSON.parse(stdout).epochs, 5);
});

// ---- without WebAssembly, or without memory for it

test('without WebAssembly the command line trains on cpu, and says so', async () => {
  const runWithout = (...args: string[]) =>
    runNode(['--jitless', program, ...small, '--batches', '1', ...args]);
  const [byDefault, ...asked] = await Promise.all([
    runWithout(),
    runWithout('--backend', 'simd'),
    runWithout('--wasm', 'plain'),
  ]);
  assert.is(byDefault.code, 0, byDefault.stderr);
  assert.match(byDefault.stdout, '\nbackend cpu (WebAssembly has no SIMD here), seed 1\n');
  for (const {code, stderr} of asked) {
    assert.is(code, 2);
    assert.match(stderr, '--backend: expected cpu where WebAssembly has no SIMD, found "simd"');
  }
});

/** Runs Node with less address space than Node 20 reserves for a WebAssembly memory that may grow. */
const runLimited = (...args: string[]) =>
  finished(start('sh', ['-c', 'ulimit -v 8000000 && exec "$@"', 'sh', process.execPath, ...args]));
const asksForMemory =
  'try {new WebAssembly.Memory({initial: 1, maximum: 65536})} catch {process.exit(9)}';
const canLimit =
  process.platform === 'linux' && (await runLimited('--eval', asksForMemory)).code === 9;
/** Replaces the limit in other versions and systems. */
const refuse =
  'data:text/javascript,WebAssembly.Memory = class {constructor() {throw new RangeError("no memory")}}';
const runWithoutMemory = canLimit
  ? runLimited
  : (...args: string[]) => runNode(['--import', refuse, ...args]);

test('without memory for WebAssembly the command line trains on cpu and says why; --backend simd fails', async () => {
  const args = [program, ...small, '--json'];
  const [byDefault, ...asked] = await Promise.all([
    runWithoutMemory(...args),
    runWithoutMemory(...args, '--backend', 'simd'),
    runWithoutMemory(...args, '--wasm', 'plain'),
  ]);
  assert.is(byDefault.code, 0, byDefault.stderr);
  assert.match(byDefault.stderr, /\nbackend cpu \(simd cannot run here: .*memory.*\), seed 1\n/);
  const {backend, build, epochs} = JSON.parse(byDefault.stdout);
  assert.equal([backend, build, epochs], ['cpu', null, 1]);
  for (const {code, stderr} of asked) {
    assert.is(code, 1);
    const sentence =
      /^mnist-ops: --backend: expected simd to run here, found that it cannot: .*memory.*\n$/;
    assert.match(stderr, sentence);
  }
});

test('--wasm plain trains the same with and without relaxed SIMD, and --json names the build', async () => {
  const args = [program, ...small, '--batches', '24', '--json'];
  const runs = [
    [...withRelaxed, ...args],
    [...withRelaxed, ...args, '--wasm', 'plain'],
    [...args, '--wasm', 'plain'],
  ];
  const [fastest, plain, elsewhere] = (await Promise.all(runs.map(args => runNode(args)))).map(
    ({stdout, stderr}) => ({...JSON.parse(stdout), stderr}),
  );
  assert.equal([plain.backend, plain.build, elsewhere.build], ['simd', 'simd', 'simd']);
  assert.is(plain.lastLoss, elsewhere.lastLoss);
  assert.match(plain.stderr, /\nbackend simd with \d threads?, seed 1\n/);
  if (fastest.build === 'relaxed simd') {
    assert.match(fastest.stderr, /\nbackend simd with relaxed SIMD, \d threads?, seed 1\n/);
  } else console.log('SKIPPED: no relaxed SIMD in this Node');
});

test('build: without the development dependencies it says to install them, exit 1', async () => {
  const checkout = join(temporary, 'checkout');
  mkdirSync(checkout);
  for (const path of ['build.mjs', 'licences']) {
    cpSync(join(root, path), join(checkout, path), {recursive: true});
  }
  const {code, stdout, stderr} = await runNode([join(checkout, 'build.mjs'), 'cli']);
  assert.equal([code, stdout], [1, '']);
  assert.match(
    stderr,
    /^build: expected the development dependencies to be installed \(npm ci, .*\), found no (assemblyscript|esbuild)\n$/,
  );
});

// ---- on a terminal, which the program `script` of util-linux imitates

const {status: scriptStatus} = spawnSync('script', ['-qec', 'true', '/dev/null']);
const testWithScript = testWhere(
  scriptStatus === 0,
  'no program script of util-linux that gets a terminal',
);
const onTerminal = (name: string, work: () => Promise<void>) =>
  testWithScript(`on a terminal: ${name}`, work);

function runOnTerminal(
  args: string[],
  {columns = 80, env = {}, watch}: {columns?: number; env?: NodeJS.ProcessEnv; watch?: Watch} = {},
) {
  const command = [process.execPath, program, ...args].map(word => `'${word}'`).join(' ');
  const line = `stty cols ${columns}; exec ${command}`;
  const options = {env: {NO_COLOR: '', TERM: 'xterm', ...env}};
  return finished(start('script', ['-qec', line, '/dev/null'], options), watch);
}

/** All drawn lines of the block, without control sequences. Each ends with "clear to the end of the line". */
const drawnLines = (stdout: string) =>
  stdout
    .split('\n')
    .filter(line => /\x1b\[K\r?$/.test(line))
    .map(line => line.replace(/\x1b\[[?\d]*[A-Za-z]|\r/g, ''));

onTerminal('the block is never wider, and the cursor comes back at the end', async () => {
  const args = [...small, '--epochs', '2', '--test-every', '5', '--test-size', '50'];
  const {code, stdout} = await runOnTerminal(args, {columns: 44});
  assert.is(code, 0);
  const lines = drawnLines(stdout);
  for (const pattern of [/^train █+ +40\/40/, /^loss {2}.*█.*▁/, /^test {2}.*█ .* %$/]) {
    const found = lines.some(line => pattern.test(line));
    assert.ok(found, JSON.stringify(lines));
  }
  assert.ok(lines.every(line => line.length < 44));
  assert.match(stdout, '\x1b[32m', 'colour');
  assert.is(stdout.split('\x1b[?25l').length, 2, 'hidden once');
  assert.ok(stdout.lastIndexOf('\x1b[?25h') > stdout.lastIndexOf('\x1b[?25l'), 'shown again');
  assert.match(stdout.slice(stdout.lastIndexOf('\x1b[?25h')), 'Confusion matrix');
});

onTerminal('NO_COLOR removes the colour, and TERM=dumb removes the block', async () => {
  const args = [...small, '--batches', '8'];
  const [plain, dumb] = await Promise.all([
    runOnTerminal(args, {env: {NO_COLOR: '1'}}),
    runOnTerminal(args, {env: {TERM: 'dumb'}}),
  ]);
  assert.match(plain.stdout, 'train █');
  assert.not.match(plain.stdout, /\x1b\[[\d;]*m/);
  assert.not.match(dumb.stdout, '\x1b');
});

onTerminal('Ctrl-C prints the report and brings the cursor back, exit 130', async () => {
  const watch = once(/train /, child => child.stdin!.write('\x03'));
  const {code, stdout} = await runOnTerminal(endless, {watch});
  assert.is(code, 130);
  assert.match(stdout, 'Interrupted after batch');
  assert.match(stdout, '\x1b[?25h');
});

onTerminal('closing it ends the program without a stack trace, with its result', async () => {
  const [pid, result, errors] = ['pid', 'result', 'errors'].map(name => join(temporary, name));
  const hasEnded = () => {
    try {
      return !process.kill(Number(readFileSync(pid, 'utf8')), 0);
    } catch {
      return true;
    }
  };
  const runUntilClosed = async (redirection: string) => {
    const command = [process.execPath, program, ...endless].join(' ');
    const line = `echo $$ > ${pid}; exec ${command} ${redirection}`;
    const close = once(/train /, child => child.kill('SIGKILL'));
    await finished(start('script', ['-qec', line, '/dev/null']), close);
    assert.ok(await becomes(hasEnded), 'it ends');
  };
  await runUntilClosed(`2> ${errors}`);
  assert.is(readFileSync(errors, 'utf8'), '');
  await runUntilClosed(`--json > ${result}`);
  assert.is(JSON.parse(readFileSync(result, 'utf8')).testTotal, 200);
});

test.after(() => rmSync(temporary, {recursive: true}));
test.run();
