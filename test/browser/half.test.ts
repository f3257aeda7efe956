// Some GPUs can draw only to textures of 16-bit floats. `tutorial` learns there too.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createNetwork, relu, train} from '../../src/index.ts';
import {LEAST_ACCURACY} from '../accuracy.ts';
import {loadMnist} from '../mnist.ts';

tf.enableProdMode();
tf.env().set('WEBGL_FORCE_F16_TEXTURES', true); // must be set before the backend exists

test('16-bit textures: the significand has 11 bits', () => {
  tf.setBackend('webgl');
  for (const [value, kept] of [
    [1 + 2 ** -10, 1 + 2 ** -10],
    [1 + 2 ** -12, 1],
  ]) {
    const [x, y] = tf.tidy(() => {
      const x = tf.fill([1000], value);
      return [x, relu(x)];
    });
    assert.equal(Array.from(y.dataSync()), new Array(1000).fill(kept));
    tf.dispose([x, y]);
  }
});

test('16-bit textures: tutorial trains 100 batches without NaN, and recognises the test images', async () => {
  tf.setBackend('webgl');
  const network = createNetwork('tutorial');
  const data = await loadMnist();
  let batches = 0;
  for await (const event of train(network, data, {batches: 100})) {
    if (event.kind === 'batch') {
      batches++;
      assert.ok(Number.isFinite(event.loss), `loss ${event.loss} of batch ${event.batch}`);
    } else {
      const {correct, total} = event.evaluation;
      console.log(`16-bit textures: ${correct} of ${total} test images after 100 batches`);
      assert.is(total, 10_000);
      // Seeds 1 to 5 gave 92.7 to 93.7 % in 16 bits.
      assert.ok(correct / total > LEAST_ACCURACY.early, `${correct} of ${total} are right`);
    }
  }
  assert.is(batches, 100);
  network.dispose();
});

test.run();
