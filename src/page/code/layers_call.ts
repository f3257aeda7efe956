// The same op in TensorFlow.js's Layers, written from a station's shapes. No file has these lines.
import {MOMENTUM} from '../../presets.ts';
import type {Station} from '../inside/stations.ts';
import type {Settings} from '../settings.ts';
import type {Making, Pass} from './makings.ts';

/** What each argument of the op is called where tf.layers computes its gradient. */
const gradients: Partial<Record<Pass, string>> = {
  conv2dFilterGradient: 'kernel',
  conv2dBiasGradient: 'bias',
  denseWeightsGradient: 'kernel',
  denseBiasGradient: 'bias',
};

/** A line may use x, the input of the op with its batch axis, and dy, the gradient of the output. */
export function layersCall(
  {pass, station}: Making,
  inputShape: readonly number[],
  {recipe, learningRate, batchSize}: Pick<Settings, 'recipe' | 'learningRate' | 'batchSize'>,
): string {
  const layer = `const layer = ${layerOf(station, inputShape)};`;
  switch (pass) {
    case 'pixel':
    case 'one':
    case 'probabilitiesGradient':
      return '';
    case 'update':
      return `const optimizer = ${
        recipe === 'sgd'
          ? `tf.train.sgd(${learningRate})`
          : `tf.train.momentum(${learningRate}, ${MOMENTUM})`
      };
model.compile({optimizer, loss: 'categoricalCrossentropy'});
await model.fit(xs, labels, {batchSize: ${batchSize}});`;
    case 'softmax':
      return `${layer}
const p = layer.apply(logits);`;
    case 'loss':
      return 'const loss = tf.mean(tf.metrics.categoricalCrossentropy(labels, tf.softmax(logits)));';
    case 'logitsGradient':
      return `const lossOf = logits => tf.losses.softmaxCrossEntropy(labels, logits);
const dlogits = tf.grad(lossOf)(logits);`;
  }
  if (pass in gradients) {
    const name = gradients[pass];
    return `${layer}
const sum = () => tf.sum(tf.mul(layer.apply(x), dy)); // it has the loss's gradient
const {grads} = tf.variableGrads(sum);
const gradient = Object.entries(grads).find(([name]) => name.endsWith('${name}'))[1];`;
  }
  if (pass.endsWith('Gradient')) {
    return `${layer}
const dx = tf.grad(x => layer.apply(x))(x, dy);`;
  }
  return `${layer}
const y = layer.apply(x);`;
}

function layerOf({op, shape, weights, geometry}: Station, inputShape: readonly number[]): string {
  const call = (name: string, options: Record<string, string | number | undefined>) => {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const lines = given.map(([key, value]) => `  ${key}: ${value},\n`);
    return `tf.layers.${name}({\n${lines.join('')}})`;
  };
  const useBias = weights.some(name => name.endsWith('.bias')) ? undefined : 'false';
  const input = (shape: readonly number[]) => `[${shape.join(', ')}]`;
  switch (op) {
    case 'conv2d':
      return call('conv2d', {
        inputShape: input(inputShape),
        filters: geometry!.K,
        kernelSize: geometry!.kH,
        padding: geometry!.padT > 0 ? "'same'" : undefined,
        useBias,
      });
    case 'maxPool':
      return call('maxPooling2d', {inputShape: input(inputShape), poolSize: geometry!.kH});
    case 'dense': {
      const inputs = inputShape.reduce((product, size) => product * size, 1);
      return call('dense', {inputShape: input([inputs]), units: shape[0], useBias});
    }
    case 'softmax':
      return call('softmax', {inputShape: input(inputShape)});
    default:
      return call('reLU', {inputShape: input(inputShape)});
  }
}
