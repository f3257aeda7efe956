// The command line on backend webgl: the built program trains in a browser.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {imageFolder} from '../image_folder.ts';
import {becomes, type Finished, once, runNode, type Watch} from '../program.ts';
import {testWhere, testWithPackage} from '../skips.ts';

const program = fileURLToPath(new URL('../cli.js', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const {temporary, folder} = imageFolder();
const small = ['--data', folder, '--batch-size', '16'];

const run = (args: string[], watch?: Watch) => runNode([program, ...args], watch);

test('webgl: the command line has the same output and losses as on simd', async () => {
  const args = [...small, '--epochs', '1', '--test-every', '10', '--test-size', '50', '--backend'];
  const [webgl, simd] = await Promise.all([run([...args, 'webgl']), run([...args, 'simd'])]);
  assert.equal([webgl.code, webgl.stderr], [0, '']);
  assert.match(webgl.stdout, /\nbackend webgl in Chromium [\d.]+ on .+, seed 1\n/);
  const lines = ({stdout}: Finished) =>
    stdout
      .replace(/^backend .*, seed/m, 'backend, seed')
      .replace(/ {2}[\d,]+ images\/s {2}(\d+:\d\d left|testing)$/gm, '')
      .split('\n');
  assert.equal(lines(webgl), lines(simd));
});

test('webgl: --json prints the same line as on simd, with another net, seed and batch size', async () => {
  const args = ['--data', folder, '--net', 'mnist-core', '--seed', '7', '--batch-size', '40'];
  const [webgl, simd] = await Promise.all(
    ['webgl', 'simd'].map(backend =>
      run([...args, '--batches', '4', '--json', '--backend', backend]),
    ),
  );
  assert.is(webgl.code, 0, webgl.stderr);
  assert.match(webgl.stdout, /^\{.*\}\n$/);
  const [found, expected] = [webgl, simd].map(({stdout}) => JSON.parse(stdout));
  assert.equal(Object.keys(found), Object.keys(expected));
  for (const key of ['firstLoss', 'lastLoss']) {
    const [a, b] = [found[key], expected[key]];
    assert.ok(Math.abs(a - b) <= 1e-4 * b, `${key}: ${a} and ${b}`);
  }
  const {msPerStep, seconds, firstLoss, lastLoss} = found;
  const measured = {msPerStep, seconds, firstLoss, lastLoss};
  const simdAlone = {build: null, threads: null};
  assert.equal(found, {...expected, backend: 'webgl', ...simdAlone, ...measured});
});

const childrenFile = (pid: number) => `/proc/${pid}/task/${pid}/children`;
const childrenOf = (pid: number) =>
  readFileSync(childrenFile(pid), 'utf8').split(' ').filter(Boolean).map(Number);
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

const testWithChildren = testWhere(
  existsSync(childrenFile(process.pid)),
  'only Linux lists the processes that a program has started',
);

testWithChildren('webgl: a signal that ends the program ends the browser too', async () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    let browser: number[] = [];
    const watch = once(/test images/, child => {
      browser = childrenOf(child.pid!);
      child.kill(signal);
    });
    await run([...small, '--backend', 'webgl', '--epochs', '100000'], watch);
    assert.ok(browser.length > 0, `no browser was seen before ${signal}`);
    const ended = await becomes(() => !browser.some(isAlive));
    assert.ok(ended, `the browser outlives ${signal}`);
  }
});

test('webgl: without a browser the command line says in one sentence what to install, exit 1', async () => {
  // The package as its users install it, without its development dependencies.
  const installed = join(temporary, 'installed');
  const modules = join(installed, 'node_modules');
  mkdirSync(modules, {recursive: true});
  writeFileSync(join(installed, 'package.json'), '{"type": "module"}');
  for (const file of readdirSync(join(root, 'dist')).filter(name => name.endsWith('.js'))) {
    cpSync(join(root, 'dist', file), join(installed, file));
  }
  const args = [join(installed, 'cli.js'), ...small, '--backend', 'webgl'];
  const fails = async (env: NodeJS.ProcessEnv, ...words: RegExp[]) => {
    const {code, stdout, stderr} = await runNode(args, undefined, {env});
    assert.equal([code, stdout], [1, ''], stderr);
    for (const word of [/^mnist-ops: [^\n]+\n$/, ...words]) assert.match(stderr, word);
  };
  const env = {PATH: temporary, MNIST_OPS_BROWSER: undefined};
  await fails(env, /^mnist-ops: playwright-core: .*npm install playwright-core/);

  symlinkSync(join(root, 'node_modules/playwright-core'), join(modules, 'playwright-core'));
  if (process.platform === 'linux') {
    // On other systems a browser may be in its installer's folder.
    await fails(env, /apt-get install chromium/, /MNIST_OPS_BROWSER/, /it is not installed/);
  }
  const named = {MNIST_OPS_BROWSER: process.execPath}; // Node is no browser
  await fails(named, /^mnist-ops: MNIST_OPS_BROWSER: expected a Chrome or Chromium that starts/);
});

test('webgl: without a browser, the tests in a browser fail with the same sentence', async () => {
  const tests = join(root, 'dist/test/browser.test.js');
  const env = {MNIST_OPS_BROWSER: process.execPath};
  const {code, stdout, stderr} = await runNode([tests], undefined, {env});
  assert.is(code, 1);
  assert.match(stdout + stderr, 'FAIL');
  assert.match(stdout + stderr, 'MNIST_OPS_BROWSER: expected a Chrome or Chromium that starts');
});

testWithPackage('webgl: if Chromium doesn’t start, the packaged one trains', async () => {
  writeFileSync(join(temporary, 'chromium'), '#!/bin/sh\nexit 1\n', {mode: 0o755});
  const env = {PATH: temporary, MNIST_OPS_BROWSER: undefined};
  const args = [program, ...small, '--backend', 'webgl', '--batches', '1'];
  const {code, stdout, stderr} = await runNode(args, undefined, {env});
  assert.equal([code, stderr], [0, '']);
  const {devDependencies} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major] = devDependencies['@sparticuz/chromium'].split('.');
  assert.match(stdout, `backend webgl in Chromium ${major}.`);
});

test.after(() => rmSync(temporary, {recursive: true}));
test.run();
