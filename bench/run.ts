// Runs the cases of one place, in Node or in a page, for `npm run bench` and for bench.html.
import * as tf from '@tensorflow/tfjs-core';
import {build} from '../src/kernels/simd/backend/module.ts';
import type {SimdBackend} from '../src/kernels/simd/backend/register.ts';
import {isSoftware} from '../src/renderer.ts';
import {chooseCases, type Request} from './cases/cases.ts';
import {backendsIn, type Case, namesIn, type Place} from './clock/contest.ts';
import {clockTick, efforts} from './clock/measure.ts';
import {createPeak, measureRoofs} from './clock/roofs.ts';
import {type Bench, firstLine, runCase} from './clock/rows.ts';
import {splitStep} from './clock/split.ts';
import {
  type Backend,
  backendOf,
  batchSize,
  isModel,
  isReference,
  type Name,
  type PlaceResults,
  type Row,
} from './report/results.ts';

/** The results, piece by piece: a caller that stops early has all pieces so far. */
export type News =
  | {kind: 'facts'; facts: Partial<PlaceResults>}
  | {kind: 'next'; what: string; number: number; of: number}
  | {kind: 'row'; row: Row};

export function enterNews(place: PlaceResults, news: News): void {
  if (news.kind === 'facts') Object.assign(place, news.facts);
  if (news.kind === 'row') place.rows.push(news.row);
}

type Tools = Pick<Bench, 'data' | 'load' | 'draws'> & {
  /** True for a GPU, which lowers its clock while it waits; a software renderer does not. */
  gpuSleeps?: boolean;
};

export async function* runPlace(
  place: Place,
  request: Request,
  {gpuSleeps = false, ...tools}: Tools,
): AsyncGenerator<News> {
  const {extent, named} = request;
  const wanted = backendsIn(place).filter(name => named.length === 0 || named.includes(name));
  const missing: PlaceResults['missing'] = [];
  for (const backend of wanted) {
    const why = await whyMissing(backend, named);
    if (why) missing.push({backend, why});
  }
  yield {kind: 'facts', facts: {missing}};
  const there = wanted.filter(name => !missing.some(({backend}) => backend === name));

  const timekeeping = {tick: clockTick(), gpuSleeps};
  const peak = there.includes('simd') ? createPeak() : undefined;
  const roofs = await measureRoofs(there, peak);
  const {threads} = (tf.findBackend('simd') ?? {}) as Partial<SimdBackend>;
  yield {kind: 'facts', facts: {roofs, tick: timekeeping.tick, ...(peak && {build, threads})}};
  const names = namesIn(place, there);
  const bench: Bench = {names, effort: efforts[extent], timekeeping, peak, ...tools};
  const chosen = chooseCases(request, place.name);
  for (const [i, each] of chosen.entries()) {
    const what = `${each.name}, batch ${each.batch}`;
    yield {kind: 'next', what, number: i + 1, of: chosen.length};
    const row = await runCase(each, bench);
    if (row) yield {kind: 'row', row};
  }
  const splits: PlaceResults['splits'] = [];
  for (const each of chosen) {
    const {name, batch} = each;
    if (batch !== batchSize) continue;
    for (const who of splitNames(each, there)) {
      const what = `${name}, kernel by kernel on ${backendOf(who)}`;
      yield {kind: 'next', what, number: chosen.length, of: chosen.length};
      splits.push(await splitStep(each, who, tools));
    }
  }
  yield {kind: 'facts', facts: {splits}};
}

/** The contenders whose step is shown kernel by kernel. A reference kernel calls others, whose time tf.profile would count twice. */
function splitNames({name}: Case, there: readonly Backend[]): Name[] {
  if (isModel(name)) return there.includes('simd') ? ['layers simd'] : [];
  return name.endsWith('/step') ? there.filter(backend => !isReference(backend)) : [];
}

/** The reason why the backend can't run here; undefined if it can. */
async function whyMissing(backend: Backend, named: readonly Backend[]) {
  if (backend === 'webgpu') {
    const adapter = await globalThis.navigator?.gpu?.requestAdapter();
    if (!adapter) return 'this browser has no WebGPU, or no adapter for it';
    const {description, architecture} = adapter.info;
    const renderer = description || architecture;
    if (!named.includes('webgpu') && isSoftware(`${architecture} ${description}`)) {
      return `its adapter is a renderer in software (${renderer}); --backend webgpu measures it all the same`;
    }
  }
  if (!tf.findBackendFactory(backend)) return 'it is not registered here';
  try {
    const started = await tf.setBackend(backend);
    return started ? undefined : 'it does not start';
  } catch (error) {
    return firstLine(error);
  }
}
