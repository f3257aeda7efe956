// The cases in a page, on all backends of a browser, for `npm run bench` and for bench.html.
import '../../src/index.ts';
import '@tensorflow/tfjs-backend-webgpu';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {fetchMnist} from '../../src/data/url.ts';
import type {Preset} from '../../src/network.ts';
import {isSoftware, rendererOf} from '../../src/renderer.ts';
import {takeBatches} from '../cases/batches.ts';
import type {Request} from '../cases/cases.ts';
import {stepContender} from '../cases/networks.ts';
import {inBrowser} from '../clock/contest.ts';
import {enter, sample} from '../clock/measure.ts';
import {batchSize, type Name} from '../report/results.ts';
import {type News, runPlace} from '../run.ts';

tf.enableProdMode();
setWasmPaths('tfjs-wasm/');
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // one thread, like the others

const load = () => fetchMnist('mnist/');
/** The images, which begin to load with the page. */
export const data = load();

let draws = 0;
for (const method of ['drawArrays', 'drawElements'] as const) {
  const draw = WebGL2RenderingContext.prototype[method] as (...args: unknown[]) => void;
  Object.assign(WebGL2RenderingContext.prototype, {
    [method](this: WebGL2RenderingContext, ...args: unknown[]) {
      draws++;
      draw.apply(this, args);
    },
  });
}

/** Runs the cases in this page. */
export async function* runHere(request: Request): AsyncGenerator<News> {
  const {renderer, software} = await drawing();
  const gpuSleeps = renderer !== undefined && !software;
  yield* runPlace(inBrowser, request, {data: await data, load, draws: () => draws, gpuSleeps});
}

/** The milliseconds of a page's first step, which compiles all programs, and of its second step. */
export async function firstSteps(preset: Preset, name: Name): Promise<[number, number]> {
  const batches = takeBatches(await data, batchSize);
  await enter(name);
  const contender = stepContender(preset, batches, name);
  const times: [number, number] = [await sample(contender, 1), await sample(contender, 1)];
  contender.dispose();
  return times;
}

/** The name of WebGL's renderer, and whether it is software instead of a GPU; no name without WebGL. */
export async function drawing(): Promise<{renderer?: string; software: boolean}> {
  if (!(await tf.setBackend('webgl').catch(() => false))) return {software: false};
  const renderer = rendererOf((tf.backend() as MathBackendWebGL).gpgpu.gl);
  return {renderer, software: isSoftware(renderer)};
}
