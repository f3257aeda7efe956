// The training step of `tutorial` in other libraries, each in turns with ours on `simd`, a block of steps at a time. All start from
// the same weights, take the same batches, and must have the same losses.
import * as tf from '@tensorflow/tfjs-core';
import type {MnistData} from '../../src/data/mnist_data.ts';
import {comparedSteps, lossTolerance, type Numbers, takeBatches} from '../cases/batches.ts';
import {compare} from '../cases/compare.ts';
import {stepContender} from '../cases/networks.ts';
import {firstOutputs} from '../clock/contest.ts';
import {sample} from '../clock/measure.ts';
import {firstLine} from '../clock/rows.ts';
import {ratioOf, timing} from '../clock/statistics.ts';
import type {PeerRow} from '../report/results.ts';
import {convnetjsPeer} from './convnetjs.ts';
import {jaxPeer} from './jax.ts';
import {MissingPeer, type Peer} from './peer.ts';
import {pytorchPeer} from './pytorch.ts';

const peers: [name: string, make: (batches: Numbers[]) => Promise<Peer>][] = [
  ['PyTorch, 1 thread', batches => pytorchPeer(batches, 1)],
  ['PyTorch, 2 threads', batches => pytorchPeer(batches, 2)],
  ['jax-js', jaxPeer],
  ['ConvNetJS', convnetjsPeer],
];

/** The time of a library's block of steps, in ms: at most `mostSteps` steps, at least one. */
const blockMs = 400;
const mostSteps = 20;
const rounds = 15;
const warmUpRounds = 3;

/** A row for each library, measured or not. */
export async function comparePeers(
  data: MnistData,
  batchSize: number,
  tell: (name: string) => void,
): Promise<PeerRow[]> {
  const batches = takeBatches(data, batchSize);
  const rows: PeerRow[] = [];
  for (const [name, make] of peers) {
    tell(name);
    try {
      rows.push(await comparePeer(await make(batches), batches));
    } catch (error) {
      const wrong = !(error instanceof MissingPeer);
      rows.push({name, notMeasured: {why: firstLine(error), wrong}});
    }
  }
  return rows;
}

async function comparePeer(peer: Peer, batches: Numbers[]): Promise<PeerRow> {
  await tf.setBackend('simd');
  const ours = stepContender('tutorial', batches, 'simd');
  const {name} = peer;
  try {
    const expected = await firstOutputs(ours, comparedSteps);
    const losses: number[] = [];
    let about = 0;
    while (losses.length < comparedSteps) {
      const [found] = await peer.steps(1);
      losses.push(found.loss);
      about = found.ms;
    }
    const problem = compare({shape: [losses.length], values: losses}, expected, lossTolerance);
    const why = `it disagrees with simd, ${problem}`;
    if (problem) return {name, notMeasured: {why, wrong: true}};
    const steps = Math.min(mostSteps, Math.max(1, Math.round(blockMs / about)));
    const [theirs, mine]: number[][][] = [[], []];
    for (let round = -warmUpRounds; round < rounds; round++) {
      const block: number[] = [];
      while (block.length < mostSteps) block.push(await sample(ours, 1));
      const taken = await peer.steps(steps);
      if (round < 0) continue;
      mine.push(block);
      theirs.push(taken.map(({ms}) => ms));
    }
    const ratio = ratioOf(theirs, mine);
    return {name, measured: {theirs: timing(theirs.flat()), ours: timing(mine.flat()), ratio}};
  } finally {
    ours.dispose();
    peer.dispose();
  }
}
