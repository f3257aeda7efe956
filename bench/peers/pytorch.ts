// A training step in PyTorch, in a Python process.
import {spawnSync} from 'node:child_process';
import {createNetwork, type Preset, presets} from '../../src/network.ts';
import type {Numbers} from '../cases/batches.ts';
import {comparedRate, createModel, type Model} from '../cases/models.ts';
import {MissingPeer, type Peer, threadsText} from './peer.ts';
import {base64, startProcess} from './process.ts';

/** Debian's package installs for /usr/bin/python3, which may not be the first on the path. */
const pythons = ['python3', '/usr/bin/python3'];
const findTorch = 'import importlib.util; assert importlib.util.find_spec("torch")';

/** A Python that has PyTorch. */
export const findPython = (): string | undefined =>
  pythons.find(each => spawnSync(each, ['-c', findTorch]).status === 0);

export interface TorchOptions {
  /** Images and maps with channels last in memory, as in TensorFlow.js; without it PyTorch's own order. */
  channelsLast: boolean;
  threads: number;
}

interface Weights {
  learningRate: number;
  weights: {shape: number[]; values: string}[];
}

/**
 * Starts ./pytorch_step.py, whose head describes its input and output.
 *
 * @throws MissingPeer without PyTorch
 */
export async function pytorchPeer(
  network: Preset | Model,
  batches: Numbers[],
  {channelsLast, threads}: TorchOptions,
): Promise<Peer> {
  const python = findPython();
  if (!python) throw new MissingPeer('it is not installed: apt-get install python3-torch');
  const {ask, stop} = startProcess('PyTorch', python, 'pytorch_step.py', []);
  const {version} = await ask<{version: string}>({
    network,
    channelsLast,
    threads,
    ...(network in presets ? weightsOf(network as Preset) : weightsOfModel(network as Model)),
    batches: batches.map(({pixels, labels}) => ({pixels: base64(pixels), labels: base64(labels)})),
  });
  const steps = (n: number, compared: boolean) =>
    ask<{ms: number[]; losses: number[]}>({steps: n, compared});
  const order = channelsLast ? ', channels last' : '';
  return {
    name: `PyTorch ${version}${order}, ${threadsText(threads)}`,
    async first() {
      const {losses} = await steps(batches.length, true);
      return {shape: [losses.length], values: losses};
    },
    run: async n => (await steps(n, false)).ms,
    dispose: stop,
  };
}

interface Weight {
  shape: number[];
  dataSync(): ArrayLike<number>;
}

const numbersOf = (weight: Weight) => ({
  shape: weight.shape,
  values: base64(weight.dataSync() as Float32Array),
});

function weightsOf(preset: Preset): Weights {
  const {variables, dispose} = createNetwork(preset);
  const weights = variables.map(numbersOf);
  dispose();
  return {weights, learningRate: presets[preset].learningRate};
}

function weightsOfModel(name: Model): Weights {
  const model = createModel(name);
  const weights = model.trainableWeights.map(weight => numbersOf(weight.read()));
  model.optimizer.dispose();
  model.dispose();
  return {weights, learningRate: comparedRate};
}
