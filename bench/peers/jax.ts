// The step in jax-js on `wasm`, its only backend in Node besides an interpreter. On one thread: its pool of threads wants
// the browser's Worker.
import type {Array as NDArray} from '@jax-js/jax';
import {devDependencies} from '../../package.json';
import {createNetwork, presets} from '../../src/network.ts';
import type {Numbers} from '../cases/batches.ts';
import {type Peer, timeSteps} from './peer.ts';

// An array that is passed to a function of jax-js is freed by it: `ref` keeps it for another use.
export async function jaxPeer(batches: Numbers[]): Promise<Peer> {
  const jax = await import('@jax-js/jax');
  const {init, defaultDevice, jit, lax, nn, numpy: np, tree} = jax;
  await init('wasm'); // without a name it asks for WebGPU too, by `navigator`, which Node 20 doesn't have
  defaultDevice('wasm');

  // jit makes padding part of a convolution's innermost loop, and conv2's input gradient is a padded convolution: with one
  // jit around all of it, the step takes twice as long. So the convolutions stay outside.
  // The gradient of maximum(0, x) at 0 is that of its first argument: ours. nn.relu lets dy through there.
  const activate = jit((x: NDArray, bias: NDArray) =>
    lax.reduceWindow(np.maximum(0, x.add(bias)), np.max, [2, 2], [2, 2]),
  );
  const meanLoss = jit((x: NDArray, weights: NDArray, bias: NDArray, labels: NDArray) => {
    const [batch] = labels.shape;
    const logLikelihood = nn.logSoftmax(np.matmul(x, weights).add(bias)).mul(labels);
    return logLikelihood.sum().mul(-1 / batch);
  });
  const {learningRate} = presets.tutorial;
  const descend = jit((weights: NDArray[], gradients: NDArray[]) =>
    weights.map((weight, i) => weight.sub(gradients[i].mul(learningRate))),
  );

  const layer = (x: NDArray, filter: NDArray, bias: NDArray) =>
    activate(lax.conv(x, filter, [1, 1], 'VALID'), bias);
  const lossOf = (weights: NDArray[], xs: NDArray, labels: NDArray): NDArray => {
    const [filter1, bias1, filter2, bias2, weights3, bias3] = weights;
    const y = layer(layer(xs, filter1, bias1), filter2, bias2);
    return meanLoss(y.reshape([y.shape[0], -1]), weights3, bias3, labels);
  };

  const array = (values: Float32Array, shape: number[]) =>
    np.array(values as Float32Array<ArrayBuffer>, {shape});
  // NHWC to channels first: in filters, biases, and the order in which dense is given its inputs.
  const network = createNetwork('tutorial');
  const [filter1, bias1, filter2, bias2, weights3, bias3] = network.variables.map(variable =>
    array(variable.dataSync() as Float32Array, variable.shape),
  );
  network.dispose();
  let weights = [
    filter1.transpose([3, 2, 0, 1]),
    bias1.reshape([-1, 1, 1]),
    filter2.transpose([3, 2, 0, 1]),
    bias2.reshape([-1, 1, 1]),
    weights3.reshape([4, 4, 16, 10]).transpose([2, 0, 1, 3]).reshape([256, 10]),
    bias3,
  ];
  const inputs = batches.map(({size, pixels, labels}) => ({
    xs: array(pixels, [size, 1, 28, 28]),
    labels: array(labels, [size, 10]),
  }));

  let steps = 0;
  const step = async (): Promise<number> => {
    const {xs, labels} = inputs[steps++ % inputs.length];
    const [loss, gradients] = jax.valueAndGrad(lossOf)(tree.ref(weights), xs.ref, labels.ref);
    weights = descend(weights, gradients);
    await jax.blockUntilReady(weights); // or they are computed when they are next used
    const [value] = await loss.data();
    return value;
  };
  return {
    name: `jax-js ${devDependencies['@jax-js/jax']}, wasm`,
    steps: n => timeSteps(n, step),
    dispose() {
      tree.dispose([weights, inputs]);
      for (const compiled of [activate, meanLoss, descend]) compiled.dispose();
    },
  };
}
