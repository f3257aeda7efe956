// Weights of both networks, in files of each format.
import {type Preset, weightShapes} from '../src/presets.ts';
import {Random} from '../src/random.ts';
import {sizeOf} from '../src/weights/numbers.ts';
import {readWeights, type WeightsInput} from '../src/weights/read_weights.ts';
import {type Format, formats} from '../src/weights/write_weights.ts';
import {expectPageError} from './page_errors.ts';

export const presets: Preset[] = ['tutorial', 'mnist-core'];
export const formatNames = Object.keys(formats) as Format[];

export function weightsOf(preset: Preset): Float32Array[] {
  const random = new Random(3, 'weights');
  return Object.values(weightShapes[preset]).map(shape =>
    Float32Array.from({length: sizeOf(shape)}, () => random.normal()),
  );
}

export const filesOf = (format: Format, preset: Preset) =>
  formats[format]({preset, weights: weightsOf(preset), metadata: {net: preset, note: 'ä'}});

/** Expects these files to be refused. */
export const refuses = (files: WeightsInput[], sentence: string) =>
  expectPageError(() => readWeights(files), sentence);

export const ascii = (text: string) => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
