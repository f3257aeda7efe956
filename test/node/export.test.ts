// `npm run export`: the built program is run as its users run it.

import {spawnSync} from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {writeCheckpoint} from '../../src/cli/checkpoint.ts';
import {readWeightsFrom} from '../../src/weights/node.ts';
import {formats} from '../../src/weights/write_weights.ts';
import {runNode, runOnFullDisk} from '../program.ts';
import {testWithFullDisk} from '../skips.ts';
import {filesOf, weightsOf} from '../weights.ts';

const program = fileURLToPath(new URL('../export.js', import.meta.url));

let folder = '';
let ours = '';
const at = (name: string) => join(folder, name);

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnist-ops-export-'));
  ours = at('ours.safetensors');
  writeFileSync(ours, filesOf('safetensors', 'tutorial')[0].bytes);
});
test.after.each(() => rmSync(folder, {recursive: true}));

const run = (...args: string[]) => runNode([program, ...args]);
const exportTo = (to: string, ...more: string[]) => run('--weights', ours, '--to', to, ...more);

test('npm run export: --help lists every option', async () => {
  for (const flag of ['--help', '-h']) {
    const {code, stdout, stderr} = await run(flag);
    assert.equal([code, stderr], [0, '']);
    for (const name of ['weights', 'to', 'layout', 'help']) assert.match(stdout, `--${name} `);
    assert.ok(stdout.split('\n').every(line => line.length <= 100));
  }
});

test('npm run export: each format is written, said and read again, from one to the next', async () => {
  const targets = ['a.onnx', 'b', 'c.safetensors', 'd/', 'e.safetensors', 'f.onnx'];
  let from = ours;
  for (const name of targets) {
    const more = name === 'c.safetensors' ? ['--layout', 'pytorch'] : [];
    const {code, stdout, stderr} = await run('--weights', from, '--to', at(name), ...more);
    assert.equal([code, stderr], [0, ''], name);
    const [read, wrote, end] = stdout.split('\n');
    assert.ok(read.startsWith(`Read ${from}`) && read.includes('network tutorial'), read);
    assert.ok(wrote.startsWith(`Wrote ${at(name)}`) && end === '', wrote);
    from = at(name);
    assert.equal((await readWeightsFrom(from)).weights, weightsOf('tutorial'));
  }
  assert.equal(
    readdirSync(folder).sort(),
    [...targets, 'ours.safetensors'].map(name => name.replace('/', '')),
  );
  assert.equal(readdirSync(at('b')).sort(), ['model.json', 'weights.bin']);
});

test('npm run export: it says what it recognised and what it wrote', async () => {
  const {stdout} = await exportTo(at('x.onnx'));
  const read = `Read ${ours}: safetensors, recognised by its shapes as the network tutorial: filters HWIO, inputs of the dense layer HWC, as goes with such filters.\n`;
  const size = readFileSync(at('x.onnx')).length.toLocaleString('en-US');
  const wrote = `Wrote ${at('x.onnx')} (${size} bytes): an ONNX model, from image [batch, 1, 28, 28] in [0, 1] to logits [batch, 10].\n`;
  assert.is(stdout, read + wrote);
});

test('npm run export: a run of ours stays one, and other metadata are left behind', async () => {
  await exportTo(at('x.onnx'));
  assert.equal((await readWeightsFrom(at('x.onnx'))).metadata, {net: 'tutorial'});
  const metadata = {format: 'mnist-ops', net: 'mnist-core', batch: '7'};
  const run7 = formats.safetensors({
    preset: 'mnist-core',
    weights: weightsOf('mnist-core'),
    metadata,
  });
  writeFileSync(at('run.safetensors'), run7[0].bytes);
  await run('--weights', at('run.safetensors'), '--to', at('run.onnx'));
  assert.equal((await readWeightsFrom(at('run.onnx'))).metadata, metadata);
});

test('npm run export: a file that is there is replaced, and no other is left', async () => {
  writeFileSync(at('x.onnx'), 'old');
  mkdirSync(at('model'));
  writeFileSync(at('model/model.json'), 'old');
  writeFileSync(at('model/notes.txt'), 'mine');
  assert.is((await exportTo(at('x.onnx'))).code, 0);
  assert.is((await exportTo(at('model'))).code, 0);
  assert.equal((await readWeightsFrom(at('x.onnx'))).weights, weightsOf('tutorial'));
  assert.equal((await readWeightsFrom(at('model'))).weights, weightsOf('tutorial'));
  assert.equal(readdirSync(at('model')).sort(), ['model.json', 'notes.txt', 'weights.bin']);
  assert.equal(readdirSync(folder).sort(), ['model', 'ours.safetensors', 'x.onnx']);
});

test('npm run export: wrong use is refused in one sentence, with exit code 2', async () => {
  linkSync(ours, at('same.safetensors'));
  const there = at('x.onnx');
  for (const [args, sentence] of [
    [[], '--weights: expected a path (--weights FILE), found none'],
    [['--weights', ''], '--weights: expected a path (--weights FILE), found ""'],
    [['--weights', ours], '--to: expected a path (--to FILE|DIR), found none'],
    [['--weights', ours, '--to', '-'], '--to: expected a path (--to FILE|DIR), found "-"'],
    [
      ['--weights', ours, '--to', at('x.h5')],
      `--to: expected a file .safetensors or .onnx, or a folder, found "${at('x.h5')}"`,
    ],
    [
      ['--weights', ours, '--to', there, '--layout', 'keras'],
      '--layout: expected mnist-ops or pytorch, found "keras"',
    ],
    [
      ['--weights', ours, '--to', there, '--layout', 'pytorch'],
      `--layout: expected with a file .safetensors only, found with "${there}"`,
    ],
    [
      ['--weights', ours, '--to', ours],
      `--to: expected another place than --weights, found "${ours}"`,
    ],
    [
      ['--weights', ours, '--to', at('same.safetensors')],
      `--to: expected another place than --weights, found "${at('same.safetensors')}"`,
    ],
    [['--weigths', ours], '--weigths: unknown option, did you mean --weights?'],
    [[ours], `expected options only, found "${ours}" (see --help)`],
  ] as [string[], string][]) {
    const {code, stdout, stderr} = await run(...args);
    assert.equal([code, stdout, stderr], [2, '', `export: ${sentence}\n`]);
  }
  assert.not(existsSync(there));
});

test('npm run export: a folder is not written over itself', async () => {
  await exportTo(at('model'));
  const model = join(at('model'), 'model.json');
  for (const from of [at('model'), model]) {
    const {code, stderr} = await run('--weights', from, '--to', at('model'));
    const sentence = `--to: expected another place than --weights, found "${at('model')}"`;
    assert.equal([code, stderr], [2, `export: ${sentence}\n`]);
  }
});

test('npm run export: weights that cannot be read, and places that cannot be written, are one sentence with exit code 1', async () => {
  writeFileSync(at('text'), 'hello, world');
  mkdirSync(at('empty'));
  await exportTo(at('model'));
  rmSync(at('model/weights.bin'));
  const refused = async (args: string[], sentence: string) => {
    const {code, stderr} = await run(...args);
    assert.equal([code, stderr], [1, `export: ${sentence}\n`]);
  };
  const reads = (name: string, sentence: string) =>
    refused(['--weights', at(name), '--to', at('x.onnx')], `${folder}/${sentence}`);
  await reads('none', 'none: expected a file of weights, found nothing there');
  await reads(
    'empty',
    'empty: expected checkpoints, a model.json or one file .safetensors in it, found none',
  );
  await reads('model', 'model/weights.bin: expected a file of weights, found nothing there');
  await reads(
    'text',
    'text: This is no weights file, or only part of one: its header should fit into 4 bytes, and takes 8583909746840200552.',
  );
  truncateSync(at('text'), 1_000_001);
  await reads(
    'text',
    'text: A weights file should have at most 1000000 bytes, and this file has 1000001.',
  );
  if (existsSync('/dev/null')) {
    const device = '/dev/null: expected a file of weights, found a device';
    await refused(['--weights', '/dev/null', '--to', at('x.onnx')], device);
  }
  const writes = (to: string, found: string) =>
    refused(
      ['--weights', ours, '--to', at(to)],
      `${at(to)}: expected to be written, found ${found}`,
    );
  await writes('none/x.onnx', 'no such folder');
  await writes('text/x.onnx', 'a file where its path needs a folder');
  await writes('text/folder', 'a file where its path needs a folder');
  await writes('text', 'a file where its path needs a folder');
  mkdirSync(at('empty/model.json'));
  await refused(
    ['--weights', ours, '--to', at('empty')],
    `${at('empty/model.json')}: expected to be written, found a folder of that name`,
  );
  assert.equal(readdirSync(at('empty')).sort(), ['model.json', 'weights.bin'], 'no partial file');
  assert.equal(readdirSync(folder).sort(), ['empty', 'model', 'ours.safetensors', 'text']);
});

test('weights of a folder are those of its newest whole checkpoint, or of its model.json, or of its one .safetensors file', async () => {
  mkdirSync(at('run'));
  const write = (name: string, bytes: Uint8Array) => writeFileSync(at(`run/${name}`), bytes);
  const read = async () => {
    const {path, preset, refused} = await readWeightsFrom(at('run'));
    return [path, preset, refused];
  };
  const fails = async (sentence: string) => {
    const {code, stderr} = await run('--weights', at('run'), '--to', at('x.onnx'));
    assert.equal([code, stderr], [1, `export: ${sentence}\n`]);
  };
  const expected = `${at('run')}: expected checkpoints, a model.json or one file .safetensors in it, found`;
  await fails(`${expected} none`);
  for (const name of ['a', 'b']) {
    write(`${name}.safetensors`, filesOf('safetensors', 'tutorial')[0].bytes);
    if (name === 'a') assert.equal(await read(), [at('run/a.safetensors'), 'tutorial', []]);
  }
  await fails(`${expected} a.safetensors, b.safetensors`);
  for (const {name, bytes} of filesOf('layers', 'mnist-core')) write(name, bytes);
  assert.equal(await read(), [at('run/model.json'), 'mnist-core', []]);

  const checkpoint = (batch: number) => {
    const settings = {net: 'tutorial'};
    const weights = weightsOf('tutorial');
    return writeCheckpoint({settings, dataset: '', batch, losses: [], velocities: [], weights});
  };
  const [older, newest] = [90_000_000, 100_000_000].map(batch => `checkpoint-${batch}.safetensors`);
  for (const name of [older, newest]) write(name, checkpoint(Number(/\d+/.exec(name))));
  assert.equal(await read(), [at(`run/${newest}`), 'tutorial', []]);
  const altered = checkpoint(1);
  altered[altered.length - 1] ^= 1;
  write(newest, altered);
  const why = `${at('run')}/${newest}: expected a whole checkpoint, found one that is truncated or altered (its checksum differs)`;
  assert.equal(await read(), [at(`run/${older}`), 'tutorial', [why]]);
  const foreign = {sha256: 'a'.repeat(64), format: 'pt'}; // somebody's own idea of a checksum
  const [theirs] = formats.safetensors({
    preset: 'tutorial',
    weights: weightsOf('tutorial'),
    metadata: foreign,
  });
  writeFileSync(at('theirs.safetensors'), theirs.bytes);
  assert.equal((await readWeightsFrom(at('theirs.safetensors'))).metadata, foreign);
  const {code, stdout, stderr} = await run('--weights', at('run'), '--to', at('x.onnx'));
  assert.equal([code, stderr], [0, `export: ${why}\n`]);
  assert.match(stdout, `Read ${at('run')}/${older}: `);
  await assertRejects(() => readWeightsFrom(at(`run/${newest}`)), why);
  const {stderr: refused} = await exportTo(at('run'));
  const place = `--to: expected a folder without checkpoints, found ${newest} in ${at('run')}`;
  assert.is(refused, `export: ${place}\n`);
});

async function assertRejects(work: () => Promise<unknown>, sentence: string): Promise<void> {
  const message = await work().then(
    () => 'no error',
    error => error.message,
  );
  assert.is(message, sentence);
}

test('npm run export: a folder where none can be made is a sentence, and no endless search for one', () => {
  if (process.platform !== 'linux') return console.log('SKIPPED: /proc is Linux’s');
  const args = [program, '--weights', ours, '--to', '/proc/none/net'];
  const {status, stderr} = spawnSync(process.execPath, args, {encoding: 'utf8', timeout: 30_000});
  assert.is(status, 1);
  assert.match(stderr, '/proc/none/net: expected to be written, found');
});

testWithFullDisk('npm run export: a full disk behind stdout is one sentence', async () => {
  const {code, stderr} = await runOnFullDisk([program, '--weights', ours, '--to', at('x.onnx')]);
  assert.is(code, 1);
  assert.is(stderr, 'export: stdout: expected to be written, found no space left on the device\n');
});

test.run();
