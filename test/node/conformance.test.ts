// `npm run test:conformance` once it is built, on tests in ONNX's form that are written here: it has to be able to fail.
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';

const program = fileURLToPath(new URL('../conformance/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-conformance-'));

const run = (...args: string[]) =>
  spawnSync(process.execPath, [program, '--backend', 'cpu', '--onnx', folder, ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  });

/** A message of protocol buffers: numbers below 128, texts and other messages by the numbers of their fields. */
const message = (...fields: [number: number, value: number | string | Buffer][]): Buffer =>
  Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([number << 3, value]);
      const bytes = Buffer.from(value as string);
      return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
    }),
  );

const tensor = (...values: number[]): Buffer =>
  message([1, values.length], [2, 1], [9, Buffer.from(Float32Array.from(values).buffer)]);

const model = (op: string): Buffer =>
  message([7, message([1, message([1, 'x'], [2, 'y'], [4, op])], [11, message([1, 'x'])])]);

function writeTest(name: string, modelBytes: Buffer, x: Buffer, y: Buffer): void {
  const path = join(folder, 'node', name);
  mkdirSync(join(path, 'test_data_set_0'), {recursive: true});
  writeFileSync(join(path, 'model.onnx'), modelBytes);
  writeFileSync(join(path, 'test_data_set_0/input_0.pb'), x);
  writeFileSync(join(path, 'test_data_set_0/output_0.pb'), y);
}

test.before.each(() => rmSync(join(folder, 'node'), {recursive: true, force: true}));

test('conformance: --help tells of the options, and an unknown backend is wrong use', () => {
  const {status, stdout} = run('--help');
  assert.is(status, 0);
  assert.match(stdout, /--onnx FOLDER +where ONNX's tests are/);
  const wrong = run('--backend', 'tpu');
  assert.is(wrong.status, 2);
  assert.is(
    wrong.stderr,
    'test:conformance: --backend: expected one of simd, cpu, webgl, wasm, found "tpu"\n',
  );
});

test('conformance: a test passes, another that is refused by design is counted with its reason', () => {
  writeTest('test_relu', model('Relu'), tensor(-1, 2), tensor(0, 2));
  writeTest('test_momentum', model('Momentum'), tensor(1), tensor(1));
  writeTest('test_sqrt', model('Sqrt'), tensor(4), tensor(2)); // no op of ours
  const {status, stdout} = run('--filter', 'node/test_');
  assert.is(status, 0, stdout);
  assert.match(stdout, "| ONNX's node tests, forward | cpu | 1 | 1 | 0 |");
  assert.match(stdout, /\n\| optimizers: .* \| 1 \|/);
});

test('conformance: a result that is one unit in the last place off is a failure where no arithmetic is done', () => {
  writeTest('test_relu', model('Relu'), tensor(-1, 2), tensor(0, 2 + 2 ** -22));
  const {status, stdout} = run('--filter', 'node/test_');
  assert.is(status, 1);
  assert.match(
    stdout,
    "FAILED cpu, ONNX's node tests, forward, node/test_relu: y: at [1] expected 2.000000238418579, got 2 ",
  );
  assert.match(stdout, "| ONNX's node tests, forward | cpu | 0 | 0 | 1 |");
});

test('conformance: a file that is cut is named in one sentence', () => {
  writeTest('test_relu', model('Relu').subarray(0, 10), tensor(1), tensor(1));
  const {status, stderr} = run();
  assert.is(status, 1);
  assert.match(
    stderr,
    /^test:conformance: \S+test_relu\/model\.onnx: This is no ONNX model, or only part of one: .*\n$/,
  );
});

test('conformance: a suite that is not installed is skipped, and says how to install it', () => {
  const {status, stdout} = run('--filter', 'relu');
  assert.is(status, 0);
  assert.match(
    stdout,
    `SKIPPED ONNX's node tests, forward: expected them in ${folder}, found none (apt-get install libonnx-testdata, or --onnx FOLDER)\n`,
  );
});

test.after(() => rmSync(folder, {recursive: true}));
test.run();
