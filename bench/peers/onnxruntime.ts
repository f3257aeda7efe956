// Inference of `tutorial` in onnxruntime, from our ONNX file, in a process of its own: its WebAssembly starts once a process, with one
// number of threads.
import {devDependencies} from '../../package.json';
import {createNetwork} from '../../src/network.ts';
import {writeOnnx} from '../../src/weights/onnx.ts';
import type {Numbers} from '../cases/batches.ts';
import {type Peer, threadsText} from './peer.ts';
import {base64, startProcess} from './process.ts';

/** Native code, or WebAssembly. */
type Package = 'onnxruntime-node' | 'onnxruntime-web';

export async function onnxruntimePeer(
  name: Package,
  [{size, pixels}]: Numbers[],
  threads: number,
): Promise<Peer> {
  const {variables, dispose} = createNetwork('tutorial');
  const model = writeOnnx(
    'tutorial',
    variables.map(v => v.dataSync() as Float32Array),
    {},
  );
  dispose();
  const {ask, stop} = startProcess(name, process.execPath, 'onnxruntime.mjs', []);
  await ask({package: name, threads, model: base64(model), pixels: base64(pixels)});
  const run = (runs: number) => ask<{ms: number[]; logits: number[]}>({runs});
  return {
    name: `${name} ${devDependencies[name]}, ${threadsText(threads)}`,
    async first() {
      const {logits} = await run(1);
      return {shape: [size, 10], values: logits};
    },
    run: async n => (await run(n)).ms,
    dispose: stop,
  };
}
