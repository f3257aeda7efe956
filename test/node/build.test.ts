// The build, in a temporary folder: after a full disk no later build takes half a file for a whole one.
import {execFileSync, spawnSync} from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {compile} from '../../src/kernels/simd/backend/module.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-build-'));
cpSync(join(root, 'build.mjs'), join(folder, 'build.mjs'));
for (const name of ['src', 'test', 'licences', 'node_modules', 'package.json']) {
  symlinkSync(join(root, name), join(folder, name));
}
const kernels = join(folder, 'build/simd.wasm');

test('build: if the disk is full in the middle of the kernels, no file is left, and a sentence says why', () => {
  // A limit of 8 KiB for each file instead of a full disk.
  const command = `trap '' XFSZ; ulimit -f 8; '${process.execPath}' build.mjs cli`;
  const {status, stderr} = spawnSync('bash', ['-c', command], {cwd: folder, encoding: 'utf8'});
  assert.is(status, 1);
  assert.match(stderr, /^build: expected to write build\/simd\.wasm, found EFBIG/);
  assert.equal(readdirSync(join(folder, 'build')), []);
});

test('build: a kernel file that was cut is compiled anew, though it is newer than its sources', () => {
  cpSync(join(root, 'build'), join(folder, 'build'), {recursive: true});
  const whole = readFileSync(kernels);
  assert.ok(WebAssembly.validate(whole));
  writeFileSync(kernels, whole.subarray(0, whole.length - 1));
  execFileSync(process.execPath, ['build.mjs', 'cli'], {cwd: folder});
  assert.ok(readFileSync(kernels).equals(whole));
});

test('compile: the error for a cut kernel file names the file, not a missing SIMD', () => {
  const cut = new Uint8Array(readFileSync(kernels).subarray(0, 5000));
  assert.throws(
    () => compile(cut),
    /^simd: expected its kernels to be a valid WebAssembly module, found 5000 bytes that are none; build them anew$/,
  );
});

test.after(() => rmSync(folder, {recursive: true}));
test.run();
