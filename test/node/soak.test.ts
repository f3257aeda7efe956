// The soak: what it looks at, what it complains of, and its program.
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {type Holdings, LEAST_STEPS, soak, warmUp} from '../../bench/soak/soak.ts';
import {HEAP, lowTenth, problemsOf, type Run, soakTable} from '../../bench/soak/verdict.ts';
import '../backends.ts';
import {once, runNode} from '../program.ts';
import {syntheticData} from '../synthetic.ts';

/** A short run. `batch` is called before each step. */
async function watched(batch: () => void = () => {}): Promise<Run> {
  const data = syntheticData({train: 128});
  const next = data.nextTrainBatch.bind(data);
  data.nextTrainBatch = size => {
    batch();
    return next(size);
  };
  const seen: Record<string, Holdings> = {};
  for await (const news of soak(LEAST_STEPS, data)) {
    if (news.kind === 'times') return {start: seen.start, end: seen.end, ...news};
    seen[news.kind] = news.holdings;
  }
  throw new Error('expected times, found none');
}

test('soak: a training on simd holds the same in the end as after the warm-up, and leaves no tensor', async () => {
  await tf.setBackend('simd');
  const before = tf.memory().numTensors;
  const {start, end, first, last} = await watched();
  assert.equal(end, start);
  assert.equal(
    Object.keys(end).slice(3),
    ['WebAssembly bytes in use', 'WebAssembly bytes'],
    'of the backend',
  );
  assert.ok(end.tensors >= 6 && end['WebAssembly bytes in use'] > 4 * 5994);
  assert.equal([first.length, last.length], [10, 10]);
  assert.ok(Math.min(...first, ...last) > 0);
  assert.is(tf.memory().numTensors, before);
});

test('soak: a tensor that each step leaves behind is found', async () => {
  await tf.setBackend('simd');
  const left: tf.Tensor[] = [];
  const {start, end} = await watched(() => left.push(tf.keep(tf.zeros([1000]))));
  tf.dispose(left);
  assert.is(end.tensors - start.tensors, LEAST_STEPS - (warmUp(LEAST_STEPS, 2) + 1));
  assert.match(
    problemsOf({start, end, first: [], last: []})[0],
    /^tensors: expected at most \d+ in the end, found \d+$/,
  );
});

const steady: Run = {
  start: {tensors: 7, [HEAP]: 60_000_000},
  end: {tensors: 7, [HEAP]: 60_900_000},
  first: new Array(1000).fill(10),
  last: new Array(1000).fill(10.4),
};

test('soak: it complains of what grew, of a heap beyond its slack, and of steps that take 5 % longer', () => {
  assert.equal(problemsOf(steady), []);
  assert.equal(problemsOf({...steady, end: {tensors: 6, [HEAP]: 50_000_000}}), []);
  assert.equal(problemsOf({...steady, end: {tensors: 8, [HEAP]: 61_000_001}}), [
    'tensors: expected at most 7 in the end, found 8',
    'heap bytes: expected at most 61,000,000 in the end, found 61,000,001',
  ]);
  const last = steady.last.map(() => 10.6);
  const slow = ['a step: expected at most 10.5 ms in the end, found 10.6'];
  assert.equal(problemsOf({...steady, last}), slow);
  // Too short a time for a verdict on the speed; and a few long steps, which other programs cause.
  assert.equal(problemsOf({...steady, first: steady.first.slice(1), last: last.slice(0, 400)}), []);
  assert.equal(problemsOf({...steady, last: steady.last.map((ms, i) => ms * (i % 3 ? 2 : 1))}), []);
});

test('soak: the low tenth, the warm-up and the table', () => {
  assert.is(lowTenth([9, 1, 8, 2, 7, 3, 6, 4, 5, 10]), 2);
  assert.equal([warmUp(100, 938), warmUp(900, 938), warmUp(2000, 938)], [50, 50, 938]);
  assert.is(warmUp(40_000, 938), 2000);
  const {columns, lines} = soakTable('', steady);
  assert.equal(
    [columns.map(({heading}) => heading), ...lines].map(line => line.join(' | ')),
    [
      ' | start | end',
      'tensors | 7 | 7',
      'heap bytes | 60,000,000 | 60,900,000',
      'ms a step, median | 10.0 | 10.4',
      'ms a step, low tenth | 10.0 | 10.4',
      'steps a second, median | 100 | 96.2',
    ],
  );
});

const program = fileURLToPath(new URL('../bench/soak.js', import.meta.url));

for (const [backend, row] of [
  ['simd', 'WebAssembly bytes'],
  ['webgl', 'texture bytes'],
]) {
  test(`npm run soak: nothing grows on ${backend}`, async () => {
    const args = ['--backend', backend, '--steps', String(LEAST_STEPS)];
    const {code, stdout, stderr} = await runNode([program, ...args]);
    assert.equal([code, stderr], [0, ''], stderr);
    assert.match(stdout, new RegExp(`^${backend}, ${LEAST_STEPS} steps of 64 images, \\S+ \\d`));
    assert.match(stdout, new RegExp(`\n${row} +[\\d,]+ +[\\d,]+\n`));
    assert.match(stdout, /\nheap bytes +[\d,]+ +[\d,]+\n/);
    assert.match(stdout, /\nNothing grew\.\n$/);
  });
}

// biome-ignore format: a case on each line
const misuses: [args: string, message: RegExp][] = [
  ['--backend cuda', /^soak: --backend: expected one of simd, cpu, webgl, wasm, webgpu, found "cuda"\n$/],
  ['--steps 99', /^soak: --steps: expected a whole number from 100 to 1000000000, found "99"\n$/],
  ['--steps 1e3', /^soak: --steps: expected a whole number .*, found "1e3"\n$/],
  ['--step 100', /^soak: --step: unknown option, did you mean --steps\?\n$/],
];
for (const [args, message] of misuses) {
  test(`soak ${args}: one sentence, exit 2`, async () => {
    const {code, stdout, stderr} = await runNode([program, ...args.split(' ')]);
    assert.match(stderr, message);
    assert.equal([code, stdout], [2, '']);
  });
}

test('soak --help says how long a step takes; Ctrl-C ends the program, and without a browser a sentence says so', async () => {
  const help = await runNode([program, '--help']);
  assert.is(help.code, 0);
  for (const word of ['--backend', '--steps', 'Exit codes', '3 ms on simd']) {
    assert.match(help.stdout, word);
  }
  const env = {MNIST_OPS_BROWSER: '/no/such/browser'};
  const webgl = [program, '--backend', 'webgl'];
  const without = await runNode(webgl, undefined, {env: {...process.env, ...env}});
  assert.is(without.code, 1);
  assert.match(without.stderr, /^soak: MNIST_OPS_BROWSER: expected [^\n]+\n$/);
  const start = `data:text/javascript,setTimeout(() => console.error('running'), 1500)`;
  const stopped = await runNode(
    ['--import', start, program],
    once(/running/, child => child.kill('SIGINT')),
  );
  assert.is(stopped.code, 130);
});

test.run();
