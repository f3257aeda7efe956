// The weights that ship with the package are those that their script makes, on any machine.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {readWeightsFrom} from '../../src/weights/node.ts';
import {runNode} from '../program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shipped = join(root, 'weights/tutorial.safetensors');

test('weights: the script makes the shipped file again, bit for bit, and the file says how it was made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-weights-'));
  try {
    const made = join(folder, 'made.safetensors');
    const script = fileURLToPath(new URL('../weights/make.js', import.meta.url));
    const {code, stdout, stderr} = await runNode([script, made], undefined, {timeout: 600_000});
    assert.equal([code, stderr], [0, '']);
    assert.ok(readFileSync(made).equals(readFileSync(shipped)), 'made differs from shipped');
    const {preset, metadata} = await readWeightsFrom(shipped);
    assert.is(preset, 'tutorial');
    assert.ok(stdout.endsWith(`epoch 5 of 5: ${metadata.right}\n`), stdout);
    assert.match(metadata.right, /^9,8\d\d of MNIST’s 10,000 test images$/);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test.run();
