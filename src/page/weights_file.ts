// A run as files of its weights, with its settings as metadata. Fetched when a visitor saves or opens one.
import type {State} from '../recipe.ts';
import {
  filesBeside,
  type ReadWeights,
  readWeights,
  type WeightsInput,
} from '../weights/read_weights.ts';
import {WeightsError} from '../weights/weights_error.ts';
import {type Format, formats, RUN} from '../weights/write_weights.ts';
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

export interface SavedRun extends State {
  settings: Settings;
  /** Batches trained so far. */
  batch: number;
}

/** To go on, a run shuffles the images once per trained epoch, about 2 ms each. */
const MOST_EPOCHS = 2000;

/** The run's files. A single one is named after the run; a model.json keeps its name, as does the file that it names. */
export function filesOf(
  {settings, batch, weights, velocities}: SavedRun,
  format: Format,
): WeightsInput[] {
  const {preset} = settings;
  const metadata = {format: RUN, ...settingTexts(settings), batch: String(batch)};
  const files = formats[format]({preset, weights, velocities, metadata});
  if (files.length > 1) return files;
  const [{name, bytes}] = files;
  const stem = `mnist-ops-${preset}-${batch}${format === 'pytorch' ? '-pytorch' : ''}`;
  return [{name: stem + name.slice(name.lastIndexOf('.')), bytes}];
}

/**
 * The run in files of ours. From others with our tensors: their weights, with default settings and no batch trained.
 * @returns also `said`, what was recognised
 * @throws WeightsError if they are neither, or name another network than its tensors are of
 * @throws PageError if they hold settings that no run has
 */
export function readRun(files: WeightsInput[]): SavedRun & Pick<ReadWeights, 'said'> {
  const {preset, weights, velocities, metadata, said} = readWeights(paired(files));
  const ours = metadata.format === RUN ? metadata : {};
  const settings = readSettings(n => ours[n] ?? (n === settingNames.preset ? preset : undefined));
  if (settings.preset !== preset) {
    throw new WeightsError('fileNet', {expected: preset, found: settings.preset});
  }
  const batch = whole([0, ranges.batches[1]])('batch', ours.batch ?? '0');

  const epochs = Math.floor(batch / batchesPerEpoch(settings.batchSize));
  if (epochs > MOST_EPOCHS)
    throw new PageError('fileEpochs', {expected: MOST_EPOCHS, found: epochs});
  return {settings, batch, weights, velocities, said};
}

/** A browser that saves weights.bin again calls it "weights (1).bin": beside a model.json, a single file is the one that it names. */
function paired(files: WeightsInput[]): WeightsInput[] {
  const [model] = files.filter(({name}) => /\.json$/i.test(name));
  if (!model || files.length !== 2) return files;
  const [name] = filesBeside(model);
  return files.map(file => (file === model || !name ? file : {...file, name}));
}
