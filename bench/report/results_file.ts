// The bench's numbers as a file: read, checked before anything is measured, and never half written.
import {access, constants, readFile, realpath, rename, rm, stat, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {firstLine} from '../clock/rows.ts';
import {FORMAT, jsonOf, type Results} from './results.ts';

/** A file that the user names can't be read or written. */
export class FileError extends Error {}

/** @throws FileError unless the file holds numbers of this bench, whole */
export async function readResults(option: string, file: string): Promise<Results> {
  let found: string;
  try {
    const results = JSON.parse(await readFile(file, 'utf8'));
    const problem = problemOf(results);
    if (!problem) return renamed(results);
    found = problem;
  } catch (error) {
    found = firstLine(error);
  }
  throw new FileError(
    `${option}: expected a file of this bench's numbers ("format": "${FORMAT}"), found in "${file}" ${found}`,
  );
}

/** Ten batches were called an epoch once. */
function renamed(results: Results): Results {
  for (const row of results.places.flatMap(({rows}) => rows)) {
    if (row.images === 640) row.name = row.name.replace('/epoch', '/ten-batches');
  }
  return results;
}

type Json = Record<string, unknown> | undefined | null;

/** The first field that isn't what tables and charts are made from. */
function problemOf(results: Json): string | undefined {
  const problems: string[] = [];
  const check = (path: string, value: unknown, type: 'string' | 'number' | 'array' | 'object') => {
    const is = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
    if (is !== type) problems.push(`${path} to be ${is} instead of ${type}`);
    return is === type;
  };
  const each = (path: string, list: unknown, see: (path: string, item: Json) => void) => {
    if (!check(path, list, 'array')) return;
    for (const [i, item] of (list as Json[]).entries()) {
      if (check(`${path}[${i}]`, item, 'object')) see(`${path}[${i}]`, item);
    }
  };
  const timing = (path: string, found: Json) => {
    if (!check(path, found, 'object')) return;
    for (const field of ['least', 'median', 'mad', 'n']) {
      check(`${path}.${field}`, found?.[field], 'number');
    }
  };
  if (results?.format !== FORMAT) return `the format ${JSON.stringify(results?.format)}`;
  check('date', results.date, 'string');
  check('extent', results.extent, 'string');
  if (check('machine', results.machine, 'object')) {
    const machine = results.machine as Json;
    for (const field of ['cpu', 'tfjs']) check(`machine.${field}`, machine?.[field], 'string');
    check('machine.cores', machine?.cores, 'number');
  }
  each('places', results.places, (path, place) => {
    for (const field of ['place', 'runtime']) check(`${path}.${field}`, place?.[field], 'string');
    for (const field of ['missing', 'roofs', 'firstSteps']) {
      each(`${path}.${field}`, place?.[field], () => {});
    }
    each(`${path}.splits`, place?.splits, (path, split) => {
      each(`${path}.kernels`, split?.kernels, () => {});
    });
    each(`${path}.rows`, place?.rows, (path, row) => {
      check(`${path}.name`, row?.name, 'string');
      check(`${path}.batch`, row?.batch, 'number');
      if (!check(`${path}.contenders`, row?.contenders, 'object')) return;
      for (const [name, found] of Object.entries(row?.contenders as Record<string, Json>)) {
        const at = `${path}.contenders.${name}`;
        if (found && 'steady' in found) timing(`${at}.steady`, found.steady as Json);
        else if (check(at, found, 'object')) check(`${at}.why`, found?.why, 'string');
      }
    });
  });
  if (results.peers !== undefined) each('peers', results.peers, () => {});
  return problems[0];
}

/** Before minutes of work, not after. @throws FileError if the file or one beside it can't be written */
export async function checkWritable(file: string): Promise<void> {
  try {
    const target = await targetOf(file);
    if (target.whole)
      await writeFile(target.beside, '').finally(() => rm(target.beside, {force: true}));
    else await access(target.path, constants.W_OK);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    throw new FileError(`--json: expected a file that can be written, found "${file}" (${code})`);
  }
}

/** Beside the file first, which gets its name when all is in it: a full disk leaves older numbers as they were. */
export async function writeResults(file: string, results: Results): Promise<void> {
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

/** Where links lead; a device or a pipe is written itself. */
async function targetOf(file: string): Promise<{path: string; beside: string; whole: boolean}> {
  const path = await realpath(file).catch(() => file);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw Object.assign(new Error('a folder'), {code: 'EISDIR'});
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.${writes++}`); // two may write at once
  return {path, beside, whole: !found || found.isFile()};
}
