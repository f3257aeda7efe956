// The tutorial network's step in other libraries, each in turns with ours on `simd`, by blocks of steps: what a user would pick
// instead. All are given the same weights and batches, and must give the same losses.
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

/** In ms: a block has at most 20 steps, and at least one. */
const blockMs = 400;
const mostSteps = 20;
const rounds = 15;
const warmUpRounds = 3;

/** One row for each peer, measured or not. */
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
      rows.push({
        name,
        notMeasured: {why: firstLine(error), wrong: !(error instanceof MissingPeer)},
      });
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
    if (problem) {
      return {name, notMeasured: {why: `it disagrees with simd, ${problem}`, wrong: true}};
    }
    const steps = Math.min(mostSteps, Math.max(1, Math.round(blockMs / about)));
    const times: {ours: number[][]; theirs: number[][]} = {ours: [], theirs: []};
    for (let round = -warmUpRounds; round < rounds; round++) {
      const block: number[] = [];
      while (block.length < mostSteps) block.push(await sample(ours, 1));
      const theirs = (await peer.steps(steps)).map(({ms}) => ms);
      if (round < 0) continue;
      times.ours.push(block);
      times.theirs.push(theirs);
    }
    return {
      name,
      measured: {
        theirs: timing(times.theirs.flat()),
        ours: timing(times.ours.flat()),
        ratio: ratioOf(times.theirs, times.ours),
      },
    };
  } finally {
    ours.dispose();
    peer.dispose();
  }
}
