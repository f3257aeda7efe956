// The step in ConvNetJS, plain JavaScript in float64. Its method `train` takes one image and adds its gradients to a sum; the
// call with a batch's last image also takes the step.
import {devDependencies} from '../../package.json';
import {createNetwork, presets} from '../../src/network.ts';
import type {Numbers} from '../cases/batches.ts';
import {type Peer, peerHere} from './peer.ts';

type Options = Record<string, string | number>;

/** The used part of the package, which has no types. */
interface ConvNetJS {
  Vol: new (...sizes: [width: number, height: number, depth: number, value: number]) => Vol;
  Net: new () => Net;
  Trainer: new (net: Net, options: Options) => Trainer;
}
/** `w` is in the order [row, column, depth]. */
type Vol = {w: Float64Array};
/** A layer has one filter for each output channel or class. */
type Net = {
  layers: {layer_type: string; filters: Vol[]; biases: Vol}[];
  makeLayers(layers: Options[]): void;
};
type Trainer = {train(image: Vol, label: number): {cost_loss: number}};

export async function convnetjsPeer(batches: Numbers[]): Promise<Peer> {
  // @ts-expect-error: no types
  const {Vol, Net, Trainer}: ConvNetJS = (await import('convnetjs')).default;
  const net = new Net();
  const convolution = {type: 'conv', sx: 5, stride: 1, pad: 0};
  const pool = {type: 'pool', sx: 2, stride: 2};
  net.makeLayers([
    {type: 'input', out_sx: 28, out_sy: 28, out_depth: 1},
    {...convolution, filters: 8},
    {type: 'relu'},
    {...pool},
    {...convolution, filters: 16},
    {type: 'relu'},
    {...pool},
    {type: 'softmax', num_classes: 10}, // adds the dense layer before it
  ]);

  const network = createNetwork('tutorial');
  const given = network.variables.map(variable => variable.dataSync() as Float32Array);
  network.dispose();
  const weighted = net.layers.filter(({layer_type}) => ['conv', 'fc'].includes(layer_type));
  for (const {filters, biases} of weighted) {
    const [weights, bias] = given.splice(0, 2);
    for (const [k, {w}] of filters.entries()) {
      w.set(w.map((_, i) => weights[i * filters.length + k]));
    }
    biases.w.set(bias);
  }

  const [{size}] = batches;
  const {learningRate: learning_rate} = presets.tutorial;
  const plain = {momentum: 0, l1_decay: 0, l2_decay: 0};
  const trainer = new Trainer(net, {method: 'sgd', learning_rate, batch_size: size, ...plain});
  const inputs = batches.map(({pixels, labels}) =>
    Array.from({length: size}, (_, b) => {
      const image = new Vol(28, 28, 1, 0);
      image.w.set(pixels.subarray(b * 784, (b + 1) * 784));
      return {image, label: labels.subarray(b * 10, (b + 1) * 10).indexOf(1)};
    }),
  );

  let steps = 0;
  const step = (): number => {
    let sum = 0;
    for (const {image, label} of inputs[steps++ % inputs.length]) {
      sum += trainer.train(image, label).cost_loss;
    }
    return sum / size;
  };
  return peerHere(`ConvNetJS ${devDependencies.convnetjs}`, step, () => {}); // the garbage collector disposes of it
}
