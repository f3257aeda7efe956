// What is kept of a run: what it takes to go on with it, and the results that the page shows. Its film is not: it may have 10 MB.
import {CLASSES} from '../../data/idx.ts';
import {weightShapes} from '../../presets.ts';
import type {App, Results} from '../app.ts';
import {ranges, readSettings, settingTexts} from '../settings.ts';
import type {Frame} from '../time/film.ts';
import type {SavedRun} from '../weights_file.ts';

/** Of what a record holds. One of another version is not read. */
const VERSION = 1;

interface Flags {
  /** No link leads to its weights. */
  hasOwnWeights: boolean;
  isTraining: boolean;
}

/** A run as the database has it. */
export interface KeptRecord extends Frame, Omit<Results, 'losses'>, Flags {
  id: string;
  /** When it was written, in ms since 1970. */
  time: number;
  version: number;
  /** As texts by name. */
  settings: Record<string, string>;
  /** [batch]; NaN where a loss is not known. */
  losses: Float32Array;
}

export interface KeptRun extends SavedRun, Flags {
  results: Results;
}

/** A run's losses as float32. Only new ones are converted: a long run has a million. */
export class KeptLosses {
  private of?: number[];
  private values = new Float32Array();
  private length = 0;

  /** @param losses the same array as the last time if it has only grown since */
  upTo(batch: number, losses: number[]): Float32Array {
    if (losses !== this.of) this.length = 0;
    this.of = losses;
    if (this.values.length < batch) {
      const room = new Float32Array(2 * batch);
      room.set(this.values.subarray(0, this.length));
      this.values = room;
    }
    for (; this.length < batch; this.length++) this.values[this.length] = losses[this.length];
    return this.values.slice(0, batch);
  }
}

/** The run's record as of this frame of it. */
export function recordOf(
  app: App,
  id: string,
  {batch, weights, velocities}: Frame,
  losses: KeptLosses,
): KeptRecord {
  const isKnown = (result: {batch: number}) => result.batch <= batch;
  const {evaluation} = app;
  return {
    id,
    time: Date.now(),
    version: VERSION,
    settings: settingTexts(app.settings),
    batch,
    weights,
    velocities,
    losses: losses.upTo(batch, app.losses),
    tests: app.tests.filter(isKnown),
    moves: app.moves.filter(isKnown),
    evaluation: evaluation && isKnown(evaluation) ? evaluation : undefined,
    hasOwnWeights: app.hasOwnWeights,
    isTraining: app.isBusy,
  };
}

/** The run of a record; undefined if the record is damaged, or of another version. */
export function readRecord(record: unknown): KeptRun | undefined {
  try {
    const {version, settings: texts, losses, ...kept} = record as KeptRecord;
    const {batch, weights, tests, moves, evaluation, hasOwnWeights, isTraining} = kept;
    const {velocities = []} = kept; // which runs from before there were recipes don't have
    if (version !== VERSION) return undefined;
    const settings = readSettings(name => texts[name]);
    const shapes = Object.values(weightShapes[settings.preset]);
    const isWhole =
      isCount(batch) &&
      batch <= ranges.batches[1] &&
      fit(weights, shapes) &&
      (velocities.length === 0 || fit(velocities, shapes)) &&
      losses instanceof Float32Array &&
      losses.length === batch &&
      tests.every(test => [test.batch, test.correct, test.total].every(isCount)) &&
      moves.every(move => isCount(move.batch)) &&
      (evaluation === undefined || isEvaluation(evaluation));
    if (!isWhole) return undefined;
    const known = Array.from(losses, loss => (Number.isNaN(loss) ? undefined : loss)) as number[];
    const results = {losses: known, tests, moves, evaluation};
    return {settings, batch, weights, velocities, results, hasOwnWeights, isTraining};
  } catch {
    return undefined; // something is missing, or no setting
  }
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

const fit = (arrays: unknown[], shapes: number[][]): boolean =>
  arrays.length === shapes.length && shapes.every((shape, i) => areWeights(arrays[i], shape));

const areWeights = (values: unknown, shape: number[]): boolean =>
  values instanceof Float32Array &&
  values.length === shape.reduce((product, size) => product * size, 1) &&
  values.every(Number.isFinite);

const isEvaluation = (value: NonNullable<Results['evaluation']>): boolean =>
  [value.batch, value.correct, value.total].every(isCount) &&
  value.confusion instanceof Int32Array &&
  value.confusion.length === CLASSES ** 2 &&
  value.predictions instanceof Uint8Array &&
  value.predictions.length === value.total;
