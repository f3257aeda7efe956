// The machine's limits for each kind of code: the rates of multiply-adds without memory, and of copying.
//   scalar   one number at a time, in TypeScript          the roof of `cpu`
//   simd     the loops in src/kernels/simd                the roof of `simd`, and of `wasm`, which is SIMD too
//   gpu      a fragment program                           the roof of `webgl` and `webgpu`
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import type {SimdBackend} from '../../src/kernels/simd/backend/register.ts';
import {run} from '../../src/kernels/webgl/program.ts';
import {median} from '../../src/statistics.ts';
import type {Backend, Roof} from '../report/results.ts';

/** Measures the rate once, in GFLOP/s, in about a millisecond. The machine's speed drifts, so each pass is compared with peaks around it. */
export type Peak = () => number;

const rounds = 500_000;
const warmUps = 30; // until the engine has optimized the loop

/** The multiply-add rate of one core, in the build of the kernels that runs here. */
export function createPeak(): Peak {
  const simd = tf.findBackend('simd') as SimdBackend;
  const {peak, peakWork} = simd.kernels;
  const flops = 2 * peakWork.value * rounds;
  const sample = () =>
    simd.withScratch(16, [4], out => {
      const start = performance.now();
      peak(rounds, 0.5, 1, out); // a = a / 2 + 1 stays in the normal range
      return flops / (performance.now() - start) / 1e6;
    });
  for (let i = 0; i < warmUps; i++) sample();
  return sample;
}

/** The bytes of a copy: as many as a convolution's output on 64 images, more than a core's own caches hold. */
const copied = 4 * 2 ** 20;

const tries = 15;

/** The roofs of those backends' code. */
export async function measureRoofs(
  backends: readonly Backend[],
  peak: Peak | undefined,
): Promise<Roof[]> {
  const roofs: Roof[] = [];
  if (backends.includes('cpu')) roofs.push(scalarRoof());
  if (peak) roofs.push(await simdRoof(peak));
  if (backends.includes('webgl')) roofs.push(await gpuRoof());
  return roofs;
}

const milliseconds = (work: () => void): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

const best = (work: () => void): number =>
  Math.min(...Array.from({length: tries}, () => milliseconds(work)));

function scalarRoof(): Roof {
  const from = new Float32Array(copied / 8).fill(1);
  const to = new Float32Array(copied / 8);
  const copy = () => {
    for (let i = 0; i < from.length; i++) to[i] = from[i];
  };
  const gflops = (2 * 8 * rounds) / best(() => multiplyAdds(0.5, 1)) / 1e6;
  return {code: 'scalar', gflops, gbytes: copied / best(copy) / 1e6, bytes: copied};
}

/** Eight independent sums hide the latency of one addition. The numbers stay in the normal range. */
function multiplyAdds(a: number, b: number): number {
  let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 1, 2, 3, 4, 5, 6, 7];
  for (let i = 0; i < rounds; i++) {
    s0 = s0 * a + b;
    s1 = s1 * a + b;
    s2 = s2 * a + b;
    s3 = s3 * a + b;
    s4 = s4 * a + b;
    s5 = s5 * a + b;
    s6 = s6 * a + b;
    s7 = s7 * a + b;
  }
  return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7;
}

async function simdRoof(peak: Peak): Promise<Roof> {
  await tf.setBackend('simd');
  const gflops = Math.max(...Array.from({length: tries}, peak));
  // relu reads a vector and writes one.
  const x = tf.ones([copied / 8]);
  const gbytes = copied / best(() => tf.relu(x).dispose()) / 1e6;
  x.dispose();
  return {code: 'simd', gflops, gbytes, bytes: copied};
}

/** Draws of a program take at least this long together, in ms: the call and the read-back don't matter then. */
const gpuMs = 30;

async function gpuRoof(): Promise<Roof> {
  await tf.setBackend('webgl');
  const backend = tf.backend() as MathBackendWebGL;
  const side = 512;
  const x = tf.ones([side, side]); // 256 × 256 texels
  const steps = 256;
  const place =
    'int line, rowPair, columnPair; outputAt(line, rowPair, columnPair); vec4 s0 = xTexel(xLine(0), rowPair, columnPair);';
  const copy = `void main() { ${place} setOutput(s0); }`;
  const multiplyAdd = `
    void main() {
      ${place}
      vec4 s1 = s0 + 1., s2 = s0 + 2., s3 = s0 + 3.;
      for (int i = 0; i < ${steps}; i++) {
        s0 = s0 * .5 + 1.; s1 = s1 * .5 + 1.; s2 = s2 * .5 + 1.; s3 = s3 * .5 + 1.;
      }
      setOutput(s0 + s1 + s2 + s3);
    }`;
  const draw = (userCode: string) =>
    tf
      .engine()
      .makeTensorFromTensorInfo(run(backend, {inputs: {x}, outputShape: [side, side], userCode}));
  const drawAndRead = (userCode: string, draws: number) => {
    for (let i = 1; i < draws; i++) draw(userCode).dispose();
    const last = draw(userCode);
    last.dataSync();
    last.dispose();
  };
  const drawsPerMs = (userCode: string): number => {
    for (let draws = 1; ; draws *= 2) {
      const ms = median([1, 2, 3].map(() => milliseconds(() => drawAndRead(userCode, draws))));
      if (ms >= gpuMs) return draws / ms;
    }
  };
  const flops = (side / 2) ** 2 * steps * 4 * 4 * 2;
  const bytes = 2 * 4 * side * side;
  const gflops = (drawsPerMs(multiplyAdd) * flops) / 1e6;
  const gbytes = (drawsPerMs(copy) * bytes) / 1e6;
  x.dispose();
  return {code: 'gpu', gflops, gbytes, bytes};
}
