// Checkpoints: the built command line saves, is stopped, and goes on, on a small folder of images.
import {spawnSync} from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {readCheckpoint} from '../../src/cli/checkpoint.ts';
import {fileNames} from '../../src/data/mnist_data.ts';
import {imageFolder} from '../image_folder.ts';
import {becomes, type Finished, finished, once, runNode, start, type Watch} from '../program.ts';
import {withRelaxed} from '../relaxed.ts';
import {testWhere} from '../skips.ts';

const program = fileURLToPath(new URL('../cli.js', import.meta.url));
const {temporary, folder} = imageFolder();
/** Seven batches an epoch, the last of 32 images. */
const small = ['--data', folder, '--batch-size', '48'];
const endless = [...small, '--epochs', '1000000'];
/** No epoch of MNIST ends in a test's time: a checkpoint after the first is the one of a run that was stopped. */
const oneByOne = ['--batch-size', '1'];

const run = (args: string[], watch?: Watch) => runNode([program, ...args], watch);

let folders = 0;
/** A folder that isn't there yet. */
const newFolder = () => join(temporary, `run-${++folders}`);

const names = (from: string) => readdirSync(from).sort();
const newest = (from: string) => readCheckpoint(join(from, names(from).at(-1)!));
const bits = (weights: Float32Array[]) => weights.map(each => Buffer.from(each.slice().buffer));

async function succeeds(args: string[]): Promise<Finished> {
  const result = await run(args);
  assert.is(result.code, 0, result.stderr);
  return result;
}

/** Expects one sentence that has all the texts. */
async function fails(code: number, args: string[], ...texts: (string | RegExp)[]) {
  const {stderr, ...found} = await run(args);
  const title = `${args.join(' ')} gives ${JSON.stringify(stderr)}`;
  assert.is(found.code, code, title);
  assert.match(stderr, /^mnist-ops: [^\n]+\n$/, title);
  for (const text of texts) assert.match(stderr, text, title);
}

/** A folder with the checkpoints of batches 3 and 6. */
const saved = newFolder();
await run([...small, '--batches', '6', '--save-every', '3', '--save', saved]);
function copyOfSaved(): string {
  const copy = newFolder();
  cpSync(saved, copy, {recursive: true});
  return copy;
}
await run([
  ...small,
  '--net',
  'mnist-core',
  '--batches',
  '6',
  '--save',
  join(temporary, 'other-net'),
]);
const [older, latest] = ['checkpoint-00000003.safetensors', 'checkpoint-00000006.safetensors'];

// ---- the same bits

const relaxed = [...withRelaxed, program, ...small, '--wasm', 'relaxed', '--batches', '1'];
const hasRelaxed = (await runNode(relaxed)).code === 0;
const kinds: Record<string, string[]> = {
  simd: ['--wasm', 'plain'],
  'simd with relaxed SIMD': ['--wasm', 'relaxed'],
  cpu: ['--backend', 'cpu'],
  webgl: ['--backend', 'webgl'],
};
const sample = /test .* of 90 images$/gm;
for (const [title, backend] of Object.entries(kinds)) {
  const canRun = title !== 'simd with relaxed SIMD' || hasRelaxed;
  testWhere(canRun, 'no relaxed SIMD in this Node')(
    `${title}: a run that was stopped ends with the weights, tests and result of an unbroken one`,
    async () => {
      const runHere = async (...args: string[]) => {
        const result = await runNode([...withRelaxed, program, ...args, '--json']);
        assert.is(result.code, 0, result.stderr);
        return {stderr: result.stderr, json: JSON.parse(result.stdout)};
      };
      const args = [...small, '--test-every', '4', '--test-size', '90', ...backend];
      const [unbroken, stopped] = [newFolder(), newFolder()];
      const whole = await runHere(...args, '--batches', '19', '--save', unbroken);
      // After a batch of the first epoch, at its end, and in the second. A browser takes its time to start.
      const stops = title === 'webgl' ? [5] : [5, 7, 11];
      const parts = [];
      for (const [i, stop] of [...stops, 19].entries()) {
        const place = i === 0 ? [...args, '--save', stopped] : ['--resume', stopped];
        parts.push(await runHere(...place, '--batches', String(stop), '--save-every', '2'));
      }
      const [expected, found] = [unbroken, stopped].map(newest);
      assert.equal(bits(found.weights), bits(expected.weights));
      assert.equal(found.losses, expected.losses);
      const samples = parts
        .map(({stderr}) => stderr)
        .join('')
        .match(sample);
      assert.equal(samples, whole.stderr.match(sample));
      assert.equal(
        names(stopped),
        [18, 19].map(batch => `checkpoint-000000${batch}.safetensors`),
      );

      const last = parts.at(-1)!.json;
      const {msPerStep, seconds} = last;
      assert.equal(last, {...whole.json, msPerStep, seconds, resumedFrom: stops.at(-1)});
    },
  );
}

for (const [title, backend] of Object.entries(kinds)) {
  const canRun = title !== 'simd with relaxed SIMD' || hasRelaxed;
  testWhere(canRun, 'no relaxed SIMD in this Node')(
    `${title}: with --recipe fast, too, which saves the velocities`,
    async () => {
      const to = newFolder();
      const runHere = async (...args: string[]) => {
        const {code, stderr} = await runNode([...withRelaxed, program, ...args]);
        assert.is(code, 0, stderr);
      };
      const length = ['--batches', '10', '--save-every', '5'];
      await runHere(...small, ...backend, ...length, '--recipe', 'fast', '--save', to);
      const expected = newest(to);
      assert.ok(expected.velocities.every(each => each.some(velocity => velocity !== 0)));
      rmSync(join(to, 'checkpoint-00000010.safetensors')); // as if the program had been killed after batch 5
      await runHere('--resume', to);
      const found = newest(to);
      for (const key of ['weights', 'velocities'] as const) {
        assert.equal(bits(found[key]), bits(expected[key]), key);
      }
      assert.equal([found.batch, found.settings], [10, expected.settings]);
    },
  );
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} saves the batch that the report is on, exit ${code}; the run goes on after it`, async () => {
    const to = newFolder();
    const kill = once(/^batch .*loss/m, child => child.kill(signal));
    const {code: found, stdout} = await run([...endless, '--save', to], kill);
    assert.is(found, code);
    assert.match(stdout, `\nsaving into ${to}\n`);
    assert.match(stdout, '\nStopping, to save and test what was learnt so far');
    const [, text] = /^Interrupted after batch ([\d,]+)/m.exec(stdout) ?? [];
    const {batch} = newest(to);
    assert.is(batch, Number(text?.replaceAll(',', '')));
    const more = await succeeds(['--resume', to, '--batches', String(batch + 1)]);
    const file = join(to, names(to)[0]);
    assert.match(more.stdout, `\ngoing on after batch ${text}, from ${file}\nsaving into ${to}\n`);
    assert.match(more.stdout, `\nbatch ${batch + 1}/${batch + 1}  loss `);
  });
}

test('--save: a run whose reader closes the pipe is saved, exit 141', async () => {
  const to = newFolder();
  const close = once(/saving into/, child => child.stdout!.destroy());
  const {code, stderr} = await run([...oneByOne, '--save', to], close);
  assert.equal([code, stderr], [141, '']);
  assert.ok(newest(to).batch > 0);
});

const hasScript = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;
testWhere(hasScript, 'no program script of util-linux that gets a terminal')(
  '--save: a run whose terminal is closed is saved',
  async () => {
    const to = newFolder();
    const command = [process.execPath, program, ...oneByOne, '--save', to].join(' ');
    const close = once(/train /, child => child.kill('SIGKILL'));
    await finished(start('script', ['-qec', command, '/dev/null']), close);
    assert.ok(await becomes(() => newest(to).batch > 0), 'saved');
  },
);

// ---- which options go together

test('--resume: more epochs, another learning rate and another backend are taken', async () => {
  const copy = copyOfSaved();
  const args = ['--resume', copy, '--json', '--epochs', '2', '--learning-rate', '0.05'];
  const {stdout} = await succeeds([...args, '--backend', 'cpu']);
  const {backend, epochs, batches, batchSize, learningRate} = JSON.parse(stdout);
  assert.equal([backend, epochs, batches, batchSize, learningRate], ['cpu', 2, 14, 48, 0.05]);
  const {settings} = newest(copy);
  assert.equal([settings.epochs, settings.batches, settings.wasm], ['2', undefined, undefined]);
});

test('--resume of a run that is done reports on it and trains nothing; exit 0', async () => {
  const before = readFileSync(join(saved, latest));
  const {stdout, stderr} = await succeeds(['--resume', saved, '--json']);
  assert.match(stderr, '\nAll 6 batches are done: --epochs or --batches asks for more.\n');
  const {batches, msPerStep, resumedFrom, testTotal} = JSON.parse(stdout);
  assert.equal([batches, msPerStep, resumedFrom, testTotal], [6, null, 6, 200]);
  assert.equal(names(saved), [older, latest]);
  assert.ok(before.equals(readFileSync(join(saved, latest))));
});

test('checkpoints: wrong use is one sentence, exit 2, and changes nothing', async () => {
  const before = names(saved).map(name => readFileSync(join(saved, name)));
  const file = join(saved, latest);
  const cases: [args: string[], text: string][] = [
    [['--net', 'mnist-core'], `--net: expected tutorial, as in ${file}, found "mnist-core"`],
    [['--seed', '2'], `--seed: expected 1, as in ${file}, found "2"`],
    [['--recipe', 'fast'], `--recipe: expected sgd, as in ${file}, found "fast"`],
    [['--batch-size', '64'], `--batch-size: expected 48, as in ${file}, found "64"`],
    [['--batches', '5'], '--batches: expected at least 6, as the run has 6 batches, found 5'],
    [['--save', newFolder()], '--save: expected to be left out with --resume'],
  ];
  await Promise.all(cases.map(([args, text]) => fails(2, ['--resume', saved, ...args], text)));
  await fails(
    2,
    ['--save', saved],
    `expected a folder without checkpoints`,
    `found ${latest} in ${saved}`,
  );
  await fails(2, ['--save-every', '3'], '--save-every: expected --save or --resume with it');
  await fails(2, ['--save', newFolder(), '--save-every', '0'], '--save-every: expected a whole');
  await fails(2, ['--resume='], '--resume: expected a folder, found ""');
  const after = names(saved).map(name => readFileSync(join(saved, name)));
  assert.equal(after, before);
});

test('--resume of a folder without checkpoints, or with other images: one sentence, exit 1', async () => {
  const expected = 'expected a folder with checkpoints of a run (--save makes one), found';
  const empty = newFolder();
  mkdirSync(empty);
  await fails(1, ['--resume', empty], `${empty}: ${expected} none`);
  await fails(1, ['--resume', newFolder()], `${expected} nothing there`);
  await fails(1, ['--resume', program], `${expected} a file`);
  const other = newFolder();
  cpSync(folder, other, {recursive: true});
  const labels = readFileSync(join(other, fileNames.testLabels));
  labels[labels.length - 1] ^= 1;
  writeFileSync(join(other, fileNames.testLabels), labels);
  const sentence = `${other}: expected the images and labels that ${join(saved, latest)} was trained on, found others`;
  await fails(1, ['--resume', saved, '--data', other], sentence);
});

// ---- damage

const damages: Record<string, (path: string) => void> = {
  truncated: path => truncateSync(path, 20_000),
  empty: path => truncateSync(path),
  altered: path => {
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
  },
  'of another net': path => copyFileSync(join(temporary, 'other-net', latest), path),
};
test('--resume: a newest checkpoint that is damaged or of another run is named, and the one before goes on', async () => {
  const goOn = async ([damage, inflict]: [string, (path: string) => void]) => {
    const copy = copyOfSaved();
    const path = join(copy, latest);
    inflict(path);
    const {stdout, stderr} = await succeeds([
      '--resume',
      copy,
      '--net',
      'tutorial',
      '--batches',
      '5',
    ]);
    assert.match(stderr, /^mnist-ops: [^\n]+\n$/, damage);
    assert.match(stderr, path, damage);
    assert.match(stdout, `going on after batch 3, from ${join(copy, older)}`, damage);
    // It is left where it is: only the run's own checkpoints give way to newer ones.
    assert.equal(names(copy), [older, 'checkpoint-00000005.safetensors', latest], damage);
  };
  await Promise.all(Object.entries(damages).map(goOn));
  const copy = copyOfSaved();
  for (const name of [older, latest]) truncateSync(join(copy, name), 9);
  const damaged = (name: string) => `${join(copy, name)}: expected a whole checkpoint, found`;
  const {code, stderr} = await runNode([program, '--resume', copy]);
  assert.is(code, 1);
  for (const name of [older, latest]) assert.match(stderr, damaged(name));
});

test('--resume: an option that the run does not have is the reason, also if the newest checkpoint is damaged', async () => {
  const copy = copyOfSaved();
  truncateSync(join(copy, latest), 9);
  const {code, stderr} = await runNode([program, '--resume', copy, '--net', 'mnist-core']);
  assert.is(code, 2);
  assert.match(stderr, `mnist-ops: --net: expected tutorial, as in ${join(copy, older)}, found`);
});

test('--resume keeps two checkpoints of its run, leaves those of another, and removes what a killed program left', async () => {
  const copy = copyOfSaved();
  const others = 'checkpoint-00000001.safetensors';
  const bytes = readFileSync(join(temporary, 'other-net', latest));
  writeFileSync(join(copy, others), bytes);
  writeFileSync(join(copy, `${latest}.123.tmp`), 'begun');
  writeFileSync(join(copy, 'notes.txt'), 'mine');
  await succeeds(['--resume', copy, '--batches', '9', '--save-every', '1']);
  const own = [8, 9].map(batch => `checkpoint-0000000${batch}.safetensors`);
  assert.equal(names(copy), [others, ...own, 'notes.txt']);
});

test('a checkpoint with any byte changed, or cut anywhere, is refused', () => {
  const bytes = readFileSync(join(saved, latest));
  const path = join(temporary, 'altered');
  const refuses = (altered: Uint8Array, what: string) => {
    writeFileSync(path, altered);
    assert.throws(() => readCheckpoint(path), /expected a whole checkpoint, found one/, what);
  };
  for (let i = 0; i < bytes.length; i += i < 1500 ? 1 : 101) {
    const altered = Buffer.from(bytes);
    altered[i] ^= 1 << (i % 8);
    refuses(altered, `byte ${i}`);
    if (i % 7 === 0) refuses(bytes.subarray(0, i), `the first ${i} bytes`);
  }
});

// ---- where nothing can be written

const noPlace = 'expected to be written, found a file as large as it may be';
testWhere(process.platform !== 'win32', 'only Unix limits the size of files')(
  '--save: a full disk before the first batch is one sentence, exit 1',
  async () => {
    const to = newFolder();
    const line = 'trap "" XFSZ && ulimit -f 1 && exec "$@"';
    const args = ['-c', line, 'sh', process.execPath, program, ...small, '--save', to];
    const {code, stderr} = await finished(start('sh', args));
    assert.equal(
      [code, stderr],
      [1, `mnist-ops: ${join(to, 'checkpoint-00000000.safetensors')}: ${noPlace}\n`],
    );
    assert.equal(names(to), []);
  },
);

const disk = join(temporary, 'disk');
mkdirSync(disk);
const mount = () =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'none', disk]).status === 0;
const unmount = () => spawnSync('umount', [disk]).status === 0;
const canMount = mount() && unmount();
testWhere(canMount, 'a small disk is mounted by root only')(
  '--save: on a disk that fills up the training goes on, ends with a sentence and exit 1, and what is there goes on',
  async () => {
    mount();
    const to = join(disk, 'run');
    const fill = once(/^batch .*loss/m, child => {
      assert.throws(() => writeFileSync(join(disk, 'fill'), new Uint8Array(2 ** 20)), /ENOSPC/);
      child.kill('SIGTERM');
    });
    const {code, stdout, stderr} = await run([...oneByOne, '--save', to], fill);
    assert.is(code, 1);
    const found = 'expected to be written, found no space left on the device';
    assert.match(stdout, `${found}; the training goes on`);
    assert.match(stdout, 'Test accuracy');
    assert.match(stderr, `${found}; the last checkpoint is that of batch 0\n`);
    assert.equal(names(to), ['checkpoint-00000000.safetensors']);
    rmSync(join(disk, 'fill'));
    await succeeds(['--resume', to, '--batches', '2']);
    assert.is(newest(to).batch, 2);
    assert.ok(unmount());
  },
);

test('--save: if the folder can be written to again, the run is saved, exit 0', async () => {
  const to = newFolder();
  const block = once(/^batch .*loss/m, child => {
    child.kill('SIGSTOP'); // or it writes into the folder that is just being removed
    rmSync(to, {recursive: true, maxRetries: 5});
    writeFileSync(to, '');
    child.kill('SIGCONT');
  });
  const unblock = once(/a file where its path needs a folder; the training goes on/, child => {
    rmSync(to);
    child.stdout!.on('data', text => /Saved again/.test(text) && child.kill('SIGTERM'));
  });
  const {code, stderr} = await run([...endless, '--save', to], (...output) => {
    block(...output);
    unblock(...output);
  });
  assert.equal([code, stderr], [143, '']);
  assert.ok(newest(to).batch > 0);
});

/** Root may write everywhere, so root's program runs as another user. */
const isRoot = process.getuid?.() === 0;
const nobody = isRoot ? {uid: 65534, gid: 65534} : {};
const asNobody = isRoot || process.platform !== 'win32';
const canRunAsNobody =
  asNobody && spawnSync(process.execPath, [program, '--help'], nobody).status === 0;
testWhere(canRunAsNobody, 'nobody else may run the program')(
  '--save: a folder without permission to write is one sentence, exit 1, and so is --resume',
  async () => {
    const to = copyOfSaved();
    chmodSync(temporary, 0o755);
    chmodSync(to, 0o555);
    const runAs = async (args: string[], batch: number) => {
      const {code, stderr} = await runNode([program, ...args], undefined, nobody);
      const path = join(to, batch ? '' : 'new', `checkpoint-0000000${batch}.safetensors`);
      const expected = `${path}: expected to be written, found no permission to write there`;
      assert.equal([code, stderr], [1, `mnist-ops: ${expected}\n`]);
    };
    await runAs([...small, '--save', join(to, 'new')], 0);
    await runAs(['--resume', to, '--batches', '9'], 6);
    assert.equal(names(to), [older, latest]);
    chmodSync(to, 0o755);
    await succeeds(['--resume', to, '--batches', '7']);
  },
);

test.after(() => {
  unmount(); // if a test failed
  rmSync(temporary, {recursive: true});
});
test.run();
