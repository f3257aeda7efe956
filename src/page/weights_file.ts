// A run as a safetensors file: its weights, and its settings as metadata.
import {readWeights, type WeightsInput} from '../weights/read_weights.ts';
import {WeightsError} from '../weights/weights_error.ts';
import {formats, RUN} from '../weights/write_weights.ts';
import {PageError} from './page_error.ts';
import {
  batchesPerEpoch,
  ranges,
  readSettings,
  type Settings,
  settingNames,
  settingTexts,
  whole,
} from './settings.ts';

export interface SavedRun {
  settings: Settings;
  /** Batches trained so far. */
  batch: number;
  /** In the order of Network.variables. */
  weights: Float32Array[];
}

/** To go on, a run shuffles the images once per trained epoch, about 2 ms each. */
const MOST_EPOCHS = 2000;

export function writeRun({settings, batch, weights}: SavedRun): Uint8Array {
  const metadata = {format: RUN, ...settingTexts(settings), batch: String(batch)};
  const [file] = formats.safetensors({preset: settings.preset, weights, metadata});
  return file.bytes;
}

/**
 * The run in a file of ours. From another file with our tensors: its weights, with default settings and no batch trained.
 * @throws WeightsError if it is neither, or names another network than its tensors are of
 * @throws PageError if it holds settings that no run has
 */
export function readRun(files: WeightsInput[]): SavedRun {
  const {preset, weights, metadata} = readWeights(files);
  const ours = metadata.format === RUN ? metadata : {};
  const settings = readSettings(n => ours[n] ?? (n === settingNames.preset ? preset : undefined));
  if (settings.preset !== preset) {
    throw new WeightsError('fileNet', {expected: preset, found: settings.preset});
  }
  const batch = whole([0, ranges.batches[1]])('batch', ours.batch ?? '0');

  const epochs = Math.floor(batch / batchesPerEpoch(settings.batchSize));
  if (epochs > MOST_EPOCHS)
    throw new PageError('fileEpochs', {expected: MOST_EPOCHS, found: epochs});
  return {settings, batch, weights};
}
