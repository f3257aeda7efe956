// A folder of checkpoints, checkpoint-00000938.safetensors after batch 938. A file is whole or isn't there: it is written under
// another name, forced to the disk, and renamed. A program or machine that dies in the middle leaves the ones before.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {type Checkpoint, writeCheckpoint} from './checkpoint.ts';
import {whyNotWritten} from './output.ts';

/** How many checkpoints a run keeps. */
const KEPT = 2;

const nameOf = (batch: number) => `checkpoint-${String(batch).padStart(8, '0')}.safetensors`;
const finished = /^checkpoint-(\d{8,})\.safetensors$/;
const unfinished = /^checkpoint-\d{8,}\.safetensors\.\d+\.tmp$/;

/** The names of the checkpoints in a folder, the newest first. @throws Error if the folder can't be read */
export function checkpointsIn(folder: string): string[] {
  const batchOf = (name: string) => Number(finished.exec(name)?.[1]);
  const names = readdirSync(folder).filter(name => finished.test(name));
  return names.sort((a, b) => batchOf(b) - batchOf(a));
}

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
    const name = nameOf(checkpoint.batch);
    try {
      mkdirSync(this.folder, {recursive: true});
      if (this.batch === undefined) removeUnfinished(this.folder);
      writeWhole(this.folder, name, writeCheckpoint(checkpoint));
      if (this.kept.at(-1) !== name) this.kept.push(name);
      this.batch = checkpoint.batch;
      this.failure = undefined;
      while (this.kept.length > KEPT) remove(join(this.folder, this.kept.shift()!));
    } catch (error) {
      const found = whyNotWritten(error as NodeJS.ErrnoException);
      this.failure = `${join(this.folder, name)}: expected to be written, found ${found}`;
    }
  }
}

function writeWhole(folder: string, name: string, bytes: Uint8Array): void {
  const path = join(folder, name);
  const temporary = `${path}.${process.pid}.tmp`; // a name for each program
  try {
    const file = openSync(temporary, 'w');
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    remove(temporary);
    throw error;
  }
  if (process.platform === 'win32') return; // which opens no folders
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** What a program that was killed has left. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder).filter(name => unfinished.test(name))) {
    remove(join(folder, name));
  }
}

/** Removes a file, or leaves it: one too many does no harm. */
function remove(path: string): void {
  try {
    rmSync(path);
  } catch {
    // it is gone, or the folder lets none be removed
  }
}
