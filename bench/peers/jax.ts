// The step in jax-js on `wasm`, its only backend in Node besides an interpreter. It runs on one thread: its thread pool needs a
// browser's Worker.
import type {Array as NDArray} from '@jax-js/jax';
import {devDependencies} from '../../package.json';
import {createNetwork, presets} from '../../src/network.ts';
import type {Numbers} from '../cases/batches.ts';
import {type Peer, peerHere} from './peer.ts';

// A function of jax-js frees the arrays that it is given; `ref` keeps an array for another use.
export async function jaxPeer(batches: Numbers[]): Promise<Peer> {
  const jax = await import('@jax-js/jax');
  const {init, defaultDevice, jit, lax, nn, numpy: np, tree} = jax;
  await init('wasm'); // without a name it looks for WebGPU in `navigator`, which Node 20 lacks
  defaultDevice('wasm');

  // The convolutions stay outside of jit. It moves padding into a convolution's innermost loop, and conv2's input gradient is a
  // padded convolution: with one jit around everything a step takes twice as long.
  // At 0 the gradient of maximum(0, x) is 0, as ours is; nn.relu's is dy.
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
  // From channels last to channels first: filters, biases, and the order of dense's inputs.
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
    await jax.blockUntilReady(weights); // otherwise the next step computes them
    const [value] = await loss.data();
    return value;
  };
  return peerHere(`jax-js ${devDependencies['@jax-js/jax']}, wasm`, step, () => {
    tree.dispose([weights, inputs]);
    for (const compiled of [activate, meanLoss, descend]) compiled.dispose();
  });
}
