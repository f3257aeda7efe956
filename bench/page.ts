// What runs in the browser's page, one case at a time: ./browser.ts calls it.
import '../src/index.ts';
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {fetchMnist} from '../src/data/url.ts';
import type {Preset} from '../src/network.ts';
import {takeBatches} from './batches.ts';
import {batchSize, pageCases} from './cases.ts';
import {type Contender, inPage, makeContenders, type Name} from './contest.ts';
import type {Effort} from './measure.ts';
import {type Row, runCase} from './rows.ts';
import {stepContender} from './step_case.ts';

tf.enableProdMode();
const data = await fetchMnist('/mnist/');

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

/** How often a run asks the GPU to draw, reading the result included. */
async function countDraws(contenders: readonly Contender[]): Promise<Row['draws']> {
  const counts: Partial<Record<Name, number>> = {};
  for (const {name, enter, run} of contenders) {
    await enter();
    const before = draws;
    await run();
    counts[name] = draws - before;
  }
  return counts;
}

async function run(name: string, effort: Effort): Promise<Row> {
  const chosen = pageCases.find(each => each.name === name)!;
  return runCase(chosen, data, undefined, effort, countDraws);
}

/** The milliseconds of a page's first step, which compiles every program, and of its second. */
async function firstSteps(preset: Preset, name: Name): Promise<[number, number]> {
  const batches = takeBatches(data, batchSize);
  const [contender] = await makeContenders(inPage, [name], name =>
    stepContender(name, preset, batches),
  );
  const times: number[] = [];
  for (let i = 0; i < 2; i++) {
    const start = performance.now();
    await contender.run();
    times.push(performance.now() - start);
  }
  contender.dispose();
  return times as [number, number];
}

/** What draws, as it calls itself. */
async function renderer(): Promise<string> {
  await tf.setBackend('webgl');
  const {gl} = (tf.backend() as MathBackendWebGL).gpgpu;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
}

export const page = {run, firstSteps, renderer};
export type Page = typeof page;
Object.assign(globalThis, {page});
