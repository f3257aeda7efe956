// The bench's numbers in a file: the file is checked before the measuring, and never half written.
import {access, constants, readFile, realpath, rename, rm, stat, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {firstLine} from '../clock/rows.ts';
import {FORMAT, jsonOf, type Results} from './results.ts';
import type {Seeds} from './seeds.ts';
import type {Speedrun} from './speedrun.ts';

/** The user's file can't be read or written. */
export class FileError extends Error {}

/** @throws FileError unless the file holds numbers of this bench, whole */
export async function readResults(option: string, file: string): Promise<Results> {
  let found: string;
  try {
    const results = JSON.parse(await readFile(file, 'utf8'));
    const problem = problemOf(results);
    if (!problem) return results;
    found = problem;
  } catch (error) {
    found = firstLine(error);
  }
  throw new FileError(
    `${option}: expected a file of this bench's numbers ("format": "${FORMAT}"), found in "${file}" ${found}`,
  );
}

const timing = {least: 0, median: 0, mad: 0, n: 0};

/** The fields that tables and charts need. All items of an array are like the one here; contenders have a timing or a reason. */
const rows = [{name: '', batch: 0, contenders: {}}];
const lists = {missing: [{}], roofs: [{}], firstSteps: [{}], splits: [{kernels: [{}]}], rows};
const machine = {cpu: '', tfjs: '', cores: 0};
const example = {date: '', extent: '', machine, places: [{place: '', runtime: '', ...lists}]};

/** The first field whose type differs from the example's. */
function problemOf(results: Partial<Results> | null): string | undefined {
  if (results?.format !== FORMAT) return `the format ${JSON.stringify(results?.format)}`;
  const like = {...example, ...(results.peers !== undefined && {peers: [{what: '', name: ''}]})};
  return problemIn(results, like, '');
}

type Json = Record<string, unknown>;

function problemIn(value: unknown, like: unknown, path: string): string | undefined {
  const typeOf = (x: unknown) => (Array.isArray(x) ? 'array' : x === null ? 'null' : typeof x);
  if (typeOf(value) !== typeOf(like)) {
    return `${path} to be ${typeOf(value)} instead of ${typeOf(like)}`;
  }
  if (typeof value !== 'object') return undefined;
  for (const key of Object.keys(Array.isArray(like) || /contenders$/.test(path) ? value! : like!)) {
    const child = (value as Json)[key];
    const at = Array.isArray(like) ? `${path}[${key}]` : `${path}${path && '.'}${key}`;
    const contender = child && (child as Json).steady !== undefined ? {steady: timing} : {why: ''};
    const expected = Array.isArray(like) ? like[0] : ((like as Json)[key] ?? contender);
    const problem = problemIn(child, expected, at);
    if (problem) return problem;
  }
  return undefined;
}

/** Called before minutes of work. @throws FileError if the file, or one beside it, can't be written */
export async function checkWritable(file: string): Promise<void> {
  try {
    const target = await targetOf(file);
    if (!target.whole) return await access(target.path, constants.W_OK);
    await writeFile(target.beside, '').finally(() => rm(target.beside, {force: true}));
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    throw new FileError(`--json: expected a file that can be written, found "${file}" (${code})`);
  }
}

/** Writes a file beside it, and renames that one when it is complete: a full disk leaves older numbers unchanged. */
export async function writeResults(
  file: string,
  results: Results | Seeds | Speedrun,
): Promise<void> {
  const {path, beside, whole} = await targetOf(file);
  if (!whole) return writeFile(path, jsonOf(results));
  try {
    await writeFile(beside, jsonOf(results));
    await rename(beside, path);
  } catch (error) {
    await rm(beside, {force: true}).catch(() => {});
    throw new FileError(`--json: expected to write "${file}", found ${firstLine(error)}`);
  }
}

let writes = 0;

/** The file behind links, and the one beside it. `whole` is false for a device or a pipe, which has none beside it. */
async function targetOf(file: string): Promise<{path: string; beside: string; whole: boolean}> {
  const path = await realpath(file).catch(() => file);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw Object.assign(new Error('a folder'), {code: 'EISDIR'});
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.${writes++}`); // two may write at once
  return {path, beside, whole: !found || found.isFile()};
}
