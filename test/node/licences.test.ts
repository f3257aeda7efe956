// What others made: THIRD-PARTY.md, and the licences beside the bundles.
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {installedWith, type Lock, thirdParty} from '../../licences/third_party.ts';
import {runNode} from '../program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const lock: Lock = JSON.parse(read('package-lock.json'));

test('THIRD-PARTY.md is what `npm run licences` makes of package-lock.json; run it if this fails', () => {
  assert.is(read('THIRD-PARTY.md'), thirdParty(lock, read('licences/data.md')));
});

const installed = installedWith(lock).map(folder => lock.packages[folder]);

test('every package that a user installs with ours has a licence that asks for no more than its text', () => {
  const licences = installed.map(({license}) => license);
  const allowed = ['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];
  assert.equal(
    [...new Set(licences)].filter(each => !allowed.includes(each ?? '')),
    [],
  );
});

test('no package that a user installs with ours runs a script when it is installed, nor does ours', () => {
  assert.ok(installed.length > 10, `${installed.length} packages`);
  assert.not(installed.some(({hasInstallScript}) => hasInstallScript));
  assert.not(lock.packages[''].hasInstallScript);
});

test('the packages that a user installs: the nearest copy of each, and what peers need', () => {
  const packages: Lock['packages'] = {
    '': {dependencies: {a: '1'}, peerDependencies: {'@s/p': '1'}},
    'node_modules/a': {version: '1.0.0', license: 'ISC', dependencies: {b: '1'}},
    'node_modules/a/node_modules/b': {version: '1.0.0', dependencies: {c: '1'}},
    'node_modules/b': {version: '2.0.0', license: 'MIT', dev: true},
    'node_modules/c': {version: '3.0.0', license: 'MIT'},
    'node_modules/@s/p': {version: '4.0.0', license: 'MIT', optionalDependencies: {none: '1'}},
    'node_modules/for-another-system': {version: '5.0.0', license: 'MIT', dev: true},
  };
  const found = ['@s/p', 'a', 'a/node_modules/b', 'c'].map(name => `node_modules/${name}`);
  assert.equal(installedWith({packages}), found);
  const text = thirdParty({packages}, '- data');
  assert.match(text, '| `a` | 1.0.0 | ISC |\n| `b` | 1.0.0 | not stated |\n');
  assert.match(text, '- MIT: b, for-another-system\n');
});

/** The packages whose code is in the files, by what esbuild writes above each module, or in a map. */
const packagesIn = (files: string[]): Set<string> => {
  const names = files.flatMap(file =>
    [...read(file).matchAll(/(?:^\/\/ |")[^"\n]*node_modules\/((?:@[^/]+\/)?[^/"]+)\/[^"\n]+/gm)]
      .filter(([line]) => !line.includes('(disabled)'))
      .map(([, name]) => name),
  );
  return new Set(names);
};

test('the licence of each package in the command line and in the page is beside it', () => {
  const maps = readdirSync(join(root, 'dist/site')).filter(name => name.endsWith('.js.map'));
  const programs = readdirSync(join(root, 'dist')).filter(name => name.endsWith('.js'));
  for (const [folder, files, some] of [
    ['dist', programs, ['jpeg-js', 'long', 'tr46', '@tensorflow/tfjs-backend-webgl']],
    ['dist/site', maps, ['uplot', 'sugar-high', '@tensorflow/tfjs-backend-wasm']],
  ] as const) {
    const texts = read(`${folder}/licences.txt`);
    const packages = packagesIn(files.map(file => `${folder}/${file}`));
    for (const name of some) assert.ok(packages.has(name), name);
    for (const name of packages) assert.match(texts, new RegExp(`^====.* ${name} \\d`, 'm'));
    assert.match(texts, 'Apache License\n');
  }
  const page = read('dist/site/licences.txt');
  for (const text of ['XNNPACK', 'MNIST', 'Copyright Jiachi Liu']) assert.match(page, text);
});

test('the report’s script ends with the licences of what draws its charts', () => {
  assert.match(
    read('dist/bench/report.js'),
    /\/\*\nPackages of others.+@observablehq\/plot.+\*\/\n$/s,
  );
});

const program = join(root, 'dist/licences/main.js');

test('npm run licences: writes the file, and refuses wrong use in one sentence', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'mnist-ops-licences-'));
  try {
    const run = (...args: string[]) => runNode([program, ...args], undefined, {cwd});
    const missing = await run();
    assert.is(missing.code, 1);
    assert.match(missing.stderr, /^licences: ENOENT: .*package-lock\.json'\n$/);
    const packages = {'': {dependencies: {a: '1'}}, 'node_modules/a': {version: '1.0.0'}};
    writeFileSync(join(cwd, 'package-lock.json'), JSON.stringify({packages}));
    mkdirSync(join(cwd, 'licences'));
    writeFileSync(join(cwd, 'licences/data.md'), '- some data');
    const done = await run();
    assert.equal([done.code, done.stdout, done.stderr], [0, 'THIRD-PARTY.md: 1 packages\n', '']);
    assert.is(
      readFileSync(join(cwd, 'THIRD-PARTY.md'), 'utf8'),
      thirdParty({packages}, '- some data'),
    );
  } finally {
    rmSync(cwd, {recursive: true});
  }
  const wrong = await runNode([program, '--check']);
  assert.equal([wrong.code, wrong.stdout], [2, '']);
  assert.match(wrong.stderr, /^licences: --check: unknown option[^\n]+\n$/);
  const help = await runNode([program, '--help']);
  assert.equal([help.code, help.stderr], [0, '']);
  assert.match(help.stdout, 'usage: npm run licences');
});

test.run();
