// model.json and its weights: what others write is read, and what lies is refused.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {Preset} from '../../src/presets.ts';
import {filesBeside, readWeights, type WeightsInput} from '../../src/weights/read_weights.ts';
import {expectPageError} from '../page_errors.ts';
import {ascii, filesOf, refuses, textOf, weightsOf} from '../weights.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a file may hold
type Json = any;

/** A Layers model of ours with something else in its model.json. */
function changedJson(change: (model: Json) => Json, preset: Preset = 'tutorial'): WeightsInput[] {
  const [model, numbers] = filesOf('layers', preset);
  const json = JSON.parse(textOf(model.bytes));
  const bytes = ascii(JSON.stringify(change(json) ?? json));
  return [{...model, bytes}, numbers];
}

const changedWeight = (values: object) =>
  changedJson(({weightsManifest: [{weights}]}) => void Object.assign(weights[1], values));

test('weights: a model.json as Keras’s converter writes it is read', () => {
  const files = changedJson(model => {
    const {class_name, config} = model.modelTopology;
    const input = {class_name: 'InputLayer', config: {name: 'input'}};
    for (const layer of config.layers) {
      if (layer.class_name === 'Conv2D') layer.config.activation = 'relu';
    }
    config.layers = config.layers.filter((layer: Json) => layer.class_name !== 'Activation');
    config.layers.at(-1).config.activation = 'softmax';
    const model_config = {class_name, config: {...config, layers: [input, ...config.layers]}};
    return {...model, format: undefined, modelTopology: {keras_version: '2.15', model_config}};
  });
  assert.equal(readWeights(files).weights, weightsOf('tutorial'));
});

test('weights: a model.json with float16 weights is read', () => {
  const [model] = changedJson(({weightsManifest: [{weights}]}) => {
    for (const weight of weights) weight.quantization = {dtype: 'float16'};
  });
  const count = weightsOf('tutorial').reduce((sum, {length}) => sum + length, 0);
  const halves = new Uint8Array(new Uint16Array(count).fill(0x3c00).buffer);
  const {weights} = readWeights([model, {name: 'weights.bin', bytes: halves}]);
  assert.equal(
    weights,
    weightsOf('tutorial').map(values => values.fill(1)),
  );
});

test('weights: JSON that is no Layers model is refused', () => {
  const refused = (model: Json, found: string) => {
    const bytes = ascii(JSON.stringify(model).padEnd(8));
    const expected = 'A model.json should be a Layers model with its weights';
    refuses([{name: 'model.json', bytes}], `${expected}, and this one’s format is ${found}.`);
  };
  refused({}, 'JSON');
  refused({format: 'graph-model', modelTopology: {}, weightsManifest: []}, 'graph-model');
  refused({format: 'layers-model', modelTopology: {}}, 'layers-model');
  for (const group of [null, 3, {}, {paths: []}, {paths: 'weights.bin', weights: []}]) {
    refused({format: 'layers-model', modelTopology: {}, weightsManifest: [group]}, 'layers-model');
  }
});

test('weights: a Layers model of other layers is refused', () => {
  const withLayers = (change: (layers: Json[]) => Json[]) =>
    changedJson(({modelTopology: {config}}) => {
      config.layers = change(config.layers);
    });
  const ours = 'Conv2D, Conv2D, Dense, MaxPooling2D, MaxPooling2D, relu, relu';
  const sentence = (found: string) =>
    `This file holds another network than ours: it should consist of ${ours}, and consists of ${found}.`;
  refuses(
    withLayers(layers => [...layers, {class_name: 'BatchNormalization', config: {}}]),
    sentence(`BatchNormalization, ${ours}`),
  );
  refuses(
    withLayers(layers => layers.filter(({config}) => config.name !== 'relu2')),
    sentence(ours.replace(', relu', '')),
  );
  const of = (...list: Json[]) => withLayers(() => list);
  refuses(of(null), sentence('?'));
  const many = Array(21).fill('?').with(20, '…').join(', ');
  refuses(of(...Array(50_000).fill(0)), sentence(many));
  refuses(of({config: {layers: Array(200_000).fill(0)}}), sentence(many));
});

test('weights: a model.json that lies about its weights is refused', () => {
  const weight = (name: string) =>
    `This file’s weight ${name} should have a name of its own, a shape and a dtype, and has something else.`;
  refuses(changedWeight({name: 3}), weight('3'));
  refuses(changedWeight({name: 'conv1/kernel'}), weight('conv1/kernel'));
  for (const shape of [null, '8', [-8], [8.5], [2 ** 60]]) {
    refuses(changedWeight({shape}), weight('conv1/bias'));
  }
  const dtype = 'This file’s tensor conv1/bias should have a dtype of float32 / float16, and has';
  refuses(changedWeight({dtype: 'int32'}), `${dtype} int32.`);
  refuses(changedWeight({quantization: {dtype: 'uint8', scale: 1}}), `${dtype} uint8.`);
  const size = (bytes: number | string) =>
    `This file is damaged: weights.bin should have ${bytes} bytes, and has 23976.`;
  refuses(changedWeight({shape: [9]}), size(23980));
  refuses(changedWeight({shape: [2 ** 30, 2 ** 20]}), size(2 ** 52 + 23976 - 32));
});

test('weights: a model.json names files beside it, and they come with it', () => {
  const [model, numbers] = filesOf('layers', 'tutorial');
  assert.equal(filesBeside(model), ['weights.bin']);
  const apart = 'This file’s numbers are in weights.bin, and that file did not come with it.';
  refuses([model], apart);
  refuses([model, {...numbers, name: 'other.bin'}], apart);
  for (const path of ['../weights.bin', '/etc/passwd', 'a/b', 'C:\\a', '..', '', 3, null]) {
    const files = changedJson(({weightsManifest: [group]}) => {
      group.paths = [path];
    });
    const sentence = `This file’s numbers should be in a file beside it, and it names “${path}”.`;
    refuses(files, sentence);
    expectPageError(() => filesBeside(files[0]), sentence);
  }
});

test('weights: a model.json that names one file a thousand times is refused before they are joined', () => {
  const files = changedJson(({weightsManifest: [group]}) => {
    group.paths = Array(1000).fill('weights.bin');
    group.weights.push({name: 'more', shape: [5994 * 999], dtype: 'float32'});
  });
  const sentence = 'A weights file should have at most 1000000 bytes, and this file has 23976000.';
  refuses(files, sentence);
});

test.run();
