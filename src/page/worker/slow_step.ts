// The step of one batch, taken apart: what each op gets and gives, and how long its kernels run. Nothing is trained.
import * as tf from '@tensorflow/tfjs-core';
import type {Batch} from '../../data/mnist_data.ts';
import {Conv2DInputGradient} from '../../ops/conv2d.ts';
import {weightShapes} from '../../presets.ts';
import type {Stop} from '../inside/inside.ts';
import {sizeOf} from '../inside/stations.ts';
import type {SlowStep, SlowStop} from '../protocol.ts';
import {lookAt, readAndDispose} from './look.ts';
import {passOf, type Watch} from './pass.ts';
import type {Run} from './run.ts';
import {meanOfMiddle, type Step} from './step_split.ts';

/** The most images of a batch that are sent to the page. */
const MOST_SHOWN = 64;
/** Milliseconds to spend on measured passes, and the most of them. */
const budgetMs = 150;
const MOST_PASSES = 50;

const files = {
  conv1: 'src/ops/conv2d.ts',
  pool1: 'src/ops/max_pool.ts',
  relu1: 'src/ops/relu.ts',
  conv2: 'src/ops/conv2d.ts',
  pool2: 'src/ops/max_pool.ts',
  relu2: 'src/ops/relu.ts',
  dense: 'src/ops/dense.ts',
  loss: 'src/ops/softmax_cross_entropy.ts',
};
const stations = Object.keys(files) as (keyof typeof files)[];

const uncounted = () => {};

/** @returns undefined if the context is lost */
export async function slowStep(run: Run): Promise<SlowStep | undefined> {
  const {network, settings} = run;
  const batch = run.peek();
  try {
    const [images, P] = batch.xs.shape;
    const shown = Math.min(MOST_SHOWN, images);
    const pixels = Uint8Array.from(batch.xs.dataSync().subarray(0, shown * P), x => 255 * x + 0.5);
    const oneHot = batch.labels.dataSync();
    const K = batch.labels.shape[1];
    const labels = Uint8Array.from({length: shown}, (_, b) =>
      oneHot.subarray(b * K, (b + 1) * K).indexOf(1),
    );

    const look = await lookAt(run, pixels.slice(0, P), labels[0], uncounted);
    const names = Object.keys(weightShapes[settings.preset]);
    const {loss, ...gradients} = await readAndDispose(
      tf.tidy(() => {
        const {values, gradients} = passOf(network, batch);
        const ofWeights = names.map(name => [name, gradients[name]] as const);
        return {loss: values.loss, ...Object.fromEntries(ofWeights)};
      }),
      uncounted,
    );
    const times = await timesOf(run, batch);
    return (
      look && {
        batch: run.batch + 1,
        images,
        pixels,
        labels,
        loss: loss[0],
        learningRate: (run.learningRate * images) / settings.batchSize,
        look,
        gradients,
        stops: stopsOf(run, images, times),
      }
    );
  } finally {
    tf.dispose([batch.xs, batch.labels]);
  }
}

const keyOf = (name: string, direction: Stop['direction']) => `${name} ${direction}`;

/** The milliseconds of the kernels of each op, by station and direction: means over passes, after one that warms up. */
async function timesOf(run: Run, batch: Batch): Promise<Map<string, number>> {
  const passes: Step[] = [];
  await timedPass(run, batch);
  const end = performance.now() + budgetMs;
  do passes.push(await timedPass(run, batch));
  while (passes.length < MOST_PASSES && performance.now() < end);
  return new Map(meanOfMiddle(passes).kernels.map(({kernel, ms}) => [kernel, ms]));
}

async function timedPass({network}: Run, batch: Batch): Promise<Step> {
  const spans: {key: string; isWanted: (kernel: string) => boolean; from: number; to: number}[] =
    [];
  const watch: Watch = (name, direction, work) => {
    const {kernels} = tf.engine().state.activeProfile;
    const from = kernels.length;
    const result = work();
    // A gradient runs its op once more, which a step doesn't. Nor does a step need the gradient of the image.
    const isWanted = (kernel: string) =>
      kernel.startsWith('mnist.') &&
      kernel.endsWith('Gradient') === (direction === 'backward') &&
      !(name === 'conv1' && kernel === Conv2DInputGradient);
    spans.push({key: keyOf(name, direction), isWanted, from, to: kernels.length});
    return result;
  };
  const start = performance.now();
  const {kernels} = await tf.profile(() => {
    const loss = tf.tidy(() => passOf(network, batch, watch).values.loss);
    loss.dataSync();
    loss.dispose();
    return undefined as unknown as tf.TensorContainer;
  });
  const whole = performance.now() - start;
  const timed = spans.map(async ({key, isWanted, from, to}) => {
    const times = kernels.slice(from, to).filter(({name}) => isWanted(name));
    const each = await Promise.all(times.map(({kernelTimeMs}) => kernelTimeMs));
    const ms = each.reduce<number>((sum, time) => sum + Number(time), 0);
    return {kernel: key, ms, calls: each.length};
  });
  return {kernels: await Promise.all(timed), whole};
}

function stopsOf({network, settings}: Run, images: number, times: Map<string, number>) {
  const shapes = weightShapes[settings.preset];
  const layerOf = new Map(network.layers.map((layer, i) => [layer.name, i]));
  const outputOf = (i: number) => [images, ...network.layers[i].outputShape];
  const logits = outputOf(network.layers.length - 1);

  const stop = (
    {station, direction}: Stop,
    file: string,
    input: number[],
    ...outputs: number[][]
  ): SlowStop => {
    const bytes = outputs.reduce((sum, shape) => sum + sizeOf(shape), 0) * 4;
    const ms = times.get(keyOf(station, direction)) ?? Number.NaN;
    return {station, direction, file, input, outputs, bytes, ms};
  };
  const forward = stations.map(station => {
    const [input, output] =
      station === 'loss' ? [logits, []] : [-1, 0].map(d => outputOf(layerOf.get(station)! + d));
    return stop({station, direction: 'forward'}, files[station], input, output);
  });
  const backward = forward.toReversed().map(({station, file, input, outputs: [output]}) => {
    const weights = Object.keys(shapes).filter(name => name.startsWith(`${station}.`));
    const gradients = weights.map(name => shapes[name]);
    if (station !== 'conv1') gradients.unshift(input);
    return stop({station, direction: 'backward'}, file, output, ...gradients);
  });

  const image: Stop = {station: 'image', direction: 'forward'};
  const update: Stop = {station: '', direction: 'update'};
  const weights = Object.values(shapes);
  return [
    stop(image, 'src/data/mnist_data.ts', [], outputOf(0)),
    ...forward,
    ...backward,
    stop(update, 'src/training.ts', [], ...weights),
  ];
}
