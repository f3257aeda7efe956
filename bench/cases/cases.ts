// The cases: the passes of both networks, their step, inference and an epoch; in Node a step of other people's Layers models. The tests
// check that the contenders of each agree.
import {type Preset, presets} from '../../src/network.ts';
import {backendsIn, type Case, inBrowser, type TakesPart} from '../clock/contest.ts';
import type {Backend, Extent, PlaceName} from '../report/results.ts';
import {backendOf, batchSize, isLayers, isOurs, isReference} from '../report/results.ts';
import {modelCase, models} from './models.ts';
import {inferenceCase, loopCase, stepCase} from './networks.ts';
import {kernelCases} from './passes.ts';

/** What to measure. */
export interface Request {
  extent: Extent;
  /** Names of cases, or names that they are below; all cases if empty. */
  cases: readonly string[];
  /** If not empty, all cases run on these backends and no others. */
  named: readonly Backend[];
}

const sizes = [1, 8, 64, 256, 1024];
const mostUsual = 256;

const networks = Object.keys(presets) as Preset[];

const everybody: TakesPart = () => true;
const stockToo: TakesPart = name => !isLayers(name);
const onSimd: TakesPart = name => backendOf(name) === 'simd';

const modelCases = (place: PlaceName, who: TakesPart): Case[] =>
  place === 'node' ? models.map(name => modelCase(name, batchSize, who)) : [];

/** One network at one batch size. */
const atSize = (network: Preset, size: number, who: TakesPart): Case[] => [
  stepCase(network, size, who),
  inferenceCase(network, size, who),
  ...kernelCases(network, size),
];

/** Leaves out the backends with the reference kernels, except those named: they take at least ten times as long. */
const withoutReference = (cases: Case[], named: readonly Backend[]): Case[] =>
  cases.map(each => ({
    ...each,
    takesPart: name =>
      each.takesPart(name) && (!isReference(backendOf(name)) || named.includes(backendOf(name))),
  }));

/**
 * quick: `tutorial`, without the reference kernels. usual: both networks; steps and inference of `tutorial` in all sizes but the
 * largest; in a browser its passes on a single image too, which show from which size on a GPU is faster; in Node the models on `simd`,
 * as a step on stock `cpu` takes up to a minute. full: everything in all sizes.
 */
function casesOf(extent: Extent, place: PlaceName, named: readonly Backend[]): Case[] {
  if (extent === 'quick') return withoutReference(atSize('tutorial', batchSize, stockToo), named);
  if (extent === 'full') {
    const cases = networks.flatMap(network => [
      ...sizes.flatMap(size => atSize(network, size, everybody)),
      loopCase(network, true),
    ]);
    return [...cases, ...modelCases(place, everybody)];
  }
  const others = sizes.filter(size => size !== batchSize && size <= mostUsual);
  return [
    ...atSize('tutorial', batchSize, everybody),
    ...withoutReference(
      [
        ...atSize('mnist-core', batchSize, stockToo),
        ...others.map(size => stepCase('tutorial', size, isOurs)),
        ...others.map(size => inferenceCase('tutorial', size, isOurs)),
        ...(place === 'browser' ? kernelCases('tutorial', 1) : []),
        loopCase('tutorial', false),
      ],
      named,
    ),
    ...modelCases(place, onSimd),
  ];
}

/** The names of all cases, each once. */
const allCases = (['quick', 'usual', 'full'] as const).flatMap(extent => [
  ...casesOf(extent, 'browser', []),
  ...casesOf(extent, 'node', []),
]);
export const caseNames: readonly string[] = [...new Set(allCases.map(({name}) => name))];

/** The requested cases: those with a requested name, or below one. */
export const chooseCases = ({extent, cases, named}: Request, place: PlaceName): Case[] =>
  casesOf(extent, place, named).filter(({name}) => isChosen(name, cases));

/** Names the first unknown backend or case of a request, or cases that the places don't have at its extent. */
export function problemOf(request: Request, places: readonly PlaceName[]): string | undefined {
  const {extent, cases, named} = request;
  const backends = backendsIn(inBrowser);
  const backend = named.find(name => !backends.includes(name));
  if (backend) return `backend: expected ${backends.join(', ')}, found "${backend}"`;
  const unknown = cases.find(chosen => !caseNames.some(name => isBelow(name, chosen)));
  if (unknown === undefined) {
    if (places.some(place => chooseCases(request, place).length > 0)) return undefined;
    const option = {quick: 'with --quick', usual: 'without --full', full: 'with --full'}[extent];
    return `case: expected a case that is measured in ${places.join(' or ')} ${option}, found ${cases.join(', ')}`;
  }
  return `case: expected ${caseNames.join(', ')} or the beginning of one up to a slash, found "${unknown}"`;
}

/** True for a requested name, for one below it, and for all if none is requested. */
export const isChosen = (name: string, cases: readonly string[]): boolean =>
  cases.length === 0 || cases.some(chosen => isBelow(name, chosen));

/** "tutorial/conv2/forward" is below "tutorial/conv2" and "tutorial". */
const isBelow = (name: string, chosen: string): boolean =>
  name === chosen || name.startsWith(`${chosen}/`);
