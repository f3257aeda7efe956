// A checkpoint: a safetensors file of a run's weights, with `--recipe fast` of its velocities too, whose metadata hold what it takes to
// go on:
//   sha256   format   batch   dataset   losses   and the run's options by name
// sha256 is the checksum of the whole file, in which zeros stand for its own digits.
import {readFileSync} from 'node:fs';
import type {MnistFiles} from '../data/mnist_data.ts';
import {WINDOW} from '../outcome.ts';
import type {Preset} from '../presets.ts';
import type {State} from '../recipe.ts';
import {
  CHECKPOINT,
  checkWhole,
  NO_CHECKSUM,
  sha256,
  withChecksum,
} from '../weights/checkpoint_files.ts';
import {readWeights} from '../weights/read_weights.ts';
import {formats} from '../weights/write_weights.ts';

export interface Checkpoint extends State {
  /** The run's options as the command line takes them, by name. */
  settings: Record<string, string>;
  /** The checksum of its images and labels. */
  dataset: string;
  /** Batches trained. */
  batch: number;
  /** The loss of each batch in nats, a hole where it is unknown: a file keeps the first and the last ones. */
  losses: number[];
}

/** The SHA-256 of the four files, decompressed, one after the other. */
export const checksumOf = (files: MnistFiles): string =>
  sha256(
    files.trainImages.bytes,
    files.trainLabels.bytes,
    files.testImages.bytes,
    files.testLabels.bytes,
  );

/** @throws Error if a weight or a velocity isn't finite: it is worth nothing, and no command would read it */
export function writeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const {settings, dataset, batch, losses, weights, velocities} = checkpoint;
  for (const [what, arrays] of Object.entries({weight: weights, velocity: velocities})) {
    const odd = arrays.flatMap(values => [...values]).find(value => !Number.isFinite(value));
    if (odd !== undefined) throw new Error(`a ${what} of ${odd}`);
  }
  const known = batch > 0 ? [losses[0], ...losses.slice(-WINDOW)] : [];
  const own = {sha256: NO_CHECKSUM, format: CHECKPOINT, batch: String(batch), dataset};
  const metadata = {...own, losses: known.join(' '), ...settings};
  const [file] = formats.safetensors({
    preset: settings.net as Preset,
    weights,
    velocities,
    metadata,
  });
  return withChecksum(file.bytes);
}

/** @throws Error if the file can't be read, or is no whole checkpoint */
export function readCheckpoint(path: string): Checkpoint {
  const bytes = readFileSync(path);
  checkWhole(path, bytes);
  const {metadata, weights, velocities} = readWeights([{name: path, bytes}]);
  const {sha256: _, format, batch, dataset, losses, ...settings} = metadata; // before there were recipes, none was named
  if (format !== CHECKPOINT) {
    throw new Error(`${path}: expected the format "${CHECKPOINT}", found "${format}"`);
  }
  const [first, ...last] = losses.split(' ').filter(Boolean).map(Number);
  const all: number[] = [];
  if (last.length) all[0] = first;
  for (const [i, loss] of last.entries()) all[Number(batch) - last.length + i] = loss;
  return {
    settings: {recipe: 'sgd', ...settings},
    dataset,
    batch: Number(batch),
    losses: all,
    weights,
    velocities,
  };
}
