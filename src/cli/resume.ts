// Finds the checkpoint that --resume goes on from.
import {join} from 'node:path';
import type {MnistFiles} from '../data/mnist_data.ts';
import {readMnist} from '../data/node.ts';
import {checkpointsIn} from '../weights/checkpoint_files.ts';
import {UsageError} from './arguments.ts';
import {type Checkpoint, checksumOf, readCheckpoint} from './checkpoint.ts';
import {type Options, parseOptions, settingsOf} from './options.ts';

/** The run that goes on. */
export interface Resumed {
  checkpoint: Checkpoint;
  path: string;
  options: Options;
  files: MnistFiles;
  /** The names of the run's checkpoints, the oldest first, `path` as the last. */
  names: string[];
}

/**
 * The newest checkpoint in the folder that is whole and fits the arguments.
 * @param complain is told why each newer checkpoint can't be gone on from
 * @throws Error if there is none: why the newest whole one doesn't fit, or that the newest is damaged
 */
export async function findRun(
  folder: string,
  args: readonly string[],
  complain: (sentence: string) => void,
): Promise<Resumed> {
  const names = namesIn(folder);
  const damaged: Error[] = [];
  const unfit: Error[] = [];
  for (const [i, name] of names.entries()) {
    const path = join(folder, name);
    let checkpoint: Checkpoint;
    try {
      checkpoint = readCheckpoint(path);
    } catch (error) {
      damaged.push(error as Error);
      continue;
    }
    try {
      const {options, files} = await fit(checkpoint, args, path);
      const older = names.slice(i + 1).filter(each => isSameRun(checkpoint, join(folder, each)));
      for (const {message} of [...damaged, ...unfit]) complain(message);
      return {checkpoint, path, options, files, names: [...older.reverse(), name]};
    } catch (error) {
      unfit.push(error as Error);
    }
  }
  const reason = unfit[0] ?? damaged.shift();
  for (const {message} of damaged) complain(message);
  throw reason;
}

/** @throws Error if the run is another one than the arguments ask for */
async function fit(checkpoint: Checkpoint, args: readonly string[], path: string) {
  const options = optionsOf(checkpoint, args, path);
  const files = await readMnist(options.data);
  if (checksumOf(files) === checkpoint.dataset) return {options, files};
  const expected = `the images and labels that ${path} was trained on`;
  throw new Error(`${options.data ?? 'mnist-data'}: expected ${expected}, found others`);
}

function namesIn(folder: string): string[] {
  const expected = 'a folder with checkpoints of a run (--save makes one)';
  let names: string[];
  try {
    names = checkpointsIn(folder);
  } catch (cause) {
    const {code = '', message} = cause as NodeJS.ErrnoException;
    const found = {ENOENT: 'nothing there', ENOTDIR: 'a file'}[code] ?? message;
    throw new Error(`${folder}: expected ${expected}, found ${found}`, {cause});
  }
  if (names.length === 0) throw new Error(`${folder}: expected ${expected}, found none`);
  return names;
}

/** What makes a run another one. */
const fixed = ['net', 'seed', 'batch-size', 'recipe'];

function optionsOf({settings}: Checkpoint, args: readonly string[], path: string): Options {
  const options = parseOptions(args, settings) as Options;
  const asked = settingsOf(options);
  for (const name of fixed) {
    if (asked[name] === settings[name]) continue;
    const expected = `${settings[name]}, as in ${path}`;
    throw new UsageError(`--${name}: expected ${expected}, found "${asked[name]}"`);
  }
  return options;
}

function isSameRun({settings, dataset}: Checkpoint, path: string): boolean {
  try {
    const other = readCheckpoint(path);
    const sameSettings = fixed.every(name => other.settings[name] === settings[name]);
    return sameSettings && other.dataset === dataset;
  } catch {
    return false;
  }
}
