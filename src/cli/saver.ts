// A folder of checkpoints, checkpoint-00000938.safetensors after batch 938. A file is whole or isn't there: it is written under
// another name, forced to the disk, and renamed. A program or machine that dies in the middle leaves the ones before.
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {checkpointName, isCheckpointName} from '../weights/checkpoint_files.ts';
import {type Checkpoint, writeCheckpoint} from './checkpoint.ts';
import {makeFolder, notWritten, remove, UNFINISHED, writeWhole} from './write_whole.ts';

/** How many checkpoints a run keeps. */
const KEPT = 2;

/** Saves a run into a folder. */
export class Saver {
  /** The batch of the last checkpoint that was written. */
  batch?: number;
  /** Why the last one wasn't, a sentence. */
  failure?: string;

  /**
   * @param folder created if it isn't there
   * @param kept the run's checkpoints in it, the oldest first; others in the folder are left alone
   */
  constructor(
    private readonly folder: string,
    private readonly kept: string[] = [],
  ) {}

  /** Writes a checkpoint and removes the oldest; sets `batch` or `failure`. */
  save(checkpoint: Checkpoint): void {
    const name = checkpointName(checkpoint.batch);
    const path = join(this.folder, name);
    try {
      const bytes = this.prepare(path, checkpoint);
      if (this.batch === undefined) removeUnfinished(this.folder);
      writeWhole([{path, bytes}]);
      if (this.kept.at(-1) !== name) this.kept.push(name);
      this.batch = checkpoint.batch;
      this.failure = undefined;
      while (this.kept.length > KEPT) remove(join(this.folder, this.kept.shift()!));
    } catch (error) {
      this.failure = (error as Error).message;
    }
  }

  private prepare(path: string, checkpoint: Checkpoint): Uint8Array {
    try {
      makeFolder(this.folder);
      return writeCheckpoint(checkpoint);
    } catch (error) {
      throw notWritten(path, error);
    }
  }
}

/** What a program that was killed has left. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    const whole = name.replace(UNFINISHED, '');
    if (whole !== name && isCheckpointName(whole)) remove(join(folder, name));
  }
}
