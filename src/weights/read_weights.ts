// Weights from a file of any of the formats, told by its first bytes.
import type {WeightsInput} from './files.ts';
import {filesOfLayersModel, readLayersModel} from './layers_model.ts';
import {filesOfOnnx, readOnnx} from './onnx.ts';
import {type ReadWeights, recognise} from './recognise.ts';
import {readSafetensors} from './safetensors.ts';

export {checkSize, type WeightsInput} from './files.ts';
export type {ReadWeights} from './recognise.ts';

/**
 * The weights of one of the two networks, in safetensors, ONNX, or TensorFlow.js Layers; in our layout or PyTorch's.
 * @param files one file, or a model and the files that hold its numbers
 * @throws WeightsError if they hold something else, or lie about it
 */
export function readWeights(files: readonly WeightsInput[]): ReadWeights {
  const main = files.find(({name}) => MODEL.test(name)) ?? files[0];
  const {bytes} = main;
  if (isJson(bytes)) return recognise(readLayersModel(bytes, files));
  if (isOnnx(main)) return recognise(readOnnx(bytes, files));
  return recognise({format: 'safetensors', ...readSafetensors(bytes)});
}

/**
 * The names of the files beside a model that hold its numbers.
 * @throws WeightsError if the file is a broken model, or names files elsewhere
 */
export function filesBeside(main: WeightsInput): string[] {
  if (isJson(main.bytes)) return filesOfLayersModel(main.bytes);
  return isOnnx(main) ? filesOfOnnx(main.bytes) : [];
}

const MODEL = /\.(json|onnx|safetensors)$/i;

const BRACE = 0x7b;
/** A safetensors file begins with a 64-bit length, and JSON has no zeros. */
const isJson = (bytes: Uint8Array) => bytes[0] === BRACE && bytes[7] !== 0;

/** An ONNX model begins with its field 1, the version of the format: a small number. */
const isOnnx = ({name, bytes}: WeightsInput) =>
  /\.onnx$/i.test(name) || (bytes[0] === 8 && bytes[1] < 32 && bytes[7] !== 0);
