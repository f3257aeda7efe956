// The package as its user gets it: by name, through the exports map, in plain Node, with types.
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
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
  import {createNetwork, softmaxCrossEntropy} from 'mnist-ops';
  import {loadMnist} from 'mnist-ops/node';
  tf.enableProdMode();
  const data = await loadMnist();
  const network = createNetwork('tutorial');
  const optimizer = tf.train.sgd(0.15);
  const losses: number[] = [];
  for (let step = 0; step < 5; step++) {
    const {xs, labels} = data.nextTrainBatch(64);
    const cost = optimizer.minimize(() => softmaxCrossEntropy(labels, network.forward(xs)), true, network.variables)!;
    losses.push(cost.dataSync()[0]);
  }
  console.log(losses.join(' '));
`;

test('the built package trains, imported by name', () => {
  const losses = run(training.replace(': number[]', '').replace('!;', ';'))
    .trim()
    .split(' ')
    .map(Number);
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

test.run();
