// The step in PyTorch at its fastest setting, in a Python process.
import {spawn, spawnSync} from 'node:child_process';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {createNetwork, presets} from '../../src/network.ts';
import type {Numbers} from '../cases/batches.ts';
import {MissingPeer, type Peer} from './peer.ts';

/** Debian's package installs for /usr/bin/python3, which may not be the first on the path. */
const pythons = ['python3', '/usr/bin/python3'];

/**
 * Starts ./pytorch_step.py, whose head describes its input and output.
 *
 * @throws MissingPeer without PyTorch
 */
export async function pytorchPeer(batches: Numbers[], threads: number): Promise<Peer> {
  const python = pythons.find(each => spawnSync(each, ['-c', 'import torch']).status === 0);
  if (!python) throw new MissingPeer('it is not installed: apt-get install python3-torch');
  const script = fileURLToPath(new URL('../../bench/peers/pytorch_step.py', import.meta.url)); // from dist/bench
  const child = spawn(python, [script, String(threads)], {stdio: ['pipe', 'pipe', 'inherit']});
  child.stdin.on('error', () => {}); // `answer` reports an early end
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const {done, value} = await lines.next();
    if (done) throw new Error('PyTorch: expected an answer, found that the process has ended');
    return JSON.parse(value) as T;
  };

  const {variables, dispose} = createNetwork('tutorial');
  const header = {
    weights: variables.map(({shape}) => shape),
    batches: batches.map(({size}) => size),
    learningRate: presets.tutorial.learningRate,
  };
  child.stdin.write(`${JSON.stringify(header)}\n`);
  const numbers = [
    ...variables.map(variable => variable.dataSync() as Float32Array),
    ...batches.flatMap(({pixels, labels}) => [pixels, labels]),
  ];
  for (const {buffer, byteOffset, byteLength} of numbers) {
    child.stdin.write(new Uint8Array(buffer, byteOffset, byteLength));
  }
  dispose();
  const {version} = await answer<{version: string}>();
  return {
    name: `PyTorch ${version}, ${threads} thread${threads > 1 ? 's' : ''}`,
    async steps(n) {
      child.stdin.write(`${n}\n`);
      const {ms, losses} = await answer<{ms: number[]; losses: number[]}>();
      return losses.map((loss, i) => ({loss, ms: ms[i]}));
    },
    dispose: () => child.kill(),
  };
}
