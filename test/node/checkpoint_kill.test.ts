// A run that is killed by SIGKILL, again and again, at random moments: its folder always holds a checkpoint to go on from, and it ends
// with the weights of an unbroken run. MNIST_OPS_KILLS=100 kills it a hundred times.
import {existsSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {readCheckpoint} from '../../src/cli/checkpoint.ts';
import {checkpointsIn} from '../../src/weights/checkpoint_files.ts';
import {imageFolder} from '../image_folder.ts';
import {finished, once, runNode, start} from '../program.ts';

const program = fileURLToPath(new URL('../cli.js', import.meta.url));
const {temporary, folder} = imageFolder();
const small = ['--data', folder, '--batch-size', '16'];

const kills = Number(process.env.MNIST_OPS_KILLS ?? 5);

/** The newest checkpoint; undefined before the first. Every one in the folder has to be whole. */
function newestOf(saved: string) {
  const names = existsSync(saved) ? checkpointsIn(saved) : [];
  assert.ok(names.length <= 3, `at most two, and one that was not removed yet: ${names}`);
  return names.map(name => readCheckpoint(join(saved, name)))[0];
}
const bits = (weights: Float32Array[]) => weights.map(each => Buffer.from(each.slice().buffer));

test(`killed ${kills} times at random moments, a run can always go on, and ends with an unbroken run's weights`, async () => {
  const saved = join(temporary, 'killed');
  const counts = {'before a checkpoint': 0, 'while one was written': 0};
  let batch = 0;
  let startup = 500; // ms
  for (let killed = 0; killed < kills; killed++) {
    const place = newestOf(saved) ? ['--resume', saved] : [...small, '--save', saved];
    const args = [program, ...place, '--save-every', '1', '--batches', '1000000'];
    const began = performance.now();
    const child = start(process.execPath, args);
    const killWithin = (ms: number) => setTimeout(() => child.kill('SIGKILL'), ms * Math.random());
    // One in four while it starts, the others while it trains and saves each batch.
    const isEarly = killed % 4 === 0;
    if (isEarly) killWithin(startup);
    const trains = once(/^saving into/m, () => {
      startup = performance.now() - began;
      if (!isEarly) killWithin(500);
    });
    const {code, stderr} = await finished(child, trains);
    assert.equal([code, stderr], [null, '']);
    const left = existsSync(saved) ? readdirSync(saved) : [];
    if (left.some(name => name.endsWith('.tmp'))) counts['while one was written']++;
    const newest = newestOf(saved);
    if (!newest) counts['before a checkpoint']++;
    assert.ok((newest?.batch ?? 0) >= batch, 'no batch is lost');
    batch = newest?.batch ?? 0;
  }
  if (process.env.MNIST_OPS_KILLS) console.log({kills, batch, ...counts});

  const whole = join(temporary, 'whole');
  const last = ['--batches', String(batch + 30)];
  for (const place of [
    ['--resume', saved],
    [...small, '--save', whole],
  ]) {
    const {code, stderr} = await runNode([program, ...place, ...last]);
    assert.equal([code, stderr], [0, '']);
  }
  const [found, expected] = [saved, whole].map(newestOf);
  assert.is(found.batch, batch + 30);
  assert.equal(bits(found.weights), bits(expected.weights));
});

/** What a save calls, in its order. The third call is the last, and writes half of its bytes. */
const calls = ['writeFileSync', 'fsyncSync', 'renameSync', 'rmSync'];
for (const name of calls) {
  test(`killed at the ${name} of a save: the run goes on, and ends with an unbroken run's weights`, async () => {
    const preloaded = `data:text/javascript,
      import o from 'node:fs';
      import {syncBuiltinESMExports} from 'node:module';
      const f = o.${name};
      let calls = 0;
      o.${name} = (file, data, ...rest) => {
        if (++calls < 3) return f(file, data, ...rest);
        if ('${name}' === 'writeFileSync') f(file, data.subarray(0, data.length / 2));
        process.kill(process.pid, 'SIGKILL');
      };
      syncBuiltinESMExports();`;
    const saved = join(temporary, name);
    const args = [program, ...small, '--batches', '9', '--save-every', '1'];
    const {code} = await runNode(['--import', preloaded, ...args, '--save', saved]);
    assert.is(code, null);
    assert.ok(newestOf(saved));
    const {stderr} = await runNode([program, '--resume', saved]);
    assert.is(stderr, '');
    const whole = join(temporary, `${name}-whole`);
    await runNode([...args, '--save', whole]);
    const [found, expected] = [saved, whole].map(newestOf);
    assert.equal([found.batch, bits(found.weights)], [9, bits(expected.weights)]);
    assert.not.ok(
      readdirSync(saved).some(each => each.endsWith('.tmp')),
      'nothing is left',
    );
  });
}

test.after(() => rmSync(temporary, {recursive: true}));
test.run();
