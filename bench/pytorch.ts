// The tutorial network's step beside the same step in PyTorch, which runs in processes of its own: one for each number
// of threads, in turns with ours by blocks of steps. They are given the same weights and batches.
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import type {MnistData} from '../src/data/mnist_data.ts';
import {createNetwork, presets} from '../src/network.ts';
import {compare} from '../test/compare.ts';
import {comparedSteps, lossTolerance, type Numbers, takeBatches} from './batches.ts';
import {inNode, makeContenders} from './contest.ts';
import {median, type Timing, timeBlock, timing} from './measure.ts';
import {stepContender} from './step_case.ts';

export interface PyTorchComparison {
  version: string;
  /** Ours first; the others' ratio to it as in ./measure.ts. */
  contenders: {name: string; timing: Timing; ratio?: {ratio: number; mad: number}}[];
}

const threadCounts = [1, 2];
const blockSteps = 20;
const warmUpBlocks = 3;

/** Debian's packages belong to its own Python, which need not be the first on the path. */
const pythons = ['python3', '/usr/bin/python3'];

/** Why there is no time: `missing` where PyTorch is, else something is wrong. */
export interface NotTimed {
  problem: string;
  missing: boolean;
}

/** Times them in that many rounds. */
export async function comparePyTorch(
  data: MnistData,
  batchSize: number,
  rounds: number,
): Promise<PyTorchComparison | NotTimed> {
  const python = pythons.find(each => spawnSync(each, ['-c', 'import torch']).status === 0);
  if (!python) return {problem: 'not installed: apt-get install python3-torch', missing: true};
  const batches = takeBatches(data, batchSize);
  const [ours] = await makeContenders(inNode, ['simd'], name =>
    stepContender(name, 'tutorial', batches),
  );
  const theirs = threadCounts.map(threads => new PyTorch(python, threads));
  try {
    const expected = await ours.result();
    for (const each of theirs) {
      await each.start(batches);
      const {losses} = await each.steps(comparedSteps);
      const problem = compare({shape: [losses.length], values: losses}, expected, lossTolerance);
      if (problem) {
        return {problem: `${each.name} disagrees with simd, ${problem}`, missing: false};
      }
    }

    const blocks = [
      () => timeBlock(ours, blockSteps),
      ...theirs.map(each => async () => (await each.steps(blockSteps)).ms),
    ];
    const times: number[][][] = blocks.map(() => []);
    for (let round = -warmUpBlocks; round < rounds; round++) {
      for (const [i, block] of blocks.entries()) {
        const ms = await block();
        if (round >= 0) times[i].push(ms);
      }
    }
    const names = ['simd, 1 thread', ...theirs.map(({name}) => name)];
    const timings = times.map(each => timing(each.flat()));
    return {
      version: theirs[0].version,
      contenders: names.map((name, i) => {
        const ofRounds = times[i].map((ms, round) => median(ms) / median(times[0][round]));
        const ratio = timings[i].median / timings[0].median;
        return {
          name,
          timing: timings[i],
          ...(i > 0 && {ratio: {ratio, mad: timing(ofRounds).mad}}),
        };
      }),
    };
  } finally {
    ours.dispose();
    for (const each of theirs) each.stop();
  }
}

/** One process of ./pytorch_step.py, which says what is written to it and read from it. */
class PyTorch {
  readonly name: string;
  version = '';
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(python: string, threads: number) {
    this.name = `PyTorch, ${threads} thread${threads > 1 ? 's' : ''}`;
    const script = fileURLToPath(new URL('../../bench/pytorch_step.py', import.meta.url)); // from dist/bench
    this.child = spawn(python, [script, String(threads)], {stdio: ['pipe', 'pipe', 'inherit']});
    this.child.stdin!.on('error', () => {}); // if it ends early, the answer that is missing says so
    this.lines = createInterface({input: this.child.stdout!})[Symbol.asyncIterator]();
  }

  async start(batches: Numbers[]): Promise<void> {
    const {variables, dispose} = createNetwork('tutorial');
    const header = {
      weights: variables.map(({shape}) => shape),
      batches: batches.map(({size}) => size),
      learningRate: presets.tutorial.learningRate,
    };
    this.child.stdin!.write(`${JSON.stringify(header)}\n`);
    const numbers = [
      ...variables.map(variable => variable.dataSync() as Float32Array),
      ...batches.flatMap(({pixels, labels}) => [pixels, labels]),
    ];
    for (const {buffer, byteOffset, byteLength} of numbers) {
      this.child.stdin!.write(new Uint8Array(buffer, byteOffset, byteLength));
    }
    dispose();
    this.version = (await this.answer<{version: string}>()).version;
  }

  steps(n: number): Promise<{ms: number[]; losses: number[]}> {
    this.child.stdin!.write(`${n}\n`);
    return this.answer();
  }

  stop(): void {
    this.child.kill();
  }

  private async answer<T>(): Promise<T> {
    const {done, value} = await this.lines.next();
    if (done) throw new Error(`${this.name}: expected an answer, found that the process has ended`);
    return JSON.parse(value) as T;
  }
}
