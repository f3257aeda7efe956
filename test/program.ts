// Runs a built program as its users do, and collects its output.
import {type ChildProcess, type SpawnOptions, spawn} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Called with the output so far, whenever it grows. */
export type Watch = (child: ChildProcess, output: Finished) => void;

/** A program that hangs is killed, which fails its test and not the others. */
const limit = {timeout: 60_000, killSignal: 'SIGKILL'} as const;

/** Starts a program; `env` has changes to the environment; undefined removes a variable. */
export const start = (
  command: string,
  args: readonly string[],
  {env, ...options}: SpawnOptions = {},
): ChildProcess => spawn(command, args, {...limit, ...options, env: {...process.env, ...env}});

/** Waits for the program's end. */
export function finished(child: ChildProcess, watch: Watch = () => {}): Promise<Finished> {
  const output: Finished = {code: null, stdout: '', stderr: ''};
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      watch(child, output);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', code => resolve({...output, code}));
  });
}

/** Runs Node with these arguments to its end. */
export const runNode = (args: readonly string[], watch?: Watch, options?: SpawnOptions) =>
  finished(start(process.execPath, args, options), watch);

/** Runs Node with stdout or stderr on a full disk; with testWithFullDisk only. */
export async function runOnFullDisk(args: string[], full: 'stdout' | 'stderr' = 'stdout') {
  const file = openSync('/dev/full', 'w');
  const [stdout, stderr] =
    full === 'stdout' ? ([file, 'pipe'] as const) : (['pipe', file] as const);
  const options: SpawnOptions = {stdio: ['ignore', stdout, stderr]};
  return runNode(args, undefined, options).finally(() => closeSync(file));
}

/** Waits at most 20 seconds until the condition holds, and returns whether it does. */
export async function becomes(holds: () => boolean): Promise<boolean> {
  const deadline = performance.now() + 20_000;
  while (!holds() && performance.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return holds();
}

/** A watch that acts once, at the first output that matches. */
export function once(pattern: RegExp, act: (child: ChildProcess) => void): Watch {
  let done = false;
  return (child, {stdout, stderr}) => {
    if (done || !pattern.test(stdout + stderr)) return;
    done = true;
    act(child);
  };
}
