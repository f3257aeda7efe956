// Steps and inference in other libraries, each in turns with ours on `simd` on as many threads, a block of runs at a time. All start from
// the same weights, take the same batches, and must have the same losses or logits.
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../../src/data/mnist_data.ts';
import {registerSimdBackend} from '../../src/kernels/simd/backend/register.ts';
import type {Preset} from '../../src/network.ts';
import {comparedSteps, lossTolerance, type Numbers, takeBatches} from '../cases/batches.ts';
import {compare, type Tolerance} from '../cases/compare.ts';
import {type Model, modelContender, models} from '../cases/models.ts';
import {inferenceContender, logitsTolerance, stepContender} from '../cases/networks.ts';
import {type Contender, firstOutputs} from '../clock/contest.ts';
import {sample} from '../clock/measure.ts';
import {firstLine} from '../clock/rows.ts';
import {ratioOf, timing} from '../clock/statistics.ts';
import type {PeerRow} from '../report/peers.ts';
import {batchSize} from '../report/results.ts';
import {convnetjsPeer} from './convnetjs.ts';
import {jaxPeer} from './jax.ts';
import {onnxruntimePeer} from './onnxruntime.ts';
import {MissingPeer, type Peer, threadsText} from './peer.ts';
import {pytorchPeer} from './pytorch.ts';

/** A case in another library. */
export interface Rival {
  name: string;
  what: string;
  threads: number;
  make(batches: Numbers[]): Promise<Peer>;
  /** @param compared for first outputs that another library can have: without dropout, by SGD */
  ours(batches: Numbers[], compared: boolean): Contender;
  /** This many first outputs of ours are compared. */
  comparedRuns: number;
  tolerance: Tolerance;
}

const numbersOfThreads = [1, 2];

const losses = {comparedRuns: comparedSteps, tolerance: lossTolerance};

const step = (preset: Preset) => ({
  ...losses,
  what: `${preset}/step`,
  ours: (batches: Numbers[]) => stepContender(preset, batches, 'simd'),
});

const modelStep = (name: Model) => ({
  ...losses,
  what: `layers/${name}`,
  ours: (batches: Numbers[], compared: boolean) => modelContender(name, batches, compared),
});

const inference = {
  what: 'tutorial/inference',
  ours: (batches: Numbers[]) => inferenceContender('tutorial', batches, 'simd'),
  comparedRuns: 1,
  tolerance: logitsTolerance,
};

/** PyTorch in its two orders of memory; which one is faster depends on the network. */
const inPyTorch = (network: Preset | Model) =>
  numbersOfThreads.flatMap(threads =>
    [false, true].map(channelsLast => ({
      threads,
      name: `PyTorch${channelsLast ? ', channels last' : ''}, ${threadsText(threads)}`,
      make: (batches: Numbers[]) => pytorchPeer(network, batches, {channelsLast, threads}),
    })),
  );

const inOnnxruntime = (['onnxruntime-node', 'onnxruntime-web'] as const).flatMap(name =>
  numbersOfThreads.map(threads => ({
    threads,
    name: `${name}, ${threadsText(threads)}`,
    make: (batches: Numbers[]) => onnxruntimePeer(name, batches, threads),
  })),
);

export const rivals: Rival[] = [
  ...inPyTorch('tutorial').map(peer => ({...step('tutorial'), ...peer})),
  {...step('tutorial'), name: 'jax-js', threads: 1, make: jaxPeer},
  {...step('tutorial'), name: 'ConvNetJS', threads: 1, make: convnetjsPeer},
  ...inOnnxruntime.map(peer => ({...inference, ...peer})),
  ...inPyTorch('mnist-core').map(peer => ({...step('mnist-core'), ...peer})),
  ...models.flatMap(model => inPyTorch(model).map(peer => ({...modelStep(model), ...peer}))),
];

/** The time of a block of runs, in ms: at most `mostRuns` runs, at least one. */
const blockMs = 200;
const mostRuns = 20;
const warmUpRounds = 3;
/** The rounds after them: fewer than the most if they take longer than this, in ms. */
const leastRounds = 5;
const mostRounds = 15;
const roundsMs = 10_000;

/** Gives a row for each library, measured or not, of the cases for which `isChosen`. */
export async function* comparePeers(
  data: MnistData,
  isChosen: (what: string) => boolean,
  tell: (what: string) => void,
): AsyncGenerator<PeerRow> {
  const batches = takeBatches(data, batchSize);
  for (const rival of rivals.filter(({what}) => isChosen(what))) {
    const {name, what} = rival;
    tell(`${what} in ${name}`);
    try {
      yield await comparePeer(rival, await rival.make(batches), batches);
    } catch (error) {
      const wrong = !(error instanceof MissingPeer);
      yield {name, what, notMeasured: {why: firstLine(error), wrong}};
    }
  }
}

/** Checks that the peer agrees with ours, then times both. */
export async function comparePeer(rival: Rival, peer: Peer, batches: Numbers[]): Promise<PeerRow> {
  const {name} = peer;
  const {what, threads} = rival;
  const backend = `simd on ${threadsText(threads)}`;
  try {
    registerSimdBackend(backend, {threads});
    await tf.setBackend(backend);
    const problem = await disagreement(rival, peer, batches);
    if (problem)
      return {name, what, notMeasured: {why: `it disagrees with simd, ${problem}`, wrong: true}};
    return {name, what, measured: await compareTimes(rival.ours(batches, false), peer)};
  } finally {
    peer.dispose();
    await tf.setBackend('simd');
    tf.removeBackend(backend);
  }
}

/** Describes the difference of the first outputs; undefined if they agree. */
export async function disagreement(
  rival: Rival,
  peer: Peer,
  batches: Numbers[],
): Promise<string | undefined> {
  const ours = rival.ours(batches, true);
  try {
    const expected = await firstOutputs(ours, rival.comparedRuns);
    return compare(await peer.first(), expected, rival.tolerance);
  } finally {
    ours.dispose();
  }
}

/** Takes turns, a block of runs each. Owns the contender. */
async function compareTimes(ours: Contender, peer: Peer): Promise<PeerRow['measured']> {
  const runOurs = async (n: number) => {
    const times: number[] = [];
    while (times.length < n) times.push(await sample(ours, 1));
    return times;
  };
  const blockOf = ([, about]: number[]) =>
    Math.min(mostRuns, Math.max(1, Math.round(blockMs / about)));
  try {
    const [ourRuns, theirRuns] = [blockOf(await runOurs(2)), blockOf(await peer.run(2))];
    const [theirs, mine]: number[][][] = [[], []];
    const start = performance.now();
    const isLate = () => performance.now() - start > roundsMs;
    for (let round = -warmUpRounds; round < mostRounds; round++) {
      if (round >= leastRounds && isLate()) break;
      const [our, their] = [await runOurs(ourRuns), await peer.run(theirRuns)];
      if (round < 0) continue;
      mine.push(our);
      theirs.push(their);
    }
    const ratio = ratioOf(theirs, mine);
    return {theirs: timing(theirs.flat()), ours: timing(mine.flat()), ratio};
  } finally {
    ours.dispose();
  }
}
