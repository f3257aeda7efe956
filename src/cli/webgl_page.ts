// The page that `--backend webgl` trains in. It answers the requests of webgl.ts one at a time; only an abort may come between.
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {KeptWeights} from '../context_loss.ts';
import {fetchMnist} from '../data/url.ts';
import {
  createNetwork,
  evaluate,
  type MnistData,
  type Network,
  type Preset,
  type TrainingOptions,
  type TrainingProgress,
  train,
} from '../index.ts';
import type {Recipe} from '../presets.ts';
import {createOptimizer, stateOf} from '../recipe.ts';
import {rendererOf} from '../renderer.ts';
import {goTo, type Place, type Sizes} from './place.ts';

export type Request =
  | {kind: 'open'; net: Preset; seed: number; recipe: Recipe; sizes: Sizes; place?: Place}
  | {kind: 'train'; options: TrainingOptions}
  | {kind: 'next'}
  | {kind: 'state'}
  | {kind: 'evaluate'}
  | {kind: 'abort'};

export interface Opened {
  parameters: number;
  /** The GPU's name, from its driver. */
  renderer: string;
}

/** A result, or an error's sentence. */
type Answer = {result: unknown} | {failure: string};

let network: Network;
let optimizer: tf.SGDOptimizer;
let data: MnistData;
let events: AsyncGenerator<TrainingProgress>;
const controller = new AbortController();

const handlers: {[K in Request['kind']]: (request: Extract<Request, {kind: K}>) => unknown} = {
  async open({net, seed, recipe, sizes, place}): Promise<Opened> {
    tf.enableProdMode();
    if (!(await tf.setBackend('webgl'))) {
      throw new Error('--backend: expected a browser with WebGL, found one without');
    }
    data = await fetchMnist('/', {seed});
    network = createNetwork(net, {seed});
    optimizer = await createOptimizer(recipe, network, place?.velocities);
    if (place) goTo(place, network, data, sizes);
    const parameters = network.variables.reduce((sum, {size}) => sum + size, 0);
    return {parameters, renderer: rendererOf((tf.backend() as MathBackendWebGL).gpgpu.gl)};
  },
  train({options}) {
    events = train(network, data, {...options, optimizer, signal: controller.signal});
  },
  next: async () => (await events.next()).value,
  state: () =>
    new KeptWeights(network.variables).during('while its weights were read', () =>
      stateOf(network, optimizer),
    ),
  evaluate: () => evaluate(network, data),
  abort: () => controller.abort(),
};

/** Called by webgl.ts. */
export async function answer(request: Request): Promise<Answer> {
  try {
    return {result: await handlers[request.kind](request as never)};
  } catch (error) {
    return {failure: (error as Error).message};
  }
}

Object.assign(globalThis, {answer});
