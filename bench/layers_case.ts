// An unmodified tf.layers model of a network's architecture, trained by trainOnBatch: on the backend `simd`, which has
// the stock kernels' names too, and on stock `cpu`. Our ops on `cpu` have no part in it.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {createNetwork, type Preset, presets} from '../src/network.ts';
import {firstLosses, lossTolerance, type Numbers, takeBatches, toTensors} from './batches.ts';
import {type Case, type Contender, inNode, makeContenders} from './contest.ts';
import {shapesOf, stepFlops} from './shapes.ts';
import {pads, poolSize} from './stock.ts';

export const layersCase = (name: string, batchSize: number): Case => ({
  name,
  async prepare(data) {
    const batches = takeBatches(data, batchSize);
    const contenders = await makeContenders(inNode, ['simd', 'stock'], () =>
      layersContender('tutorial', batches),
    );
    const network = createNetwork('tutorial');
    const flops = stepFlops(shapesOf(network, batchSize));
    network.dispose();
    return {flops, images: batchSize, tolerance: lossTolerance, contenders};
  },
});

export function layersContender(
  preset: Preset,
  batches: Numbers[],
): Pick<Contender, 'run' | 'result' | 'dispose'> {
  const model = layersModel(preset);
  const network = createNetwork(preset); // the same first weights, in the same order
  model.setWeights(network.variables);
  network.dispose();
  const optimizer = tf.train.sgd(presets[preset].learningRate);
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  const tensors = batches.map(batch => {
    const {xs, labels} = toTensors(batch);
    return {images: tf.reshape(xs, [batch.size, 28, 28, 1]), xs, labels};
  });
  let steps = 0;
  const step = (): Promise<number> => {
    const {images, labels} = tensors[steps++ % tensors.length];
    return model.trainOnBatch(images, labels) as Promise<number>;
  };
  return {
    run: async () => void (await step()),
    result: () => firstLosses(step),
    dispose() {
      model.dispose();
      optimizer.dispose();
      tf.dispose(tensors.map(({images, xs, labels}) => [images, xs, labels]));
    },
  };
}

function layersModel(preset: Preset): layers.Sequential {
  const convolution = {
    kernelSize: 5,
    padding: pads[preset],
    useBias: preset === 'tutorial',
    activation: 'relu' as const,
  };
  const model = layers.sequential();
  const {conv2d, dense, flatten, maxPooling2d} = layers.layers;
  model.add(conv2d({...convolution, filters: 8, inputShape: [28, 28, 1]}));
  model.add(maxPooling2d({poolSize, strides: poolSize}));
  model.add(conv2d({...convolution, filters: 16}));
  model.add(maxPooling2d({poolSize, strides: poolSize}));
  model.add(flatten());
  model.add(dense({units: 10, activation: 'softmax'}));
  return model;
}
